import { afterEach, describe, expect, test } from "bun:test";
import { trades } from "../../shared/collections/trades.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { Problem } from "../../shared/errors.ts";
import { FUT, SPOT, World } from "./world.fixture.ts";

const ANN = { actor: "ann", key: undefined };
let world: World;
afterEach(() => world.close());
const begin = async () => {
  world = await new World().start();
  return world;
};

describe("trades from the router's results", () => {
  test("open with the first fill, grow, and close with their reason; each change is told", async () => {
    await begin();
    await world.open();
    await world.hear(world.result({}, [{ price: "102", qty: "1", fee_usdt: "0.1" }]));
    const stopped = world.result({}, [{ kind: "SL", side: "SELL", price: "97", qty: "2", fee_usdt: "0.1" }]);
    await world.hear(stopped);
    expect(world.positions.book.all()).toEqual([]);
    const kept = (await world.store.get(trades, "sig"))?.value;
    expect(kept).toMatchObject({ status: "CLOSED", exit_reason: "stop", avg_entry: "101", pnl_usdt: "-8.2" });
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "ENTRY", "EXIT"]);
  });

  test("a message told twice counts once, also after a restart", async () => {
    await begin();
    const result = world.result({}, [{ price: "100", qty: "1" }]);
    await world.hear(result, "m1");
    await world.hear(result, "m1");
    world.boot();
    await world.start();
    await world.hear(result, "m1");
    expect(world.positions.book.open(FUT)?.entry_qty).toBe("1");
  });

  test("the stop that the router put in force is the trade's, when the entry named none", async () => {
    await begin();
    await world.open({ stop_loss: undefined });
    const order = { kind: "SL", leg: "sl0", status: "NEW", stop_price: "98.5" } as Order;
    await world.hear(world.result({}, [], { orders: [order] }));
    expect(world.positions.book.open(FUT)?.stop_price).toBe("98.5");
  });

  test("what an entry brings after its trade was stopped out goes on with that trade: nothing of it is lost", async () => {
    await begin();
    await world.open();
    await world.hear(world.result({}, [{ kind: "SL", side: "SELL", price: "97", qty: "1" }]));
    await world.hear(world.result({}, [{ price: "96", qty: "0.5" }]));
    expect(world.positions.book.open(FUT)).toMatchObject({
      ...{ trade_id: "sig", status: "ACTIVE", entry_qty: "1.5", exit_qty: "1", open_qty: "0.5" },
      ...{ entry_cost_usdt: "148", exit_value_usdt: "97" },
    });
    expect(world.positions.book.open(FUT)).not.toContainKeys(["closed_at"]);
    await world.hear(world.result({}, [{ kind: "EXIT", side: "SELL", price: "95", qty: "0.5" }]));
    const kept = (await world.store.get(trades, "sig"))?.value;
    expect(kept).toMatchObject({ status: "CLOSED", entry_qty: "1.5", exit_qty: "1.5", realised_usdt: "-3.5" });
  });

  test("so it does on spot, without the dust that its exit left in the wallet", async () => {
    await begin();
    const spot = { instrument: SPOT };
    await world.hear(world.result(spot, [{ qty: "1.0005" }]));
    await world.hear(world.result(spot, [{ kind: "SL", side: "SELL", price: "97", qty: "1" }]));
    expect(world.positions.book.open(SPOT)).toBeUndefined();
    await world.hear(world.result(spot, [{ price: "96", qty: "0.5" }]));
    expect(world.positions.book.open(SPOT)).toMatchObject({ open_qty: "0.5", entry_qty: "1.5005", exit_qty: "1" });
    await world.hear(world.result(spot, [{ kind: "EXIT", side: "SELL", price: "95", qty: "0.5" }]));
    expect((await world.store.get(trades, "sig"))?.value).toMatchObject({ status: "CLOSED", open_qty: "0" });
  });

  test("a fill that closes nothing is told, not booked", async () => {
    await begin();
    await world.hear(world.result({ kind: "EXIT", side: "SELL" }, [{ side: "SELL" }]));
    expect(world.alerts.some((alert) => alert.startsWith("FILL_WITHOUT_TRADE"))).toBe(true);
  });
});

describe("managing", () => {
  // Margin is 5 at 20×; ROE 0.05 is +0.25, stage 0.06 is +0.30.
  test("break-even first, then a stage, then the ladder; each asked once", async () => {
    await begin();
    await world.open();
    await world.price("100.27");
    expect(world.asked.map((i) => [i.intent_id, i.kind, i.stop_price])).toEqual([["sig:SL:1", "SL", "100.11"]]);
    await world.price("100.27");
    await world.price("100.2");
    expect(world.asked.length).toBe(1);
    await world.price("100.31");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:TP:2", kind: "TP", qty: "0.3", type: "MARKET" });
    await world.price("100.6");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:TP:3", qty: "0.3" });
    await world.price("100.6");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:SL:4", stop_price: "100.25" });
    const trade = world.positions.book.open(FUT) as Trade;
    expect(trade.stops.map((stop) => stop.reason)).toEqual(["entry", "break_even", "lock"]);
  });

  test("a refused stop gives back the level before it, but not one that an add has brought meanwhile", async () => {
    await begin();
    await world.open();
    world.refusals.push(new Problem("UNAVAILABLE", "away"), new Problem("RULE", "no"));
    await world.price("100.27");
    expect(world.positions.book.open(FUT)?.stop_price).toBe("100.11");
    const add = { intent_id: "sig:ADD:9", kind: "ADD", stop_loss: { price: "100.2" } } as const;
    await world.hear(world.result(add, [{ price: "100.27", qty: "0.5" }]));
    await world.pass(1_000);
    await world.positions.lookForMissed();
    await world.pass(10);
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:SL:1", "sig:SL:1"]);
    expect(world.positions.book.open(FUT)).toMatchObject({ stop_price: "100.2", stops: { length: 3 } });
  });

  test("an ask without an answer is asked again with the same id, also by the next process", async () => {
    await begin();
    await world.open();
    const away = () => new Problem("UNAVAILABLE", "away");
    world.refusals.push(away(), away());
    await world.price("100.27");
    await world.price("100.27");
    await world.pass(1_000);
    await world.price("100.27");
    world.boot();
    await world.start();
    await world.price("100.27");
    expect(new Set(world.asked.map((intent) => intent.intent_id))).toEqual(new Set(["sig:SL:1"]));
    expect(world.asked.length).toBe(3);
    await world.price("100.27");
    expect(world.asked.length).toBe(3);
  });

  test("an exit that the router cannot be asked for goes by stream under the same id", async () => {
    await begin();
    await world.open();
    world.refusals.push(new Problem("UNAVAILABLE", "away"));
    expect(await world.positions.caretaker.flatten([])).toEqual(["sig"]);
    await world.pass(10);
    expect(world.commands.map((intent) => [intent.intent_id, intent.kind])).toEqual([["sig:CLOSE:1", "EXIT"]]);
  });
});

describe("exits", () => {
  test("a trade that goes nowhere is closed as stagnated", async () => {
    await begin();
    await world.open();
    await world.pass(4 * 3_600_000);
    await world.price("100.05");
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1"]);
    await world.hear(
      world.result({ kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" }, [{ side: "SELL", price: "100.05" }]),
    );
    expect((await world.store.get(trades, "sig"))?.value.exit_reason).toBe("stagnated");
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "STAGNATED", "EXIT"]);
  });

  test("an exit that ended early is asked for again until the trade is flat", async () => {
    await begin();
    await world.open();
    await world.positions.caretaker.flatten([FUT]);
    await world.pass(1);
    const rejected = world.result({ kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" }, []);
    await world.hear({ ...rejected, answer: { ...rejected.answer, status: "REJECTED" } });
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1", "sig:CLOSE:2"]);
    expect(world.positions.book.open(FUT)?.status).toBe("PENDING_CLOSING");
  });

  test("liquidation too near gives up half", async () => {
    await begin();
    await world.open();
    world.held.push({
      account: "main",
      instrument: FUT,
      qty: "1",
      entry_price: "100",
      mark_price: "96",
      unrealised_usdt: "-4",
      liquidation_price: "95.5",
      leverage: 20,
      isolated_margin_usdt: "5",
      updated_at: 0,
    });
    await world.positions.round();
    await world.pass(1);
    expect(world.asked.map((i) => [i.intent_id, i.qty])).toEqual([["sig:REDUCE:1", "0.5"]]);
    expect(await world.positions.accounting.equity()).toMatchObject({ equity_usdt: "996" });
  });

  test("after a flatten order, a trade that still opens is closed too", async () => {
    await begin();
    expect(await world.positions.caretaker.flatten([])).toEqual([]);
    await world.open();
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1"]);
  });

  test("nothing is answered to be flat before the open trades are known", async () => {
    await begin();
    await world.open();
    world.boot();
    const flatten = world.positions.caretaker.flatten([]);
    await expect(flatten).rejects.toMatchObject({ code: "NOT_READY" });
    const close = { instruments: [], actions: ["CLOSE" as const], dry_run: false };
    await expect(world.positions.requests.manage(close, ANN)).rejects.toMatchObject({ code: "NOT_READY" });
    await world.start();
    expect(await world.positions.caretaker.flatten([])).toEqual(["sig"]);
  });

  test("a difference from the exchange that lasts is told", async () => {
    await begin();
    await world.open();
    await world.positions.round();
    expect(world.alerts).toEqual([]);
    await world.pass(10_000);
    await world.positions.round();
    expect(world.alerts).toEqual(["POSITION_DIFFERS FUT:BTCUSDT: trades say 1, the exchange 0"]);
  });
});

describe("requests", () => {
  const manage = (over: object) =>
    world.positions.requests.manage({ instruments: [FUT], actions: [], dry_run: false, ...over } as never, ANN);

  test("a dry run plans and asks nothing; the same for real asks", async () => {
    await begin();
    await world.open();
    await world.price("100.1");
    const plan = await manage({ actions: ["SET_STOP", "CLOSE"], stop_price: "99", dry_run: true });
    expect(plan).toMatchObject({
      plan: { stop_moves: [{ stop_price: "99" }], reduces: [{ qty: "1" }] },
      orders: [],
      errors: [],
    });
    expect(world.asked).toEqual([]);
    expect((await manage({ actions: ["SET_STOP"], stop_price: "99" })).orders).toEqual(["sig:SL:1"]);
  });

  test("a stop moved back, off its tick or past the price is refused with its reason", async () => {
    await begin();
    await world.open();
    await world.price("100.1");
    const message = async (stop_price: string) =>
      (await manage({ actions: ["SET_STOP"], stop_price })).errors[0]?.message;
    expect(await message("96")).toContain("never moved back");
    expect(await message("98.005")).toContain("no multiple");
    expect(await message("101")).toContain("passed");
    expect(world.asked).toEqual([]);
  });

  test("results are summed by day, strategy and instrument", async () => {
    await begin();
    await world.open();
    await world.hear(world.result({}, [{ kind: "TP", side: "SELL", price: "110", fee_usdt: "1" }]));
    const [row] = await world.positions.accounting.pnl("day", {});
    expect(row).toMatchObject({ key: "2026-01-05", trades: 1, wins: 1, realised_usdt: "10", pnl_usdt: "9" });
    expect((await world.positions.accounting.pnl("strategy", {}))[0]?.key).toBe("manual");
    const now = world.clock.now();
    expect(await world.positions.accounting.pnl("day", { from_ts: now + 1 })).toEqual([]);
    expect(await world.positions.accounting.pnl("day", { from_ts: now - 60_000, to_ts: now + 1 })).toHaveLength(1);
  });
});
