/** The risk budget: what an entry can lose at worst, and whether that still fits. */
import { type Amount, abs, add, dec, div, mul, sub, sum } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";

export interface Exposure {
  readonly side: Side;
  readonly qty: Amount;
  readonly price: Amount;
  readonly stop: Amount;
  /** Fraction of notional a taker pays. */
  readonly takerFee: number;
}

/** Loss if the stop is hit, USDT: distance to the stop plus both sides' taker fees. */
export function worstCase(e: Exposure): Amount {
  const distance = mul(e.qty, abs(sub(e.price, e.stop)), "up");
  const fee = dec(e.takerFee);
  return add(distance, mul(add(mul(e.qty, e.price, "up"), mul(e.qty, e.stop, "up")), fee, "up"));
}

/** The part of a reservation that belongs to `part` of `whole`, rounded down so that parts never exceed it. */
export const share = (reserved: Amount, part: Amount, whole: Amount): Amount =>
  whole === 0n ? dec("0") : part >= whole ? reserved : div(mul(reserved, part, "down"), whole, "down");

export interface BudgetState {
  readonly budget: Amount;
  readonly used: Amount;
  readonly reserved: Amount;
}

/** Used by open holdings plus reserved by running entries, recomputed from them. */
export const budgetOf = (
  budget: Amount,
  holdings: Iterable<{ reserved_usdt: string }>,
  intents: Iterable<{ reserved_usdt: string }>,
): BudgetState => ({
  budget,
  used: sum([...holdings].map((h) => dec(h.reserved_usdt))),
  reserved: sum([...intents].map((i) => dec(i.reserved_usdt))),
});

export const hasRoom = (state: BudgetState, need: Amount): boolean =>
  add(add(state.used, state.reserved), need) <= state.budget;
