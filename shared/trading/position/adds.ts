/** Whether a winning trade is enlarged: how much, and the stop that keeps the whole of it from turning into a loss. */
import type { PositionRules } from "../../domain/bundle.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, abs, add, dec, div, fromSteps, mul, show, sub, toStep, zero } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { breakEvenPrice, isBetter, isPast, onTick, TICKS_MIN } from "./stops.ts";
import { roe } from "./trade.ts";

export interface AddView {
  readonly trade: Trade;
  /** What the trade is worth at, and about what the add will cost. */
  readonly price: Amount;
  readonly rules: Pick<PositionRules, "adds_max" | "add_roe" | "add_share">;
  /** What the decision allowed, where a rule spoke of it; the smaller of the two counts. */
  readonly maxAdds: number | undefined;
  /** What the first entry brought: each add is a share of that. */
  readonly firstQty: Amount;
  readonly takerFee: number;
  readonly listing: Pick<Instrument, "tick_size" | "step_size" | "min_qty" | "min_notional">;
}

export interface AddDecision {
  readonly qty: string;
  /** The stop of the enlarged trade, in force from the add's first fill. */
  readonly stop_price: string;
  readonly reason: string;
}

/**
 * The next add, or why there is none. The n-th wants n times the ROE of the rules, the stop in force must have reached
 * break-even, and the stop it brings along is at the break-even of the whole, which must lie behind the price.
 */
export function decideAdd(view: AddView): AddDecision | string {
  const { trade, price, rules, listing } = view;
  const most = Math.min(rules.adds_max, view.maxAdds ?? rules.adds_max);
  if (most === 0) return "the rules allow this trade no adds";
  if (trade.adds >= most) return `all ${most} adds are made`;
  if (trade.status !== "ACTIVE" || dec(trade.open_qty) === zero) return "the trade is not open, or is closing";
  const now = roe(trade, price);
  const wanted = rules.add_roe * (trade.adds + 1);
  if (now < wanted) return `its ROE is ${now.toFixed(4)}; add ${trade.adds + 1} wants ${wanted}`;
  if (isBetter(trade, breakEvenPrice(trade, view.takerFee))) return "its stop is not at break-even yet";
  const qty = toStep(mul(view.firstQty, dec(rules.add_share)), dec(listing.step_size), "down");
  const isTooSmall = qty === zero || qty < dec(listing.min_qty) || mul(qty, price) < dec(listing.min_notional);
  if (isTooSmall) return `${show(qty)} is less than the exchange takes`;
  const tick = dec(listing.tick_size);
  const enlarged = { side: trade.side, avg_entry: show(averageWith(trade, qty, price)) };
  const even = onTick(trade, breakEvenPrice(enlarged, view.takerFee), tick);
  const stop = isBetter(trade, even) ? even : dec(trade.stop_price as string);
  if (isPast(trade, stop, price) || abs(sub(price, stop)) < fromSteps(TICKS_MIN, tick)) {
    return "the break-even of the enlarged trade would be at the price";
  }
  return { qty: show(qty), stop_price: show(stop), reason: `add ${trade.adds + 1}: ROE ${now.toFixed(4)}` };
}

/** The average entry of what is open once `qty` more is bought or sold at `price`. */
function averageWith(trade: Trade, qty: Amount, price: Amount): Amount {
  const entered = dec(trade.entry_qty);
  const cost = add(mul(dec(trade.avg_entry), entered), mul(qty, price));
  // Away from the winning side, so that the break-even that follows from it is not too near.
  return div(cost, add(entered, qty), trade.side === "BUY" ? "up" : "down");
}
