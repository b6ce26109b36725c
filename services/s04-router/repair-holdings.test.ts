import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { intents } from "../../shared/collections/orders.ts";
import type { ExchangeFill } from "../../shared/contracts.ts";
import { add, dec, neg, show } from "../../shared/domain/money.ts";
import { type Code, Problem } from "../../shared/errors.ts";
import { keptOf } from "./kept.ts";
import { entry, FUT, faultsOf, RouterWorld, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
beforeEach(async () => {
  world = new RouterWorld();
  await world.start();
});
afterEach(() => world.close());

let runs = 0;
const repair = (orphans: "CLOSE" | "KEEP", instrument = FUT, run_id = `r${++runs}`) =>
  world.finish(world.router.holdingRepair.repair({ run_id, account: "main", instrument, orphans }));
const code = (work: Promise<unknown>): Promise<Code | undefined> =>
  work.then(
    () => undefined,
    (error) => (error instanceof Problem ? error.code : "INTERNAL"),
  );

let ids = 0;
/** Somebody trades at the exchange's own site; nobody tells us. */
function trade(side: "BUY" | "SELL", qty: string, { instrument = FUT, order_id = `9${++ids}` } = {}): void {
  const { exchange, clock } = world;
  const before = exchange.positions.get(instrument) ?? 0n;
  const signed = side === "BUY" ? dec(qty) : neg(dec(qty));
  exchange.positions.set(instrument, add(before as never, signed));
  const fill: ExchangeFill = {
    fill_id: `8${++ids}`,
    order_id,
    side,
    price: "60000",
    qty,
    fee: "0.1",
    fee_asset: "USDT",
    maker: false,
    ts: clock.now(),
  };
  exchange.fills.push({ ...fill, side, client_order_id: `none-${order_id}`, instrument });
}
const held = (instrument = FUT) => {
  const { qty = "0", side } = world.router.book.holding(instrument) ?? {};
  return side === "SELL" ? `-${qty}` : qty;
};
const stops = () => world.exchange.live().filter((order) => order.type === "STOP_MARKET");
/** A trade of ours, open and protected. */
async function opened(over = {}): Promise<void> {
  await world.place(entry({ intent_id: "a:entry", ...over }));
  await world.pass(10_000);
}

describe("futures", () => {
  test("what agrees is left alone", async () => {
    await opened();
    expect(await repair("CLOSE")).toMatchObject({ done: "NONE", before: "0.01", after: "0.01" });
  });

  test("fills of ours that were missed come first", async () => {
    await opened({ type: "LIMIT", price: "59950" });
    const [order] = world.exchange.live();
    world.exchange.eventCopies = 0;
    world.exchange.fill(order!.client_order_id, "0.004");
    expect(await repair("CLOSE")).toMatchObject({ done: "BOOKED", before: "0", after: "0.004" });
    const { fills } = await keptOf(world.store, "a:entry");
    expect(fills.map((fill) => fill.qty)).toEqual(["0.004"]);
  });

  test("a part that a stranger closed is booked against the trade, and the stop shrinks to the rest", async () => {
    await opened();
    trade("SELL", "0.004");
    await world.pass(10_000);
    expect(await repair("CLOSE")).toMatchObject({ done: "BOOKED", before: "0.01", after: "0.006" });
    await world.pass(3_000);
    expect(stops().map((order) => order.qty)).toEqual(["0.006"]);
    const { orders } = await keptOf(world.store, "a:entry");
    const forced = orders.find((order) => order.leg === "forced");
    expect(forced?.story?.at(-1)).toMatchObject({ status: "FILLED", by: "RECONCILIATION" });
    expect(await repair("CLOSE")).toMatchObject({ done: "NONE" });
    expect(faultsOf(world)).toEqual([]);
  });

  test("CLOSE: a stranger's position is booked as what it is, and closed to the last unit, once", async () => {
    trade("SELL", "0.003", { order_id: "77" });
    trade("SELL", "0.002", { order_id: "77" });
    expect(await repair("CLOSE", FUT, "r-close")).toMatchObject({ done: "CLOSING", before: "0", after: "-0.005" });
    const record = (await world.store.get(intents, "outside:77"))!.value;
    expect(record).toMatchObject({ state: "DONE", intent: { kind: "ENTRY", side: "SELL", tags: ["outside"] } });
    expect(record.answer).toMatchObject({ status: "FILLED", filled_qty: "0.005" });
    await world.pass(5_000);
    expect(held()).toBe("0");
    expect(await repair("CLOSE", FUT, "r-close")).toMatchObject({ done: "NONE" });
    expect(world.exchange.journal.length).toBe(1);
    expect(faultsOf(world)).toEqual([]);
  });

  test("CLOSE: what a stranger added to our trade goes, our trade stays with its stop", async () => {
    await opened();
    trade("BUY", "0.007");
    await world.pass(10_000);
    expect(await repair("CLOSE")).toMatchObject({ done: "CLOSING", before: "0.01", after: "0.017" });
    await world.pass(5_000);
    expect([held(), stops().map((order) => order.qty)]).toEqual(["0.01", ["0.01"]]);
    expect(faultsOf(world)).toEqual([]);
  });
});

describe("futures positions that nobody asked for", () => {
  test("KEEP: it gets a stop and its part of the budget", async () => {
    trade("BUY", "0.01");
    expect(await repair("KEEP")).toMatchObject({ done: "ADOPTED", after: "0.01" });
    await world.pass(3_000);
    expect([held(), stops().map((order) => order.qty)]).toEqual(["0.01", ["0.01"]]);
    expect(Number(world.router.budget().used_usdt)).toBeGreaterThan(0);
    expect(faultsOf(world)).toEqual([]);
  });

  test("KEEP without room in the budget, or under the kill switch, closes", async () => {
    trade("BUY", "5");
    expect(await repair("KEEP")).toMatchObject({ done: "CLOSING" });
    await world.pass(5_000);
    expect(held()).toBe("0");
    const on = { enabled: true, mode: "CANCEL", epoch: 1, reason: "test", actor: "ann" } as const;
    await world.finish(world.router.kill.set(on));
    trade("BUY", "0.01");
    expect(await repair("KEEP")).toMatchObject({ done: "CLOSING" });
    await world.pass(5_000);
    expect(held()).toBe("0");
  });

  test("what older strangers' fills did before these books began is not booked", async () => {
    trade("BUY", "2");
    world.exchange.positions.set(FUT, 0n);
    trade("SELL", "0.005");
    expect(await repair("CLOSE")).toMatchObject({ done: "CLOSING", after: "-0.005" });
    await world.pass(5_000);
    expect(held()).toBe("0");
  });

  test("what no fill explains is taken at the exchange's word only after it has stood, with an alert", async () => {
    await opened();
    world.exchange.positions.set(FUT, dec("0.004"));
    expect(await code(repair("CLOSE"))).toBe("NOT_READY");
    await world.pass(5_000);
    expect(await code(repair("CLOSE"))).toBe("NOT_READY");
    await world.pass(6_000);
    expect(await repair("CLOSE")).toMatchObject({ done: "ADJUSTED", before: "0.01", after: "0.004" });
    expect(world.alerts.some((alert) => alert.startsWith("HOLDING_ADJUSTED"))).toBe(true);
    await world.pass(3_000);
    expect(stops().map((order) => order.qty)).toEqual(["0.004"]);
    const { fills } = await keptOf(world.store, "a:entry");
    expect(fills.map((fill) => show(dec(fill.qty)))).toEqual(["0.01"]);
  });

  test("a position that no fill explains is closed all the same", async () => {
    world.exchange.positions.set(FUT, dec("0.02"));
    expect(await code(repair("CLOSE"))).toBe("NOT_READY");
    await world.pass(11_000);
    expect(await repair("CLOSE")).toMatchObject({ done: "ADJUSTED", before: "0" });
    await world.pass(5_000);
    expect([held(), world.exchange.positions.get(FUT)]).toEqual(["0", dec("0")]);
  });

  test("while the outcome of an order is unknown nobody's word is taken", async () => {
    await opened();
    Object.assign(world.exchange, { forgetfulUntil: world.clock.now() + 60_000 });
    world.exchange.faults.push("lost_request");
    await world.place({ intent_id: "x:EXIT:1", kind: "EXIT", side: "SELL", instrument: FUT, qty: "0.002" });
    world.exchange.positions.set(FUT, dec("0.001"));
    expect(await code(repair("CLOSE"))).toBe("NOT_READY");
  });
});

describe("spot", () => {
  const buy = { instrument: SPOT, qty: "0.01" };

  test("a wallet with less than we hold: what others sold is booked; one with more is the owner's business", async () => {
    await opened(buy);
    world.exchange.positions.set(SPOT, dec("0.5"));
    expect(await repair("CLOSE", SPOT)).toMatchObject({ done: "NONE", before: "0.01" });
    trade("SELL", "0.493", { instrument: SPOT });
    await world.pass(10_000);
    const answer = await repair("CLOSE", SPOT);
    expect(answer.done).toBe("BOOKED");
    expect(Number(answer.after)).toBeLessThanOrEqual(0.007);
    expect(await repair("CLOSE", SPOT)).toMatchObject({ done: "NONE" });
  });

  test("what left the wallet without a sale is taken off at the exchange's word", async () => {
    await opened(buy);
    world.exchange.positions.set(SPOT, dec("0.004"));
    expect(await code(repair("CLOSE", SPOT))).toBe("NOT_READY");
    await world.pass(11_000);
    expect(await repair("CLOSE", SPOT)).toMatchObject({ done: "ADJUSTED", before: "0.01", after: "0.004" });
  });
});
