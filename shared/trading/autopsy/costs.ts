/** What a closed trade has cost, in exact decimals: fees, funding, slippage, and their share of what it made. */
import { type Amount, abs, add, dec, div, mul, neg, show, sub, sum, zero } from "../../domain/money.ts";
import type { Fill, Order } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { forSide } from "../labels/outcome.ts";

/** The ε of the share: a trade that made nothing has costs all the same. USDT. */
export const COST_EPSILON_USDT = "0.01";
const EPSILON = dec(COST_EPSILON_USDT);

/** Money is USDT; what is above zero was paid or lost. */
export interface Costs {
  readonly gross: Amount;
  readonly fees: Amount;
  readonly funding: Amount;
  readonly slippage: Amount;
  /** fees + funding + |slippage|. */
  readonly total: Amount;
  /** total / (|gross| + ε); a fraction. */
  readonly share: Amount;
}

/**
 * The price a fill is held against: for an order that waited for a price, that price; else the mid when it was sent.
 * Undefined where neither is known.
 */
export function referenceOf(
  { kind, mid_at_send }: Fill,
  order: Pick<Order, "stop_price" | "price"> | undefined,
): Amount | undefined {
  if (order?.stop_price !== undefined) return dec(order.stop_price);
  // A target that rests in the book waits for its own price.
  if (kind === "TP" && order?.price !== undefined) return dec(order.price);
  return mid_at_send > 0 ? dec(mid_at_send) : undefined;
}

/** `dir · (price − reference) · qty`: above zero it was worse than the reference. */
export const slippageOf = ({ side, price, qty }: Fill, reference: Amount | undefined): Amount =>
  reference === undefined ? zero : forSide(side, mul(sub(dec(price), reference), dec(qty)));

/** `(fees + funding + |slippage|) / (|gross PnL| + ε)`, where funding counts as a cost as far as it was paid. */
export function costsOf(
  trade: Pick<Trade, "realised_usdt" | "fees_usdt" | "funding_usdt">,
  slippages: readonly Amount[],
): Costs {
  const gross = dec(trade.realised_usdt);
  const fees = dec(trade.fees_usdt);
  const funding = neg(dec(trade.funding_usdt));
  const slippage = sum(slippages);
  const total = add(add(fees, funding), abs(slippage));
  return { gross, fees, funding, slippage, total, share: div(total, add(abs(gross), EPSILON), "nearest") };
}

/** As decimal strings. */
export const showCosts = (costs: Costs): { [K in keyof Costs]: string } => ({
  gross: show(costs.gross),
  fees: show(costs.fees),
  funding: show(costs.funding),
  slippage: show(costs.slippage),
  total: show(costs.total),
  share: show(costs.share),
});
