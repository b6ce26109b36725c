/** Where a trade's stop belongs as it wins: to break-even, then up the ladder of locked profit, never back. */
import type { PositionRules } from "../../domain/bundle.ts";
import { type Amount, abs, add, dec, div, fromSteps, mul, show, sub, toStep, zero } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { priceAtRoe, roe } from "./trade.ts";

export interface StopView {
  readonly trade: Trade;
  /** What the trade is worth at: the mark of a future, the bid of a spot holding. */
  readonly price: Amount;
  readonly rules: Pick<PositionRules, "break_even_roe" | "lock_steps_roe">;
  readonly takerFee: number;
  readonly tick: string;
}

export interface StopDecision {
  readonly stop_price: string;
  readonly reason: string;
}

/** A stop nearer to the price than this many ticks would be hit by noise; it is not moved there. */
export const TICKS_MIN = 2;

/** The better stop that the trade has earned; nothing when the one it has is as good. */
export function decideStop(view: StopView): StopDecision | undefined {
  const { trade, price } = view;
  if (dec(trade.open_qty) === zero) return undefined;
  const wanted = earned(view);
  if (!wanted) return undefined;
  const tick = dec(view.tick);
  const stop = onTick(trade, wanted.price, tick);
  if (abs(sub(price, stop)) < fromSteps(TICKS_MIN, tick)) return undefined;
  if (!isBetter(trade, stop) || isPast(trade, stop, price)) return undefined;
  return { stop_price: show(stop), reason: wanted.reason };
}

/** Past each step of the ladder, the step before it is locked; past the first threshold, the fees are. */
function earned({ trade, price, rules, takerFee }: StopView): { price: Amount; reason: string } | undefined {
  const now = roe(trade, price);
  const steps = rules.lock_steps_roe.toSorted((a, b) => a - b);
  const passed = steps.filter((step) => now >= step).length;
  const lock = steps[passed - 2];
  if (lock !== undefined) return { price: priceAtRoe(trade, lock), reason: "lock" };
  if (now >= rules.break_even_roe) return { price: breakEvenPrice(trade, takerFee), reason: "break_even" };
  return undefined;
}

/** On a tick, never on the losing side of the price: what is promised is kept. */
export const onTick = (trade: Pick<Trade, "side">, price: Amount, tick: Amount): Amount =>
  toStep(price, tick, trade.side === "BUY" ? "up" : "down");

/** The exit price that gives back exactly the entry and both taker fees: `E·(1 + f)/(1 − f)` for a long. */
export function breakEvenPrice(trade: Pick<Trade, "side" | "avg_entry">, takerFee: number): Amount {
  const fee = dec(takerFee);
  const entry = dec(trade.avg_entry);
  const up = add(dec("1"), fee);
  const down = sub(dec("1"), fee);
  return trade.side === "BUY" ? div(mul(entry, up), down, "up") : div(mul(entry, down), up, "down");
}

/** A stop only ever moves towards the winning side. */
export function isBetter(trade: Pick<Trade, "side" | "stop_price">, stop: Amount): boolean {
  if (trade.stop_price === undefined) return true;
  const now = dec(trade.stop_price);
  return trade.side === "BUY" ? stop > now : stop < now;
}

/** The price has reached this stop already: placing it would close at once. */
export const isPast = (trade: Pick<Trade, "side">, stop: Amount, price: Amount): boolean =>
  trade.side === "BUY" ? stop >= price : stop <= price;
