import { afterEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { holdings } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { OpsEvent } from "../../shared/streams.ts";
import { FUT, World } from "./world.fixture.ts";

let world: World;
afterEach(() => world.close());

const begin = async () => {
  world = await new World().start();
  return world;
};
const repair = () => world.positions.repairs.run(FUT, { run_id: "r1", actor: "s05" });
const kept = async () => (await world.store.get(trades, "sig"))?.value as Trade;
/** What the router told and booked: the trade heard of it, if `heard`. */
async function told(intent: object, fill: object, heard = true): Promise<void> {
  const result = await world.booked(world.result({ stop_loss: { price: "97" }, ...intent }, [fill]));
  if (heard) await world.hear(result);
}
/** Somebody has changed the trade behind our back. */
async function spoiled(over: Partial<Trade>): Promise<void> {
  await world.store.commit([put(trades, { ...(await kept()), ...over })]);
  world.boot();
  await world.start();
}
const HOLDING = {
  ...{ key: `main/${FUT}`, account: "main", instrument: FUT, avg_entry: "100", side: "BUY" as const, trade_id: "sig" },
  ...{ reserved_usdt: "0", working_type: "MARK_PRICE" as const, guard: false, dust: "0", next_leg: 0, updated_at: 0 },
};
const holds = (qty: string) => world.routers.commit([put(holdings, { ...HOLDING, qty })]);
const exit = { kind: "SL", side: "SELL", intent_id: "sig:entry" } as const;

describe("a repair", () => {
  test("finds nothing to do where trades are what their fills say", async () => {
    await begin();
    await told({}, { price: "100", qty: "1", fee_usdt: "0.05" });
    await told({ intent_id: "sig:TP:1", kind: "TP", side: "SELL" }, { side: "SELL", price: "101", qty: "0.3" });
    const before = await kept();
    expect(await repair()).toEqual({ done: "NONE", before: "0.7 @ 100", after: "0.7 @ 100", detail: "" });
    expect(await kept()).toEqual(before);
  });

  test("rebuilds what differs, keeps what fills do not tell, and says so once", async () => {
    await begin();
    await told({}, { price: "100", qty: "1", fee_usdt: "0.05" });
    await world.price("100.27");
    await spoiled({ entry_qty: "3", open_qty: "3", avg_entry: "90", funding_usdt: "-0.5" });
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "3 @ 90", after: "1 @ 100" });
    expect(await kept()).toMatchObject({
      ...{ entry_qty: "1", open_qty: "1", avg_entry: "100", fees_usdt: "0.05", pnl_usdt: "-0.55" },
      ...{ stop_price: "100.11", seq: 1, status: "ACTIVE", adds: 0 },
    });
    expect((await kept()).stops).toHaveLength(2);
    expect(await repair()).toMatchObject({ done: "NONE" });
    const audits = (await world.store.outbox.read(100)).filter(({ family }) => family === "ops:events");
    expect(audits.map(({ event }) => event as OpsEvent)).toMatchObject([
      { actor: "s05", what: "position.repair", ref: "sig", before: { avg_entry: "90" }, after: { avg_entry: "100" } },
    ]);
  });

  test("takes fills that never came here, and closes what is flat", async () => {
    await begin();
    await told({}, { price: "100", qty: "1" });
    await told(exit, { ...exit, price: "97", qty: "1" }, false);
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "1 @ 100", after: "0" });
    expect(await kept()).toMatchObject({ status: "CLOSED", exit_reason: "stop", pnl_usdt: "-3" });
    expect(await repair()).toMatchObject({ done: "NONE" });
  });

  test("opens again what was closed here and is held there", async () => {
    await begin();
    await told({}, { price: "100", qty: "1" });
    await spoiled({ status: "CLOSED", open_qty: "0", exit_qty: "1", closed_at: 1, exit_reason: "close" });
    expect(world.positions.book.all()).toEqual([]);
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "0", after: "1 @ 100" });
    expect(world.positions.book.open(FUT)).toMatchObject({ status: "ACTIVE", open_qty: "1" });
    expect(world.positions.book.open(FUT)?.exit_reason).toBeUndefined();
  });

  test("an add counts as one in however many fills", async () => {
    await begin();
    await told({}, { price: "100", qty: "1" });
    const add = { intent_id: "sig:ADD:1", kind: "ADD", stop_loss: { price: "100.5" } } as const;
    await told(add, { price: "101", qty: "0.2" });
    await told(add, { price: "101", qty: "0.3" });
    expect(await kept()).toMatchObject({ adds: 1, entry_qty: "1.5", stop_price: "100.5", params: { first_qty: "1" } });
    await spoiled({ adds: 2, entry_qty: "1.7", open_qty: "1.7" });
    await repair();
    expect(await kept()).toMatchObject({ adds: 1, entry_qty: "1.5", params: { first_qty: "1", added: ["sig:ADD:1"] } });
  });

  test("a trade without fills is abandoned, unless the router holds it", async () => {
    await begin();
    await world.open();
    await holds("1");
    expect(await repair()).toMatchObject({ done: "NONE" });
    expect(world.alerts.some((alert) => alert.startsWith("FILLS_MISSING"))).toBe(true);
    await holds("0");
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "1 @ 100", after: "0" });
    expect(await kept()).toMatchObject({ status: "ABANDONED", open_qty: "0", pnl_usdt: "0" });
    expect(world.positions.book.all()).toEqual([]);
    expect((await world.events()).at(-1)).toMatchObject({ kind: "EXIT", trade: { status: "ABANDONED" } });
    expect(await repair()).toMatchObject({ done: "NONE" });
  });
});

describe("what no fill explains", () => {
  test("is gone by the router's word: a part that is gone, then all of it", async () => {
    await begin();
    await told({}, { price: "100", qty: "1" });
    await holds("0.4");
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "1 @ 100", after: "0.4 @ 100" });
    const since = world.clock.now();
    expect(await kept()).toMatchObject({ entry_qty: "1", exit_qty: "0", open_qty: "0.4", status: "ACTIVE" });
    expect(await kept()).toMatchObject({ adjusted_qty: "0.6", adjusted_at: since });
    expect(await repair()).toMatchObject({ done: "NONE" });
    await told({ intent_id: "sig:TP:1", kind: "TP", side: "SELL" }, { side: "SELL", price: "101", qty: "0.3" });
    expect(await kept()).toMatchObject({ exit_qty: "0.3", open_qty: "0.1", realised_usdt: "0.3" });
    await holds("0.1");
    expect(await repair()).toMatchObject({ done: "NONE" });
    await holds("0");
    expect(await repair()).toMatchObject({ done: "REBUILT", before: "0.1 @ 100", after: "0" });
    expect(await kept()).toMatchObject({ status: "CLOSED", exit_reason: "forced", open_qty: "0", pnl_usdt: "0.3" });
    expect(world.positions.book.all()).toEqual([]);
    expect(await repair()).toMatchObject({ done: "NONE" });
  });

  test("a trade that was cut without a fill ends with the last of what was left", async () => {
    await begin();
    await told({}, { price: "100", qty: "1" });
    await holds("0.4");
    await repair();
    await told(exit, { ...exit, price: "97", qty: "0.4" });
    expect(await kept()).toMatchObject({ status: "CLOSED", exit_reason: "stop", pnl_usdt: "-1.2" });
    await holds("0");
    expect(await repair()).toMatchObject({ done: "NONE" });
  });
});
