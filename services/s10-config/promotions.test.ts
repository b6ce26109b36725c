/** The life of a promotion on real stores: told, held by all, judged, followed, taken back; gates; one at a time. */
import { beforeEach, describe, expect, test } from "bun:test";
import { Desk, HOUR_MS, refusal } from "./promotions.fixture.ts";

const DAY_MS = 24 * HOUR_MS;
let desk: Desk;

beforeEach(async () => {
  desk = await new Desk().open();
});

describe("a share that stands", () => {
  test("is told to all, counts from when all have it, and ends by itself with its time", async () => {
    desk.around.areQuick = false;
    const asked = await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    expect(asked).toMatchObject({
      status: "PENDING",
      rev: 2,
      guardrail: { drawdown_usdt_max: "25", watch_drawdown_usdt_max: "100", trades_min: 20 },
    });
    expect(desk.inForce.current()).toMatchObject({ rev: 1, canary: { rev: 2, traffic_pct: 10, slot_ms: 60_000 } });
    expect(await desk.bundleStates()).toEqual(["1 ACTIVE", "2 STAGED"]);
    await desk.pass(5_000);
    expect(await desk.only()).toMatchObject({ status: "PENDING", services: [{ state: "WAITING" }, {}, {}] });

    desk.around.areQuick = true;
    await desk.pass(1_000);
    const until = desk.clock.now() + DAY_MS;
    expect(await desk.only()).toMatchObject({ status: "ACTIVE", started_at: desk.clock.now(), until });
    expect(desk.inForce.current().canary).toMatchObject({ rev: 2, until });
    await desk.pass(DAY_MS - 1);
    expect((await desk.only()).status).toBe("ACTIVE");
    await desk.pass(1);
    expect(await desk.only()).toMatchObject({ status: "DONE", ended_at: until });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    expect(await desk.bundleStates()).toEqual(["1 ACTIVE", "2 STAGED"]);
    expect((await desk.only()).timeline.map(({ what }) => what)).toEqual([
      ...["ASKED", "GATES_PASSED", "TOLD", "HELD_BY_ALL", "ENDED"],
    ] as never);
  });

  test("goes on by itself to a ramp and to all, where that was asked for", async () => {
    const request = { ...(await desk.drafted(2)), mode: "CANARY", traffic_pct: 5, afterwards: "FULL" } as const;
    await desk.promotions.promote(request, "rita");
    await desk.pass(1_000);
    await desk.pass(DAY_MS);
    expect(desk.inForce.current().canary).toMatchObject({ rev: 2, traffic_pct: 50 });
    await desk.pass(1_000);
    await desk.pass(DAY_MS);
    expect(desk.inForce.current()).toMatchObject({ rev: 2 });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    await desk.pass(1_000);
    expect(await desk.states()).toEqual(["CANARY 2 DONE", "RAMP 2 DONE", "FULL 2 DONE"]);
    expect(await desk.bundleStates()).toEqual(["1 RETIRED", "2 ACTIVE"]);
    const { items } = await desk.promotions.list({ limit: 10 });
    const [full, ramp, canary] = items;
    expect([canary?.next, ramp?.follows]).toEqual([ramp?.promotion_id, canary?.promotion_id]);
    expect([ramp?.next, full?.follows]).toEqual([full?.promotion_id, ramp?.promotion_id]);
  });

  test("waits to be followed while health is ORANGE", async () => {
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY", afterwards: "RAMP" }, "rita");
    await desk.pass(1_000);
    desk.around.level = "ORANGE";
    await desk.pass(DAY_MS);
    expect(await desk.only()).toMatchObject({ mode: "CANARY", status: "ACTIVE" });
    expect((await desk.only()).reason).toContain("ORANGE");
    desk.around.level = "YELLOW";
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({ mode: "RAMP", status: "PENDING" });
  });
});

describe("a share that does harm", () => {
  test("loses more than its guardrail allows and is taken back at once, with figures, notice, alert and audit", async () => {
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    await desk.pass(1_000);
    const promotion = await desk.only();
    await desk.decided(promotion, "CANARY", "filled");
    await desk.decided(promotion, "STABLE", "filled");
    await desk.decided(promotion, "STABLE");
    await desk.trades(
      1,
      Array.from({ length: 20 }, () => 0.1),
    );
    await desk.trades(
      2,
      Array.from({ length: 5 }, () => -5),
    );
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({
      status: "ACTIVE",
      stable: { rev: 1, signals: 2, decisions: 2, opened: 1, entries: 1, trades_closed: 20, pnl_usdt: "2" },
      canary: {
        rev: 2,
        signals: 1,
        opened: 1,
        trades_closed: 5,
        pnl_usdt: "-25",
        drawdown_usdt: "25",
      },
    });
    expect((await desk.only()).guardrails.map(({ state }) => state)).toEqual(["OK", ...Array(4).fill("NOT_ENOUGH")]);
    await desk.trades(2, [-0.01]);
    await desk.pass(10_000);
    const over = await desk.only();
    expect(over).toMatchObject({ status: "ROLLED_BACK", ended_at: desk.clock.now() });
    expect(over.reason).toContain("drawdown: fell 25.01 USDT from its peak in 6 closed trades; at most 25");
    expect(over.timeline.at(-1)?.what).toBe("TAKEN_BACK");
    expect(desk.inForce.current()).toMatchObject({ rev: 1 });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    expect((await desk.told("cfg:events")).at(-1)).toMatchObject({ kind: "ROLLBACK", rev: 1, reason: over.reason });
    expect(await desk.told("alerts")).toMatchObject([{ severity: "ERROR", code: "PROMOTION_TAKEN_BACK" }]);
    expect((await desk.told("ops:events")).at(-1)).toMatchObject({ what: "promotion.take_back", actor: "s10" });
    expect(await desk.bundleStates()).toEqual(["1 ACTIVE", "2 ROLLED_BACK"]);
  });

  test("is taken back while somebody is waited for, too", async () => {
    desk.around.replicas[0] = { service: "s02", replica: "1", answered: false, rev: 0 };
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    await desk.pass(1_000);
    expect((await desk.only()).status).toBe("PENDING");
    await desk.trades(2, [-26]);
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({ status: "ROLLED_BACK", canary: { trades_closed: 1 } });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
  });

  test("is neither promoted again nor gone back to, once it was taken back", async () => {
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    await desk.pass(1_000);
    const promotion = await desk.only();
    for (let i = 0; i < 20; i++) await desk.decided(promotion, "CANARY", i < 5 ? "refused" : "filled");
    await desk.pass(10_000);
    expect((await desk.only()).reason).toStartWith("reject_rate: 5 of 20 entries");
    const named = { bundle_id: "shipped", to_rev: 2 };
    expect(await refusal(desk.promotions.promote({ ...named, mode: "FULL" }, "rita"))).toContain("draft it anew");
    await desk.promotions.promote({ ...(await desk.drafted(3)), mode: "FULL" }, "rita");
    await desk.pass(1_000);
    expect(await refusal(desk.promotions.promote({ ...named, mode: "ROLLBACK" }, "rita"))).toContain(
      "never been active",
    );
  });
});

describe("who has it", () => {
  test("somebody away is waited for by name, with an alert after a minute, and never left out", async () => {
    desk.around.replicas[1] = { service: "s03", replica: "1", answered: false, rev: 0 };
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "FULL" }, "rita");
    await desk.pass(59_000);
    expect(desk.alerts).toEqual([]);
    await desk.pass(1_000);
    await desk.pass(1_000);
    expect(desk.alerts).toEqual(["PROMOTION_WAITS The FULL of revision 2 waits for s03 (away)"]);
    expect(await desk.only()).toMatchObject({ status: "PENDING", services: [{ state: "HAS" }, { state: "AWAY" }, {}] });
    desk.around.replicas[1] = { service: "s03", replica: "1", answered: true, rev: 0 };
    await desk.pass(1_000);
    expect((await desk.only()).status).toBe("DONE");
  });

  test("a canary that cannot be loaded somewhere is over at once; its bundle can be tried again", async () => {
    desk.around.replicas[2] = {
      service: "s04",
      replica: "1",
      answered: true,
      rev: 1,
      refused_rev: 2,
      error: "no model",
    };
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    await desk.pass(1_000);
    expect(await desk.only()).toMatchObject({
      status: "ABORTED",
      reason: "s04 could not load revision 2: no model",
    });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    expect(await desk.bundleStates()).toEqual(["1 ACTIVE", "2 STAGED"]);
  });

  test("a revision for all that cannot be loaded somewhere gives way to the content before it, under a new number", async () => {
    const before = desk.inForce.current().hash;
    desk.around.replicas[2] = {
      service: "s04",
      replica: "1",
      answered: true,
      rev: 1,
      refused_rev: 2,
      error: "no model",
    };
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "FULL" }, "rita");
    expect(desk.inForce.current().rev).toBe(2);
    await desk.pass(1_000);
    expect(desk.inForce.current()).toMatchObject({ rev: 3, hash: before });
    await desk.pass(1_000);
    expect(await desk.states()).toEqual(["FULL 2 ROLLED_BACK", "ROLLBACK 3 DONE"]);
    expect(await desk.bundleStates()).toEqual(["1 RETIRED", "2 ROLLED_BACK", "3 ACTIVE"]);
    expect(await desk.told("alerts")).toHaveLength(1);
  });
});

describe("one at a time", () => {
  test("another one is refused while one is under way, but for a rollback, which ends it", async () => {
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "FULL" }, "rita");
    await desk.pass(1_000);
    await desk.promotions.promote({ ...(await desk.drafted(3)), mode: "CANARY" }, "rita");
    const fourth = await desk.drafted(4);
    for (const mode of ["CANARY", "RAMP", "FULL"] as const) {
      expect(await refusal(desk.promotions.promote({ ...fourth, mode }, "ruth"))).toStartWith("CONFLICT");
      expect(await refusal(desk.promotions.words({ ...fourth, mode }, { id: "ruth" }))).toStartWith("CONFLICT");
    }
    await desk.promotions.promote({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, "ruth");
    await desk.pass(1_000);
    expect(await desk.states()).toEqual(["FULL 2 DONE", "CANARY 3 ABORTED", "ROLLBACK 5 DONE"]);
    expect(desk.inForce.current()).toMatchObject({ rev: 5 });
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    expect(await desk.bundleStates()).toEqual(["1 RETIRED", "2 ROLLED_BACK", "3 STAGED", "4 DRAFT", "5 ACTIVE"]);
  });

  test("of two asked for at the same moment one is made", async () => {
    const [a, b] = [await desk.drafted(2), await desk.drafted(3)];
    const both = await Promise.all(
      [a, b].map((named) => refusal(desk.promotions.promote({ ...named, mode: "CANARY" }, "rita"))),
    );
    expect(both.map((said) => said.slice(0, 8)).sort()).toEqual(["CONFLICT", "none"]);
    expect(await desk.states()).toHaveLength(1);
  });

  test("can be aborted: a share ends, what is for all gives way to the content before it", async () => {
    const canary = await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY" }, "rita");
    const over = await desk.promotions.abort({ promotion_id: canary.promotion_id, reason: "a typo" }, "ruth");
    expect(over).toMatchObject({ status: "ABORTED", reason: "a typo" });
    expect(await refusal(desk.promotions.abort(canary, "ruth"))).toStartWith("WRONG_STATE");
    expect(desk.inForce.current()).not.toHaveProperty("canary");

    desk.around.replicas[1] = { service: "s03", replica: "1", answered: false, rev: 0 };
    const full = await desk.promotions.promote({ ...(await desk.drafted(3)), mode: "FULL" }, "rita");
    await desk.pass(1_000);
    await desk.promotions.abort(full, "ruth");
    expect(await desk.states()).toEqual(["CANARY 2 ABORTED", "FULL 3 ABORTED", "ROLLBACK 4 PENDING"]);
    const back = await desk.only();
    expect(await refusal(desk.promotions.abort(back, "ruth"))).toStartWith("WRONG_STATE");
    expect(await desk.told("alerts")).toEqual([]);
  });
});

describe("what can never be", () => {
  test.each([
    [{ to_rev: 9, mode: "FULL" }, "NOT_FOUND"],
    [{ to_rev: 1, mode: "FULL" }, "WRONG_STATE"],
    [{ to_rev: 1, mode: "ROLLBACK" }, "WRONG_STATE"],
    [{ to_rev: 2, mode: "ROLLBACK" }, "WRONG_STATE"],
    [{ to_rev: 3, mode: "CANARY" }, "WRONG_STATE: Its content is the one in force"],
    [{ to_rev: 2, mode: "CANARY", duration_h: 23 }, "INVALID: duration_h: from 24 to 336 hours"],
    [{ to_rev: 2, mode: "RAMP", traffic_pct: 20 }, "INVALID: traffic_pct"],
    [{ to_rev: 2, mode: "RAMP", afterwards: "RAMP" }, "INVALID: afterwards"],
    [{ to_rev: 2, mode: "FULL", traffic_pct: 20 }, "INVALID: traffic_pct"],
    [{ to_rev: 2, mode: "ROLLBACK", duration_h: 24 }, "INVALID: duration_h"],
  ] as const)("refuses %p", async (request, words) => {
    await desk.drafted(2);
    await desk.drafted(3, { note: desk.inForce.current().bundle.note });
    expect(await refusal(desk.promotions.promote({ bundle_id: "shipped", ...request }, "bob"))).toStartWith(words);
    expect(await desk.states()).toEqual([]);
    expect(desk.inForce.current().rev).toBe(1);
  });
});

describe("a second person is told", () => {
  test.each([
    [{ mode: "CANARY" }, "Canary of revision 2 of the bundle shipped at 10 % for 24 h"],
    [{ mode: "CANARY", traffic_pct: 25, duration_h: 48, afterwards: "RAMP" }, "at 25 % for 48 h, then ramp"],
    [{ mode: "CANARY", afterwards: "FULL" }, "at 10 % for 24 h, then ramp, then full"],
    [{ mode: "RAMP", afterwards: "FULL" }, "Ramp of revision 2 of the bundle shipped at 50 % for 24 h, then full"],
    [{ mode: "FULL" }, "Activate revision 2 of the bundle shipped for all"],
  ] as const)("%p", async (request, words) => {
    const named = await desk.drafted(2);
    expect(await desk.promotions.words({ ...named, ...request }, { id: "rita" })).toEndWith(words);
  });
  test("nothing, of a rollback", async () => {
    expect(
      await desk.promotions.words({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, { id: "rita" }),
    ).toBeUndefined();
  });
});
