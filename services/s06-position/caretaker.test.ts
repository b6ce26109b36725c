import { afterEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { holdings } from "../../shared/collections/orders.ts";
import { killState } from "../../shared/collections/people.ts";
import { strategyPauses } from "../../shared/collections/signals.ts";
import { Decision } from "../../shared/domain/decision.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { Problem } from "../../shared/errors.ts";
import { FUT, revisionWith, World } from "./world.fixture.ts";

let world: World;
afterEach(() => world.close());

// Margin is 5 at 20×: ROE 0.05 is +0.25. Stages and locks are far away, so that adds are alone.
const ADDING = { adds_max: 2, add_roe: 0.05, add_share: 0.5, stages: [], lock_steps_roe: [0.6, 0.8] };
async function begin(position: object = ADDING): Promise<void> {
  world = new World();
  world.active = revisionWith(1, { position });
  world.boot();
  await world.start();
}
/** A winner whose stop has gone to break-even. */
async function winner(position: object = ADDING): Promise<void> {
  await begin(position);
  await world.health("GREEN");
  await world.open();
  await world.price("100.27");
  expect(world.asked.map(({ kind }) => kind)).toEqual(["SL"]);
}
const trade = () => world.positions.book.open(FUT) as Trade;
const adds = () => world.asked.filter(({ kind }) => kind === "ADD");
const added = (intent_id: string, fills: object[]) =>
  world.hear(world.result({ intent_id, kind: "ADD", stop_loss: { price: "100.21" } }, fills));

describe("adds to a winner", () => {
  test("one is asked for with a stop that leaves no loss; its fills enlarge the trade and count once", async () => {
    await winner();
    await world.price("100.3");
    expect(adds()).toMatchObject([
      {
        ...{ intent_id: "sig:ADD:2", side: "BUY", qty: "0.5", reduce_only: false, trade_id: "sig" },
        ...{ stop_loss: { price: "100.21" }, valid_until: world.clock.now() - 1 + 5_000 },
      },
    ]);
    await added("sig:ADD:2", [{ price: "100.3", qty: "0.2" }]);
    await added("sig:ADD:2", [{ price: "100.3", qty: "0.3" }]);
    expect(trade()).toMatchObject({ adds: 1, entry_qty: "1.5", avg_entry: "100.1", stop_price: "100.21" });
    expect(trade().stops.at(-1)).toMatchObject({ stop_price: "100.21", reason: "add" });
    expect((await world.events()).map(({ kind }) => kind)).toEqual(["ENTRY", "STOP_MOVE", "ADD", "ADD"]);
  });

  test("the second is of the first entry's size and wants twice the ROE; a third is none", async () => {
    await winner();
    await world.price("100.3");
    await added("sig:ADD:2", [{ price: "100.3", qty: "0.5" }]);
    await world.pass(30_000);
    await world.price("100.5");
    expect(adds()).toHaveLength(1);
    await world.price("100.7");
    expect(adds().at(-1)).toMatchObject({ qty: "0.5", stop_loss: { price: "100.36" } });
    await added("sig:ADD:3", [{ price: "100.7", qty: "0.5" }]);
    await world.pass(30_000);
    await world.price("101");
    expect(adds()).toHaveLength(2);
    expect(trade().adds).toBe(2);
  });

  test("a refused one is not tried again at once, and the next one has another id", async () => {
    await winner();
    world.refusals.push(new Problem("BUDGET", "no room"));
    await world.price("100.3");
    for (let look = 0; look < 20; look++) await world.price("100.3");
    expect(adds()).toHaveLength(1);
    expect(trade()).toMatchObject({ adds: 0, stop_price: "100.11" });
    await world.pass(25_000);
    await world.price("100.3");
    expect(adds().map(({ intent_id }) => intent_id)).toEqual(["sig:ADD:2", "sig:ADD:3"]);
  });

  test("one that the router may have is asked again under its own id, until it is told to be too late", async () => {
    await winner();
    world.refusals.push(new Problem("TIMEOUT", "late"), new Problem("EXPIRED_INTENT", "too late"));
    await world.price("100.3");
    world.boot();
    await world.start();
    await world.health("GREEN");
    await world.price("100.3");
    await world.price("100.3");
    expect(adds().map(({ intent_id }) => intent_id)).toEqual(["sig:ADD:2", "sig:ADD:2"]);
  });
});

describe("no adds", () => {
  const closed: [string, string, () => unknown][] = [
    ["health is YELLOW", "health is YELLOW", () => world.health("YELLOW")],
    ["health is ORANGE", "health is ORANGE", () => world.health("ORANGE")],
    ["health lets no entry in", "costs are off", () => world.health("GREEN", { no_entries: "costs are off" })],
    ["health was never told", "not known", async () => world.boot() && world.start()],
    ["S11 is silent", "S11 is silent, which counts as ORANGE", () => world.pass(90_001)],
    [
      "the kill switch is on",
      "kill switch",
      () => {
        const kill = {
          id: "kill" as const,
          enabled: true,
          mode: "HALT" as const,
          epoch: 1,
          reason: "",
          actor: "",
          ts: 0,
        };
        return world.others.get("s12")?.commit([put(killState, kill)]);
      },
    ],
    [
      "the strategy is paused there",
      "paused",
      () => {
        const pause = { strategy_id: "manual", instrument: FUT, actor: "ann", reason: "", ts: 0 };
        return world.others.get("s03")?.commit([put(strategyPauses, pause)]);
      },
    ],
  ];
  const spells: [string, () => Promise<unknown>][] = [
    ["YELLOW", () => world.health("YELLOW")],
    ["RED", () => world.health("RED")],
    ["a word against entries", () => world.health("GREEN", { no_entries: "costs are off" })],
    ["silence", () => world.pass(90_001)],
  ];
  test.each(spells)("and again after %s, once health is GREEN", async (_what, act) => {
    await begin();
    await world.health("GREEN");
    await world.open();
    await world.price("100.27");
    await act();
    await world.price("100.3");
    expect(adds()).toEqual([]);
    await world.pass(30_000);
    await world.health("GREEN");
    await world.price("100.3");
    expect(adds()).toHaveLength(1);
  });

  test.each(closed)("none while %s", async (what, why, act) => {
    await begin();
    if (what !== "health was never told") await world.health("GREEN");
    await world.open();
    await world.price("100.27");
    await act();
    await world.price("100.3");
    expect(adds()).toEqual([]);
    expect(await world.positions.caretaker.mayAdd(trade())).toContain(why);
  });

  test("none when the decision's rules allowed none", async () => {
    await begin();
    await world.health("GREEN");
    const decision = Decision.parse({
      ...{ signal_id: "sig", account: "main", strategy_id: "s", instrument: FUT, intents: [], rules: [], guards: [] },
      decision: { action: "open", side: "BUY", size_mult: 1, tp_mult: 1, sl_mult: 1, max_adds: 0, reason: "open" },
      ...{ features: {}, config_rev: 1, ts: 0 },
    });
    const entry = world.result({ signal_id: "sig", stop_loss: { price: "97" } }, [{ price: "100", qty: "1" }]);
    await world.booked(entry, decision);
    await world.hear(entry);
    expect(trade().params).toMatchObject({ max_adds: 0 });
    await world.price("100.27");
    await world.price("100.4");
    expect(adds()).toEqual([]);
  });
});

describe("a refusal gives back what was asked for", () => {
  test("a stop", async () => {
    await begin();
    await world.open();
    world.refusals.push(new Problem("NO_POSITION", "nothing is held"));
    await world.price("100.27");
    expect(trade()).toMatchObject({ stop_price: "97", seq: 1 });
    expect(trade().stops).toHaveLength(1);
    await world.pass(1_000);
    await world.price("100.27");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:SL:2", stop_price: "100.11" });
  });

  test("a stage", async () => {
    await begin({ stages: [{ roe: 0.04, close: 0.5 }], break_even_roe: 9 });
    await world.open();
    world.refusals.push(new Problem("RULE", "no"));
    await world.price("100.2");
    expect(trade().stage).toBe(0);
    await world.pass(1_000);
    await world.price("100.2");
    expect(trade().stage).toBe(1);
    expect(world.asked.map(({ intent_id }) => intent_id)).toEqual(["sig:TP:1", "sig:TP:2"]);
  });
});

describe("the router's record of a stop", () => {
  const held = (stop_price: string) => ({
    ...{ key: `main/${FUT}`, account: "main", instrument: FUT, qty: "1", avg_entry: "100", side: "BUY" as const },
    ...{ trade_id: "sig", reserved_usdt: "0", working_type: "MARK_PRICE" as const, guard: false, dust: "0" },
    ...{ next_leg: 0, updated_at: 0, stop_price },
  });

  test("that lags behind ours is asked for again; a better one is taken", async () => {
    await begin();
    await world.open();
    await world.price("100.27");
    await world.routers.commit([put(holdings, held("97"))]);
    await world.positions.round();
    await world.pass(1);
    expect(world.asked.map(({ intent_id, stop_price }) => [intent_id, stop_price])).toEqual([
      ["sig:SL:1", "100.11"],
      ["sig:SL:2", "100.11"],
    ]);
    await world.routers.commit([put(holdings, held("100.2"))]);
    await world.positions.round();
    expect(trade().stop_price).toBe("100.2");
    expect(world.asked).toHaveLength(2);
  });
});

describe("without prices", () => {
  const position = (mark_price: string) => ({
    ...{ account: "main", instrument: FUT, qty: "1", entry_price: "100", mark_price, unrealised_usdt: "0" },
    ...{ leverage: 20, isolated_margin_usdt: "5", updated_at: 0 },
  });

  test("a future is looked after by what the exchange says when it is asked; nothing is added", async () => {
    await begin();
    await world.health("GREEN");
    await world.open();
    world.held.push(position("100.27"));
    await world.positions.round();
    await world.pass(1);
    expect(world.asked).toMatchObject([{ intent_id: "sig:SL:1", stop_price: "100.11" }]);
    world.held[0] = position("100.4");
    await world.positions.round();
    expect(world.asked).toHaveLength(1);
    expect(await world.positions.caretaker.mayAdd(trade())).toContain("no current price");
  });

  test("nothing is moved and it is told once, but a time limit ends a trade all the same", async () => {
    await begin();
    await world.open();
    await world.positions.round();
    for (let look = 0; look < 5; look++) {
      await world.pass(10_000);
      await world.positions.round();
    }
    expect(world.alerts.filter((alert) => alert.startsWith("PRICE_MISSING"))).toHaveLength(1);
    expect(world.asked).toEqual([]);
    await world.pass(4 * 3_600_000);
    await world.positions.round();
    expect(world.asked).toMatchObject([{ kind: "EXIT" }]);
  });
});

test("what was closed by force, or outside, ends its trade as forced", async () => {
  for (const client_order_id of ["autoclose-1", "adl_autoclose", "outside-77"]) {
    await begin();
    await world.open();
    const some = world.result({}, [{ kind: "EXIT", side: "SELL", qty: "0.4", client_order_id }]);
    await world.hear(some);
    expect(trade()).toMatchObject({ status: "ACTIVE", exit_reason: "forced" });
    await world.hear(world.result({}, [{ kind: "TP", side: "SELL", qty: "0.1" }]));
    expect(trade().exit_reason).toBeUndefined();
    await world.hear(world.result({}, [{ kind: "EXIT", side: "SELL", qty: "0.5", client_order_id }]));
    expect((await world.events()).at(-1)).toMatchObject({ kind: "EXIT", trade: { exit_reason: "forced" } });
  }
});
