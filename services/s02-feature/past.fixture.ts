/** For tests about the past: a store of S2's, and an S1 that answers with made-up bars. */
import { openStore } from "../../shared/adapters/sqlite.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { type Kline, TIMEFRAME_MS, type Timeframe } from "../../shared/domain/market.ts";
import { randomBars } from "../../shared/testing/market-events.ts";
import type { Bar } from "../../shared/trading/factors/bars.ts";
import type { GetHistory } from "./past-bars.ts";

export const storeOfS02 = (path = ":memory:") => openStore({ path, owner: "s02", collections: COLLECTIONS });

export const klineOf = (instrument: string, timeframe: Timeframe, bar: Bar): Kline => ({
  ...{ instrument, timeframe, exch_ts: bar.endTs, ts: bar.endTs, trades: bar.trades, closed: true },
  ...{ open_ts: bar.openTs, close_ts: bar.endTs - 1, open: String(bar.open), high: String(bar.high) },
  ...{ low: String(bar.low), close: String(bar.close), volume: String(bar.volume) },
  quote_volume: String(bar.quoteVolume),
});

/** Bars of longer timeframes from those of minutes. */
export function grouped(minutes: readonly Bar[], ms: number): Bar[] {
  return [...Map.groupBy(minutes, ({ openTs }) => Math.floor(openTs / ms) * ms)].flatMap(([openTs, some]) => {
    if (some.length * 60_000 !== ms) return [];
    const [high, low] = [Math.max(...some.map((bar) => bar.high)), Math.min(...some.map((bar) => bar.low))];
    return [{ ...some.at(-1)!, openTs, endTs: openTs + ms, open: some[0]!.open, high, low }];
  });
}

/** Answers as the exchange does: bars that begin between from_ts and to_ts, so many at most, oldest first. */
export function pastOf(minutes: Readonly<Record<string, readonly Bar[]>>) {
  const asked: Parameters<GetHistory>[0][] = [];
  const getHistory: GetHistory = async (request) => {
    asked.push(request);
    const { instrument, timeframe, from_ts, to_ts, limit } = request;
    const bars = grouped(minutes[instrument] ?? [], TIMEFRAME_MS[timeframe])
      .filter(({ openTs }) => openTs >= Number(from_ts) && openTs <= Number(to_ts))
      .slice(0, Number(limit));
    return { source: "EXCHANGE", bars: bars.map((bar) => klineOf(instrument, timeframe, bar)) };
  };
  return { asked, getHistory };
}

export const minutesOf = (seed: number, count: number): Bar[] => randomBars(seed, count);
