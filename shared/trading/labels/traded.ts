/**
 * What a trade had earned at a horizon: its fills, fees and funding up to then, what was open marked at the last close.
 *
 * `gross = Σ exits − Σ entries + open · mark` for a long, its negative for a short; fees are those of the fills, and a
 * taker's on what is marked; the margin is that of all that had been entered by then.
 */
import { type Amount, add, dec, div, max, min, mul, show, sub, sum, zero } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { netQty } from "../execution/net-qty.ts";
import { applyTradeFill, emptyTrade, type TradeRules } from "../position/trade.ts";
import { forSide, type Result } from "./outcome.ts";

export interface Traded {
  readonly trade: Trade;
  /** All of the trade, in any order; those after the horizon are left out here. */
  readonly fills: readonly Fill[];
  /** Its funding payments, signed: what the wallet gained. */
  readonly payments: readonly { readonly amount_usdt: string; readonly ts: number }[];
  readonly rules: TradeRules;
  readonly to: number;
}

/** The trade as it stood at the horizon, from its fills alone. */
export function tradeAt({ trade, fills, rules, to }: Omit<Traded, "payments">): Trade {
  const ordered = fills.filter(({ ts }) => ts <= to).toSorted(inTime);
  const { account, instrument, strategy_id, side, leverage, config_rev } = trade;
  const opening = {
    trade_id: trade.trade_id,
    account,
    instrument,
    strategy_id,
    side,
    leverage,
    params: {},
    config_rev,
  };
  return ordered.reduce((so, fill) => applyTradeFill(so, fill, rules).trade, emptyTrade(opening, trade.opened_at));
}

const inTime = (a: Fill, b: Fill): number => a.ts - b.ts || (a.fill_id < b.fill_id ? -1 : 1);

/** What the horizon found open: what left it without a fill is not, and on spot neither is what cannot be sold. */
export function openAt(at: Trade, trade: Trade, to: number): Amount {
  if (at.status === "CLOSED" || (trade.closed_at !== undefined && trade.closed_at <= to)) return zero;
  return max(zero, sub(dec(at.open_qty), adjustedBy(trade, to)));
}

/** What had left without a fill by then; what did so later had not, whenever the label is computed. */
export function adjustedBy({ adjusted_qty = "0", adjusted_at }: Trade, to: number): Amount {
  return adjusted_at !== undefined && adjusted_at > to ? zero : dec(adjusted_qty);
}

/** `mark` is needed where something was open; `takerFee` is what getting out would have cost, a fraction. */
export function tradedResult(
  { at, trade, payments, to }: { at: Trade } & Pick<Traded, "trade" | "payments" | "to">,
  price: { mark: Amount; takerFee: Amount } | undefined,
): Result {
  const open = price ? openAt(at, trade, to) : zero;
  const marked = price ? mul(open, price.mark) : zero;
  const entered = dec(at.entry_qty);
  const gone = add(min(dec(at.exit_qty), entered), open);
  const cost = dec(at.entry_cost_usdt ?? "0");
  // Exact when all has gone; what is left of a closed trade without a price (dust) stays at its cost.
  const costOfGone = gone === entered || entered === zero ? cost : div(mul(cost, gone), entered, "nearest");
  const value = add(dec(at.exit_value_usdt ?? "0"), marked);
  return {
    gross: forSide(trade.side, sub(value, costOfGone)),
    fees: add(dec(at.fees_usdt), price ? mul(marked, price.takerFee) : zero),
    funding: sum(payments.filter(({ ts }) => ts <= to).map(({ amount_usdt }) => dec(amount_usdt))),
    margin: dec(at.margin_usdt),
  };
}

/**
 * Whether fills and trade tell the same story; else one of the two is still to come. An exit fill may have moved more
 * than was open, and a trade that is still going on may be ahead of or behind the fills by one.
 */
export function agrees({ trade, fills, rules }: Pick<Traded, "trade" | "fills" | "rules">): boolean {
  const total = (enters: boolean) =>
    sum(fills.filter((fill) => (fill.side === trade.side) === enters).map((fill) => netQty(fill, rules)));
  const exits = total(false);
  return show(total(true)) === show(dec(trade.entry_qty)) && exits >= dec(trade.exit_qty);
}
