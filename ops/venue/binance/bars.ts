/** A market's bars at any of Binance's intervals and time zones, and statistics over a window of them. */
import { TIMEFRAMES, type Timeframe } from "../../../shared/domain/market.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { addBar, BARS_MAX, type Bar } from "../klines.ts";
import type { KlineQuery, MarketModel } from "../market.ts";
import { barAround, lengthOf } from "./intervals.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Oldest first; the last may be open. `offsetMs`: days begin that long before they do in UTC. */
export function barsOf(
  { market, instrument }: { market: MarketModel; instrument: Listing["instrument"] },
  { interval, offsetMs }: { interval: string; offsetMs: number },
  query: KlineQuery,
): Bar[] {
  const step = lengthOf(interval) ?? 31 * DAY;
  if (offsetMs % step === 0 && isKept(interval)) return market.klines(instrument, interval, query);
  const from = partOf(interval, offsetMs);
  const parts = Math.ceil(step / (lengthOf(from) ?? DAY));
  const limit = Math.min(BARS_MAX, (query.limit + 1) * parts);
  const to = query.to === undefined ? {} : { to: barAround(interval, query.to, offsetMs).closeTs };
  const kept = market.klines(instrument, from, { limit, ...to });
  const joined = joinInto(kept, (ts) => barAround(interval, ts, offsetMs));
  return joined
    .filter((bar) => bar.openTs >= (query.from ?? 0) && bar.openTs <= (query.to ?? Infinity))
    .slice(-query.limit);
}

const isKept = (interval: string): boolean => TIMEFRAMES.includes(interval as Timeframe);

/** The longest kept timeframe that fits into the interval without a rest. */
function partOf(interval: string, offsetMs: number): Timeframe {
  const step = lengthOf(interval) ?? DAY;
  const fits = (timeframe: Timeframe): boolean => {
    const ms = lengthOf(timeframe) ?? DAY;
    return step % ms === 0 && offsetMs % ms === 0;
  };
  return TIMEFRAMES.findLast((timeframe) => !["5s", "15s"].includes(timeframe) && fits(timeframe)) ?? "1m";
}

function joinInto(bars: readonly Bar[], around: (ts: number) => { openTs: number; closeTs: number }): Bar[] {
  const result: Bar[] = [];
  for (const bar of bars) {
    const { openTs, closeTs } = around(bar.openTs);
    const last = result.at(-1);
    if (last?.openTs === openTs) addBar(last, bar);
    else result.push({ ...bar, openTs, closeTs });
  }
  return result;
}

export interface WindowBar extends Bar {
  /** The close of the bar before the window. */
  readonly before: number;
}

/**
 * All that traded since `openTs` as one bar, by whole minutes where they are kept so far back, by longer bars before.
 * Nothing while the market has no bar.
 */
export function windowOf(
  { market, instrument }: { market: MarketModel; instrument: Listing["instrument"] },
  openTs: number,
  now: number,
): WindowBar | undefined {
  const ofTrades = (timeframe: Timeframe, to: number): Bar[] =>
    market.klines(instrument, timeframe, { limit: BARS_MAX, to }).filter((bar) => bar.closeTs > openTs);
  let bars = ofTrades("1m", now);
  for (const timeframe of ["5m", "15m", "1h"] as const) {
    const [oldest] = bars;
    if (oldest === undefined || oldest.openTs <= openTs + MINUTE) break;
    bars = [...ofTrades(timeframe, oldest.openTs - 1).filter((bar) => bar.closeTs < oldest.openTs), ...bars];
  }
  const [first, ...rest] = bars;
  if (first === undefined) return undefined;
  const [earlier] = market.klines(instrument, "1m", { limit: 1, to: openTs - MINUTE });
  const sum = { ...first, before: earlier?.close ?? first.open };
  for (const bar of rest) addBar(sum, bar);
  return sum;
}
