/** A stretch of one-minute bars as labels read it: which ones belong to a horizon, and whether any is missing. */
import { type Amount, dec } from "../../domain/money.ts";

export const MINUTE_MS = 60_000;

/** One closed minute of the exchange's own klines; `open_ts` is its first millisecond. */
export interface MinuteBar {
  readonly open_ts: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
}

/** The first and the last minute of a horizon by their opening times, ms. */
export interface Minutes {
  readonly first: number;
  readonly last: number;
}

/**
 * The minutes that lie wholly within [from, to]: the one in which it began may have had its extremes before, and the
 * one in which it ends may have them after.
 */
export const minutesWithin = (from: number, to: number): Minutes => ({
  first: Math.ceil(from / MINUTE_MS) * MINUTE_MS,
  last: Math.floor(to / MINUTE_MS) * MINUTE_MS - MINUTE_MS,
});

/** The opening time of the first minute that is not there; undefined when none is missing. Bars are oldest first. */
export function firstMissing(bars: readonly MinuteBar[], { first, last }: Minutes): number | undefined {
  let wanted = first;
  for (const { open_ts } of bars) {
    if (open_ts < wanted) continue;
    if (open_ts > wanted || wanted > last) break;
    wanted += MINUTE_MS;
  }
  return wanted > last ? undefined : wanted;
}

/** The price that stood at the end of the last whole minute before `to`. */
export function closeBefore(bars: readonly MinuteBar[], to: number): Amount | undefined {
  const { last } = minutesWithin(to, to);
  const bar = bars.findLast(({ open_ts }) => open_ts === last);
  return bar && dec(bar.close);
}
