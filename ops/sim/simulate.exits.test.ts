import { describe, expect, test } from "bun:test";

import { trades } from "../../shared/collections/trades.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec, show, toStep } from "../../shared/domain/money.ts";
import { type Intent, opposite } from "../../shared/domain/order.ts";
import { tradeIntentId } from "../../shared/keys.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { reconcile } from "./reconcile.fixture.ts";
import { copyAll, loseAllAndRestore } from "./restore.fixture.ts";

const DOWN_MS = 20_000;
const SETTLED_MS = 30_000;

const tradeOn = async (desk: Desk, instrument: InstrumentId) => {
  const [open] = await readAll(desk.sim.world.store("s06"), trades, { instrument, status: "ACTIVE" });
  if (!open) throw new Error(`no trade is open on ${instrument}`);
  return open;
};

/** As a trade asks for a part of itself to be closed: its next number names the intent. */
async function partOf(desk: Desk, instrument: InstrumentId, number: number, action = "REDUCE"): Promise<Intent> {
  const { trade_id, side, open_qty } = await tradeOn(desk, instrument);
  const listing = desk.venue.exchange.state.listings.get(instrument);
  const qty = show(toStep((dec(open_qty) / 3n) as ReturnType<typeof dec>, listing?.step ?? dec("1"), "down"));
  const { stop_loss: _stop, take_profit: _target, notional_usdt: _notional, ...intent } = desk.intent(instrument);
  const named = { intent_id: tradeIntentId(trade_id, action, number), trade_id };
  return { ...intent, ...named, kind: "EXIT", side: opposite(side), reduce_only: true, qty } as Intent;
}

/** What was sent by an intent itself, and not to protect what is held. */
const ownOrders = ({ venue }: Desk) => venue.orders().filter(({ type }) => type === "MARKET");

const settled = async (desk: Desk) => {
  const { summary, items } = await reconcile(desk);
  expect({ agreement: summary.agreement, items }).toEqual({ agreement: 1, items: [] });
  expect(await desk.troubles()).toEqual([]);
};

describe("a part closed in the lost time, and the same number given out again", () => {
  for (const instrument of [FUT, SPOT]) {
    test(`no client id leaves twice, and the next number closes: ${instrument}`, async () => {
      const desk = await Desk.open({ seed: `parts ${instrument}`, instruments: [instrument], canCrash: true });
      const { sim } = desk;
      await desk.answered(desk.enter(instrument));
      await sim.advance(5_000);
      const copies = await copyAll(sim);
      const { seq } = await tradeOn(desk, instrument);
      const sold = await partOf(desk, instrument, seq + 1);
      const lost = await desk.answered(desk.place(sold));
      expect(lost).toMatchObject({ status: "FILLED" });
      await sim.advance(5_000);

      await loseAllAndRestore(sim, copies, DOWN_MS);
      await sim.advance(DOWN_MS + SETTLED_MS);
      const open = await tradeOn(desk, instrument);
      expect(open).toMatchObject({ seq, exit_qty: sold.qty });
      const sent = ownOrders(desk);
      expect(await desk.answered(desk.place(await partOf(desk, instrument, seq + 1)))).toBe("EXPIRED_INTENT");
      await sim.advance(SETTLED_MS);
      expect(ownOrders(desk)).toEqual(sent);
      await settled(desk);
      const next = await desk.answered(desk.place(await partOf(desk, instrument, seq + 2)));
      expect(next).toMatchObject({ status: "FILLED" });
      await sim.advance(SETTLED_MS);
      await settled(desk);
    }, 300_000);
  }

  test("a trade whose close is refused for that closes under its next number", async () => {
    const desk = await Desk.open({ seed: "close again", instruments: [FUT], canCrash: true });
    const { sim } = desk;
    await desk.answered(desk.enter(FUT));
    await sim.advance(5_000);
    const copies = await copyAll(sim);
    const { seq } = await tradeOn(desk, FUT);
    await desk.answered(desk.place(await partOf(desk, FUT, seq + 1, "CLOSE")));
    await sim.advance(5_000);
    await loseAllAndRestore(sim, copies, DOWN_MS);
    await sim.advance(DOWN_MS + SETTLED_MS);
    expect(await desk.answered(desk.exit(FUT))).toMatchObject({ orders: [], errors: [{ action: "CLOSE" }] });
    expect(await tradeOn(desk, FUT)).toMatchObject({ seq: seq + 1, status: "ACTIVE" });
    expect(await desk.answered(desk.exit(FUT))).toMatchObject({ errors: [] });
    await sim.advance(SETTLED_MS);
    expect(await desk.leftovers()).toEqual([]);
    await settled(desk);
  }, 300_000);

  for (const instrument of [FUT, SPOT]) {
    test(`a stop moved in the lost time and again after it has a new client id each time: ${instrument}`, async () => {
      const desk = await Desk.open({ seed: `stops ${instrument}`, instruments: [instrument], canCrash: true });
      const { sim, venue } = desk;
      await desk.answered(desk.enter(instrument));
      await sim.advance(5_000);
      const copies = await copyAll(sim);
      const move = async (factor: number) => {
        expect(await desk.answered(desk.moveStop(instrument, factor))).toMatchObject({ errors: [] });
        await sim.advance(5_000);
      };
      for (const factor of [0.992, 0.994]) await move(factor);
      await loseAllAndRestore(sim, copies, DOWN_MS);
      await sim.advance(DOWN_MS + SETTLED_MS);
      const placed = () => [...venue.orders(), ...venue.algos()].map((order) => order.client_id);
      const before = placed().length;
      for (const factor of [0.996, 0.997]) await move(factor);
      expect(placed().length).toBeGreaterThan(before);
      expect(new Set(placed()).size).toBe(placed().length);
      await settled(desk);
    }, 300_000);
  }
});
