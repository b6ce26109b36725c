/** After FULL: a revision that does harm is taken back by itself, one that stands is left alone, and nothing swings to and fro. */
import { beforeEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { intents } from "../../shared/collections/orders.ts";
import { Desk, HOUR_MS, refusal } from "./promotions.fixture.ts";

const DAY_MS = 24 * HOUR_MS;
let desk: Desk;

beforeEach(async () => {
  desk = await new Desk().open();
});

const flags = (promotion: object) => {
  const { flags: all } = desk.inForce.current().bundle;
  return { flags: { ...all, promotion: { ...all.promotion, ...promotion } } };
};
async function full(rev: number, change: object = {}) {
  await desk.promotions.promote({ ...(await desk.drafted(rev, change)), mode: "FULL" }, "rita");
  await desk.pass(1_000);
  return desk.only();
}
const same = (count: number, pnl: number) => Array.from({ length: count }, () => pnl);
/** Ends of entries of a revision, just now. */
async function entries(rev: number, filled: number, empty: number): Promise<void> {
  const one = (at: number, filled_qty: string) =>
    put(intents, {
      ...{ intent_id: `e${rev}-${at}-${desk.clock.now()}`, instrument: "FUT:BTCUSDT", state: "DONE" },
      ...{ created_at: desk.clock.now(), intent: { kind: "ENTRY", config_rev: rev }, answer: { filled_qty } },
    } as never);
  const all = Array.from({ length: filled + empty }, (_, at) => one(at, at < filled ? "1" : "0"));
  await desk.store("s04").commit(all);
  await desk.pass(1_000);
}

describe("a revision in force for all", () => {
  test("may lose four times what a share may, and beyond it gives way to the content before it, once, by itself", async () => {
    const before = desk.inForce.current().hash;
    const done = await full(2);
    const until = desk.clock.now() + DAY_MS;
    expect(done).toMatchObject({ status: "DONE", watch: { hours: 24, state: "WATCHING", until } });
    await desk.trades(2, same(5, -20));
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({
      ...{ status: "DONE", canary: { rev: 2, trades_closed: 5, drawdown_usdt: "100" } },
      ...{ realised: { trades_closed: 5, drawdown_usdt: "100", since: done.created_at }, watch: { state: "WATCHING" } },
    });
    await desk.trades(2, [-0.01]);
    await desk.pass(10_000);
    expect(await desk.states()).toEqual(["FULL 2 ROLLED_BACK", "ROLLBACK 3 PENDING"]);
    const taken = await desk.promotions.get(done.promotion_id);
    const reason = "drawdown: fell 100.01 USDT from its peak in 6 closed trades; at most 100";
    expect(taken).toMatchObject({ reason, watch: { state: "TAKEN_BACK" }, next: (await desk.only()).promotion_id });
    expect(taken.timeline.at(-1)).toMatchObject({ what: "TAKEN_BACK", detail: `${reason}; by s10` });
    expect(desk.inForce.current()).toMatchObject({ rev: 3, hash: before });
    expect((await desk.told("cfg:events")).at(-1)).toMatchObject({ kind: "ROLLBACK", rev: 3, reason });
    expect(await desk.told("alerts")).toMatchObject([{ severity: "ERROR", code: "PROMOTION_TAKEN_BACK" }]);
    expect((await desk.told("ops:events")).at(-1)).toMatchObject({ what: "bundle.rollback", actor: "s10" });
    expect(await desk.bundleStates()).toEqual(["1 RETIRED", "2 ROLLED_BACK", "3 ACTIVE"]);

    // What came back is not watched, whatever it loses: nothing swings to and fro.
    await desk.pass(1_000);
    await desk.trades(3, same(10, -10));
    await desk.trades(2, same(10, -10));
    await desk.pass(2 * DAY_MS);
    expect(await desk.states()).toEqual(["FULL 2 ROLLED_BACK", "ROLLBACK 3 DONE"]);
    expect(await desk.only()).not.toHaveProperty("watch");
    expect(await desk.told("alerts")).toHaveLength(1);
    const back = { bundle_id: "shipped", to_rev: 2, mode: "ROLLBACK" } as const;
    expect(await refusal(desk.promotions.promote(back, "rita"))).toContain("taken back for what it did");
  });

  test("stands to the end of its watch and is left alone from then on", async () => {
    await full(2);
    await desk.trades(2, [...same(30, 1), -60]);
    await desk.pass(DAY_MS - 100);
    expect(await desk.only()).toMatchObject({ watch: { state: "WATCHING" } });
    await desk.pass(100);
    const stood = await desk.only();
    expect(stood).toMatchObject({ status: "DONE", watch: { state: "STOOD" }, realised: { drawdown_usdt: "60" } });
    expect(stood.timeline.at(-1)?.what).toBe("WATCH_ENDED");
    expect((await desk.told("ops:events")).at(-1)).toMatchObject({ what: "promotion.watch_end", outcome: "stood" });
    await desk.trades(2, same(10, -10));
    await desk.pass(HOUR_MS);
    expect(desk.inForce.current().rev).toBe(2);
  });

  test("is watched before all have it, too", async () => {
    desk.around.replicas[0] = { service: "s02", replica: "1", answered: false, rev: 0 };
    const pending = await full(2);
    expect(pending).toMatchObject({ status: "PENDING", watch: { state: "WATCHING" } });
    expect(pending.watch).not.toHaveProperty("until");
    await desk.trades(2, [-101]);
    await desk.pass(10_000);
    expect((await desk.states())[0]).toBe("FULL 2 ROLLED_BACK");
  });

  test("is watched by the limits and for the time of what was in force before it", async () => {
    await full(2, flags({ watch_hours: 2, drawdown_usdt_max: "2", watch_drawdown_usdt_max: "5" }));
    expect((await desk.only()).watch).toMatchObject({ hours: 24 });
    await full(3, flags({ watch_hours: 0, drawdown_usdt_max: "1000", watch_drawdown_usdt_max: "1000" }));
    expect((await desk.only()).watch).toMatchObject({ hours: 2 });
    await desk.trades(3, [-5.01]);
    await desk.pass(10_000);
    expect((await desk.states()).slice(-2)).toEqual(["FULL 3 ROLLED_BACK", "ROLLBACK 4 PENDING"]);
  });

  test("is not watched where what was in force before says so, nor where its content is the same", async () => {
    const again = await full(2, { note: desk.inForce.current().bundle.note });
    expect(again).not.toHaveProperty("watch");
    await full(3, flags({ watch_hours: 0 }));
    expect((await desk.only()).watch).toMatchObject({ hours: 24 });
    const free = await full(4);
    expect(free).not.toHaveProperty("watch");
    await desk.trades(4, [-1_000]);
    await desk.pass(DAY_MS);
    expect(desk.inForce.current().rev).toBe(4);
  });
});

describe("beside the revision before it", () => {
  test("its trades are held against the last ones of that, and few of them say nothing", async () => {
    await desk.trades(1, same(19, 0.1));
    await full(2);
    await desk.trades(2, same(25, -0.5));
    await desk.pass(10_000);
    const pnl = async () => (await desk.only()).guardrails.find(({ name }) => name === "pnl");
    expect(await pnl()).toMatchObject({ state: "NOT_ENOUGH", sample: 19 });
    expect(await desk.only()).toMatchObject({ status: "DONE", stable: { rev: 1, trades_closed: 19 } });

    desk = await new Desk().open();
    await desk.trades(1, same(20, 0.1));
    await full(2);
    await desk.trades(2, same(19, -0.5));
    await desk.pass(10_000);
    expect((await desk.only()).status).toBe("DONE");
    await desk.trades(2, [-0.5]);
    await desk.pass(10_000);
    const [full2] = (await desk.promotions.list({ limit: 2 })).items.slice(1);
    expect(full2?.status).toBe("ROLLED_BACK");
    expect(full2?.reason).toStartWith("pnl: mean ROE of a trade is -3 % beside the former's");
  });

  test("a refused share that the one before suffered too is not held against it", async () => {
    await entries(1, 14, 6);
    await full(2);
    await entries(2, 14, 6);
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({ status: "DONE", stable: { rejected: 6, entries: 20 } });
    await entries(2, 0, 20);
    await desk.pass(10_000);
    const [taken] = (await desk.promotions.list({ limit: 2 })).items.slice(1);
    expect(taken?.reason).toStartWith("reject_rate: 26 of 40 entries refused or come to nothing, of the former's 30 %");
  });
});

describe("what it lost on the way", () => {
  test("counts through canary, ramp and full: it is one trial", async () => {
    await desk.promotions.promote({ ...(await desk.drafted(2)), mode: "CANARY", afterwards: "FULL" }, "rita");
    await desk.pass(1_000);
    await desk.trades(2, [2, -10]);
    await desk.pass(DAY_MS);
    await desk.pass(1_000);
    await desk.trades(2, [-9]);
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({
      ...{ mode: "RAMP", canary: { trades_closed: 1, drawdown_usdt: "9" } },
      realised: { trades_closed: 3, pnl_usdt: "-17", drawdown_usdt: "19" },
    });
    await desk.pass(DAY_MS);
    await desk.pass(1_000);
    expect(await desk.only()).toMatchObject({ mode: "FULL", watch: { state: "WATCHING" } });
    await desk.trades(2, [-81]);
    await desk.pass(10_000);
    expect(await desk.only()).toMatchObject({ mode: "FULL", realised: { drawdown_usdt: "100" } });
    await desk.trades(2, [-0.5]);
    await desk.pass(10_000);
    expect((await desk.states()).slice(-2)).toEqual(["FULL 2 ROLLED_BACK", "ROLLBACK 3 PENDING"]);
  });
});

describe("a watch is over", () => {
  test("when a person goes back", async () => {
    const done = await full(2);
    await desk.promotions.promote({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, "ruth");
    await desk.pass(1_000);
    expect(await desk.promotions.get(done.promotion_id)).toMatchObject({ status: "DONE", watch: { state: "ENDED" } });
    await desk.trades(2, [-100]);
    await desk.pass(DAY_MS);
    expect(await desk.states()).toEqual(["FULL 2 DONE", "ROLLBACK 3 DONE"]);
    expect(await desk.told("alerts")).toEqual([]);
  });

  test("when another one comes into force for all, which is watched itself", async () => {
    const first = await full(2);
    await full(3);
    await desk.trades(2, [-100]);
    await desk.pass(10_000);
    expect(await desk.promotions.get(first.promotion_id)).toMatchObject({ watch: { state: "ENDED" } });
    expect(desk.inForce.current().rev).toBe(3);
    await desk.trades(3, [-101]);
    await desk.pass(10_000);
    expect(desk.inForce.current()).toMatchObject({ rev: 4 });
    expect((await desk.promotions.list({ limit: 1 })).items[0]).toMatchObject({ mode: "ROLLBACK", to_rev: 2 });
  });

  test("but not by a canary beside it, which is over when what it stands beside is taken back", async () => {
    await full(2);
    await desk.promotions.promote({ ...(await desk.drafted(3)), mode: "CANARY" }, "rita");
    await desk.pass(1_000);
    await desk.trades(2, [-101]);
    await desk.pass(10_000);
    expect(await desk.states()).toEqual(["FULL 2 ROLLED_BACK", "CANARY 3 ABORTED", "ROLLBACK 4 PENDING"]);
    expect(desk.inForce.current()).not.toHaveProperty("canary");
    expect(await desk.bundleStates()).toEqual(["1 RETIRED", "2 ROLLED_BACK", "3 STAGED", "4 ACTIVE"]);
    expect(await desk.told("alerts")).toHaveLength(1);
  });
});

describe("one rollback, whoever acts at the same moment", () => {
  const LOST = new Error("answer lost");
  /** The next commit is made, and its answer is lost. */
  const loseNext = () => {
    desk.onCommit = () => {
      desk.onCommit = () => {};
      throw LOST;
    };
  };

  test("a person whose rollback was made though its answer was lost: the watch does not go back once more", async () => {
    await full(2);
    await desk.trades(2, [-101]);
    loseNext();
    const back = { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" } as const;
    await expect(desk.promotions.promote(back, "ruth")).rejects.toBe(LOST);
    await desk.promotions.watch();
    expect(await desk.states()).toEqual(["FULL 2 DONE", "ROLLBACK 3 PENDING"]);
    expect(desk.inForce.current().rev).toBe(3);
    await desk.pass(10_000);
    expect(await desk.states()).toEqual(["FULL 2 DONE", "ROLLBACK 3 DONE"]);
    expect(await desk.told("alerts")).toEqual([]);
  });

  test("a watch whose rollback was made though its answer was lost: a person's next word finds what is in force", async () => {
    await full(2);
    await desk.trades(2, [-101]);
    let commits = 0;
    desk.onCommit = () => {
      commits++;
      // The first notes the figures, the second takes it back.
      if (commits === 2) throw LOST;
    };
    await expect(desk.promotions.watch()).rejects.toBe(LOST);
    desk.onCommit = () => {};
    const back = { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" } as const;
    expect(await refusal(desk.promotions.promote(back, "ruth"))).toContain("Its content is in force for all already");
    expect(await desk.states()).toEqual(["FULL 2 ROLLED_BACK", "ROLLBACK 3 PENDING"]);
    expect(await desk.told("alerts")).toHaveLength(1);
  });

  test("the watch, a rollback, a new canary and an abort in every order: the content before it comes back once", async () => {
    for (let first = 0; first < 4; first++) {
      desk = await new Desk().open();
      const { promotion_id } = await full(2);
      const third = await desk.drafted(3);
      await desk.trades(2, [-101]);
      const acts = [
        () => desk.promotions.watch(),
        () => desk.promotions.promote({ bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, "ruth"),
        () => desk.promotions.promote({ ...third, mode: "CANARY" }, "rita"),
        () => desk.promotions.abort({ promotion_id }, "ruth"),
      ];
      await Promise.allSettled([...acts.slice(first), ...acts.slice(0, first)].map((act) => act()));
      await desk.pass(10_000);
      await desk.pass(10_000);
      const states = await desk.states();
      expect([first, states.filter((state) => state.startsWith("ROLLBACK")).length]).toEqual([first, 1]);
      expect(desk.inForce.current().bundle.note).toBe((await desk.bundles.ofRev(1)).value.note);
      expect(desk.inForce.current()).not.toHaveProperty("canary");
    }
  });
});
