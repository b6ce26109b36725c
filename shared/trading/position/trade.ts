/** A trade folded from fills: quantities, averages, fees and result, all exact. */
import { type Amount, add, dec, div, max, min, mul, neg, show, sub, toNumber, zero } from "../../domain/money.ts";
import type { Fill, Side } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { netQty } from "../execution/net-qty.ts";

export interface TradeRules {
  readonly spot: boolean;
  readonly base: string;
  readonly step_size: string;
}

/** Everything about a new trade that its first fill does not say. */
export type TradeOpening = Pick<
  Trade,
  "trade_id" | "account" | "instrument" | "strategy_id" | "side" | "leverage" | "params" | "config_rev"
> &
  Partial<Pick<Trade, "signal_id" | "stop_price" | "take_profit_price">>;

/** A trade before its first fill. */
export const emptyTrade = (opening: TradeOpening, now: number): Trade => ({
  ...opening,
  status: "PENDING_ENTRY",
  entry_qty: "0",
  exit_qty: "0",
  open_qty: "0",
  avg_entry: "0",
  entry_cost_usdt: "0",
  exit_value_usdt: "0",
  realised_usdt: "0",
  fees_usdt: "0",
  funding_usdt: "0",
  pnl_usdt: "0",
  margin_usdt: "0",
  stops: opening.stop_price === undefined ? [] : [{ ts: now, stop_price: opening.stop_price, reason: "entry" }],
  stage: 0,
  adds: 0,
  seq: 0,
  opened_at: now,
  updated_at: now,
});

export const direction = (side: Side): 1 | -1 => (side === "BUY" ? 1 : -1);
const signed = (side: Side, amount: Amount): Amount => (side === "BUY" ? amount : neg(amount));

/**
 * The trade after one fill. A fill of its own side enters, one of the other side exits; `rest` is what an exit fill
 * moved beyond the open quantity and belongs to no part of this trade. On spot the base quantity counts net of fees in
 * the base asset, and what is left below a step ends the trade.
 */
export function applyTradeFill(trade: Trade, fill: Fill, rules: TradeRules): { trade: Trade; rest: Amount } {
  const moved = netQty(fill, rules);
  const enters = fill.side === trade.side;
  const used = enters ? moved : min(moved, dec(trade.open_qty));
  const value = mul(used, dec(fill.price));
  const grown: Trade = {
    ...trade,
    status: "ACTIVE",
    fees_usdt: show(add(dec(trade.fees_usdt), dec(fill.fee_usdt))),
    entry_qty: enters ? show(add(dec(trade.entry_qty), used)) : trade.entry_qty,
    exit_qty: enters ? trade.exit_qty : show(add(dec(trade.exit_qty), used)),
    entry_cost_usdt: show(add(dec(trade.entry_cost_usdt ?? "0"), enters ? value : zero)),
    exit_value_usdt: show(add(dec(trade.exit_value_usdt ?? "0"), enters ? zero : value)),
    updated_at: Math.max(trade.updated_at, fill.ts),
  };
  const open = max(zero, sub(heldByFills(grown), dec(grown.adjusted_qty ?? "0")));
  const over = open === zero || (rules.spot && open < dec(rules.step_size));
  const priced = withResults({ ...grown, open_qty: over ? "0" : show(open) });
  return {
    trade: over && !enters ? { ...priced, status: "CLOSED", closed_at: fill.ts } : priced,
    rest: sub(moved, used),
  };
}

const heldByFills = ({ entry_qty, exit_qty }: Trade): Amount => sub(dec(entry_qty), dec(exit_qty));

/** The trade with `open` left of it though its fills say otherwise; flat is its end. Results stay what fills make. */
export function adjustedTo(trade: Trade, open: Amount, now: number): Trade {
  const adjusted_qty = show(sub(heldByFills(trade), open));
  const adjusted_at = trade.adjusted_at ?? now;
  const next = withResults({ ...trade, open_qty: show(open), adjusted_qty, adjusted_at, updated_at: now });
  return open === zero ? { ...next, status: "CLOSED", closed_at: now } : { ...next, status: "ACTIVE" };
}

/** Averages, margin and results from the sums. */
function withResults(trade: Trade): Trade {
  const entered = dec(trade.entry_qty);
  const exited = dec(trade.exit_qty);
  const cost = dec(trade.entry_cost_usdt ?? "0");
  const value = dec(trade.exit_value_usdt ?? "0");
  // The cost of what has left; exact when all has, which makes the closed result the cash difference.
  const costOfExits = entered === zero ? zero : exited === entered ? cost : div(mul(cost, exited), entered, "nearest");
  const realised = signed(trade.side, sub(value, costOfExits));
  const avg_entry = entered === zero ? "0" : show(div(cost, entered, "nearest"));
  return {
    ...trade,
    avg_entry,
    ...(exited === zero ? {} : { avg_exit: show(div(value, exited, "nearest")) }),
    realised_usdt: show(realised),
    pnl_usdt: show(add(sub(realised, dec(trade.fees_usdt)), dec(trade.funding_usdt))),
    margin_usdt: show(div(cost, dec(trade.leverage), "up")),
  };
}

/** The trade after a funding payment at `ts`; `amount` is what the wallet gained. Also of a trade that has ended since. */
export const withFunding = (trade: Trade, amount: Amount, ts: number): Trade => ({
  ...trade,
  funding_usdt: show(add(dec(trade.funding_usdt), amount)),
  pnl_usdt: show(add(dec(trade.pnl_usdt), amount)),
  updated_at: Math.max(trade.updated_at, ts),
});

/** Ends a trade whose last bit is too small to sell. */
export const closeAsDust = (trade: Trade, now: number): Trade => ({
  ...withResults({ ...trade, open_qty: "0" }),
  status: "CLOSED",
  closed_at: now,
  updated_at: now,
});

/** Result of what is open at `price`, before the fees of getting out. */
export const unrealised = (trade: Trade, price: Amount): Amount =>
  signed(trade.side, mul(sub(price, dec(trade.avg_entry)), dec(trade.open_qty)));

/** Margin per unit of base: what ROE is measured against, the same before and after partial exits. */
const marginPerUnit = (trade: Trade): Amount =>
  dec(trade.entry_qty) === zero ? zero : div(dec(trade.margin_usdt), dec(trade.entry_qty), "nearest");

/** Each look asks it for its stages, its stop and its adds, of the same trade at the same price. */
const looked = new WeakMap<Trade, { price: Amount; roe: number }>();

/** Unrealised result over the margin of what is open, a fraction; 0 without margin. */
export function roe(trade: Trade, price: Amount): number {
  const known = looked.get(trade);
  if (known?.price === price) return known.roe;
  const margin = marginPerUnit(trade);
  const won = signed(trade.side, sub(price, dec(trade.avg_entry)));
  const found = margin === zero ? 0 : toNumber(div(won, margin, "nearest"));
  looked.set(trade, { price, roe: found });
  return found;
}

/** The price at which the trade shows this ROE: `entry + dir·ρ·margin/qty`. */
export const priceAtRoe = (trade: Trade, ratio: number): Amount =>
  add(dec(trade.avg_entry), signed(trade.side, mul(marginPerUnit(trade), dec(ratio))));
