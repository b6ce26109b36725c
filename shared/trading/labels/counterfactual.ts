/**
 * What a signal would have earned had it been followed: its stop and target against the minutes that came.
 *
 * Entry at the price it was sized by, as a taker. In each whole minute after it: a bar that opens at or beyond the stop
 * ends it at that open, one that opens at or beyond the target ends it at the target; else the stop is looked at before
 * the target, so that a minute which touched both counts as the loss. The target never pays more than its own price.
 * What neither ends is marked at the horizon. A taker's fee is paid both ways; funding falls due at its own times on
 * the notional at mark (at the last close before it, where no mark is told) while the position is held.
 */
import { type Amount, add, dec, mul, neg, sub, zero } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";
import { forSide, type Result } from "./outcome.ts";
import { closeBefore, MINUTE_MS, type MinuteBar, minutesWithin } from "./price-path.ts";

/** What would have been opened. */
export interface Imagined {
  readonly side: Side;
  readonly qty: Amount;
  readonly entry: Amount;
  readonly margin: Amount;
  readonly stop: Amount;
  readonly target: Amount;
  /** Fraction of notional that a taker pays. */
  readonly takerFee: Amount;
}
export interface FundingTime {
  readonly ts: number;
  /** Longs pay it and shorts receive it where it is above zero; a fraction of notional. */
  readonly rate: string;
  readonly mark?: string | undefined;
}
export interface Course {
  /** From the signal to its horizon, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Oldest first, without holes between the two. */
  readonly bars: readonly MinuteBar[];
  readonly funding: readonly FundingTime[];
}

export interface Ended extends Result {
  readonly price: Amount;
  readonly how: "stop" | "take_profit" | "mark";
  /** The end of the minute in which it ended; at the horizon for what was still open. */
  readonly at: number;
}

/** The course must be whole: see `firstMissing`. */
export function imagine(plan: Imagined, course: Course): Ended {
  const exit = exitOf(plan, course);
  const notional = add(mul(plan.qty, plan.entry), mul(plan.qty, exit.price));
  return {
    ...exit,
    gross: forSide(plan.side, mul(plan.qty, sub(exit.price, plan.entry))),
    fees: mul(notional, plan.takerFee),
    funding: fundingOf(plan, course, exit),
    margin: plan.margin,
  };
}

function exitOf(plan: Imagined, { bars, from, to }: Course): Pick<Ended, "price" | "how" | "at"> {
  const { first, last } = minutesWithin(from, to);
  let close = plan.entry;
  for (const bar of bars) {
    if (bar.open_ts < first || bar.open_ts > last) continue;
    const exit = exitWithin(plan, bar);
    if (exit) return { ...exit, at: bar.open_ts + MINUTE_MS };
    close = dec(bar.close);
  }
  return { price: close, how: "mark", at: to };
}

function exitWithin({ side, stop, target }: Imagined, bar: MinuteBar): Pick<Ended, "price" | "how"> | undefined {
  // Seen from the side: a short's losses are above and its gains below.
  const isAtOrBelow = (price: Amount, level: Amount) => forSide(side, sub(price, level)) <= zero;
  const open = dec(bar.open);
  const worst = dec(side === "BUY" ? bar.low : bar.high);
  const best = dec(side === "BUY" ? bar.high : bar.low);
  if (isAtOrBelow(open, stop)) return { price: open, how: "stop" };
  if (isAtOrBelow(target, open)) return { price: target, how: "take_profit" };
  if (isAtOrBelow(worst, stop)) return { price: stop, how: "stop" };
  return isAtOrBelow(target, best) ? { price: target, how: "take_profit" } : undefined;
}

/** Due while it is held: after the entry and up to the horizon, or before the end of the minute in which it ended. */
export const isHeldAt = (ts: number, from: number, { how, at }: Pick<Ended, "how" | "at">): boolean =>
  ts > from && (how === "mark" ? ts <= at : ts < at);

function fundingOf({ side, qty, entry }: Imagined, course: Course, end: Pick<Ended, "how" | "at">): Amount {
  let gained = zero;
  for (const { ts, rate, mark } of course.funding) {
    if (!isHeldAt(ts, course.from, end)) continue;
    const price = mark === undefined ? (closeBefore(course.bars, ts) ?? entry) : dec(mark);
    gained = add(gained, neg(forSide(side, mul(mul(qty, price), dec(rate)))));
  }
  return gained;
}
