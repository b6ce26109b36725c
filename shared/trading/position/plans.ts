/** What can be done to an open trade, as asks of the router: a stop moved, a part taken, an add, an end. */
import type { Holding } from "../../collections/orders.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, dec } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { type AddDecision, decideAdd } from "./adds.ts";
import type { Ask } from "./ask.ts";
import { decideStage, type StageDecision } from "./stages.ts";
import { decideStop, isBetter, type StopDecision } from "./stops.ts";
import { paramsOf, withParams } from "./trade-params.ts";

/** The market as a trade is looked at. */
export interface At {
  readonly price: Amount;
  readonly listing: Instrument;
}

export function stopOf(trade: Trade, { price, listing }: At): StopDecision | undefined {
  const { rules, taker_fee } = paramsOf(trade);
  return decideStop({ trade, price, rules, takerFee: taker_fee, tick: listing.tick_size });
}

export function stageOf(trade: Trade, { price, listing }: At): StageDecision | undefined {
  const { stages } = paramsOf(trade).rules;
  const { step_size, min_qty, market } = listing;
  // A reduce-only futures order may be worth as little as it likes.
  const min_notional = market === "SPOT" ? listing.min_notional : "0";
  return decideStage({ trade, price, stages, step_size, min_qty, min_notional });
}

/** The add that the trade has earned, or why it has earned none. */
export function addOf(trade: Trade, { price, listing }: At): AddDecision | string {
  const { rules, max_adds, taker_fee, adding, added = [], first_qty } = paramsOf(trade);
  const isUnderWay = adding !== undefined && !added.includes(adding);
  return decideAdd({
    trade: isUnderWay ? { ...trade, adds: trade.adds + 1 } : trade,
    price,
    rules,
    maxAdds: max_adds,
    firstQty: dec(first_qty ?? trade.entry_qty),
    takerFee: taker_fee,
    listing,
  });
}

export const stopAsk = (trade: Trade, { stop_price, reason }: StopDecision, ts: number): Ask => ({
  action: "SL",
  intent: { kind: "SL", stop_price },
  change: (open) => ({ ...open, stop_price, stops: [...open.stops, { ts, stop_price, reason }] }),
  event: { kind: "STOP_MOVE", detail: `${reason}: ${trade.stop_price ?? "none"} → ${stop_price}` },
});

export const stageAsk = ({ qty, stage }: StageDecision): Ask => ({
  action: "TP",
  intent: { kind: "TP", qty },
  change: (open, intent_id) =>
    withParams({ ...open, stage }, { ...paramsOf(open), taken: [...(paramsOf(open).taken ?? []), intent_id] }),
});

/** Liquidation does not wait for slices. */
export const LIQUIDATION_NEAR = "liquidation_distance";
const AT_ONCE = { policy: "MARKET" } as const;
export const reduceAsk = (qty: string): Ask => ({
  action: "REDUCE",
  intent: { kind: "EXIT", qty, exec: AT_ONCE },
  change: (open) => open,
});

/** `after`: until then the trade asks for no other, whatever becomes of this one. */
export const addAsk = (
  { qty, stop_price }: AddDecision,
  { valid_until, after }: { valid_until: number; after: number },
): Ask => ({
  action: "ADD",
  intent: { kind: "ADD", qty, stop_loss: { price: stop_price }, valid_until },
  change: (open, intent_id) => withParams(open, { ...paramsOf(open), adding: intent_id, add_after: after }),
});

/** Without a word of how, the router takes a large position out in slices, its stop standing until it is flat. */
export const closeAsk = (reason: string): Ask => ({
  action: "CLOSE",
  intent: { kind: "EXIT", ...(reason === LIQUIDATION_NEAR ? { exec: AT_ONCE } : {}) },
  closing: reason,
  change: (open) => ({ ...open, status: "PENDING_CLOSING" }),
  ...(reason === "stagnated" ? { event: { kind: "STAGNATED" as const, detail: "its time limit is over" } } : {}),
});

/**
 * What the router's own record of the stop asks for: ours is to be asked for again, or its own, which is better, is taken.
 * Nothing when they agree, or while the router holds nothing.
 */
export function stopElsewhere(held: Holding | undefined, trade: Trade): { ask?: string; take?: string } {
  if (!held || held.qty === "0" || held.trade_id !== trade.trade_id || held.side !== trade.side) return {};
  const { stop_price: ours } = trade;
  const theirs = held.stop_price;
  if (ours === theirs) return {};
  if (theirs !== undefined && isBetter(trade, dec(theirs))) return { take: theirs };
  return ours === undefined ? {} : { ask: ours };
}
