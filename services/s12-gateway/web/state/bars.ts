/** Bars for the chart: from history, kept going by live bars and trades. */
import type { Kline, MarketTrade, Timeframe } from "../../../../shared/domain/market.ts";

/** Times are epoch ms of the open; prices are floats, for drawing only. */
export interface Bar {
  readonly openTs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export const CHART_TIMEFRAMES = ["1s", "5s", "1m", "5m"] as const satisfies readonly Timeframe[];
export type ChartTimeframe = (typeof CHART_TIMEFRAMES)[number];
export const BAR_MS: Record<ChartTimeframe, number> = { "1s": 1_000, "5s": 5_000, "1m": 60_000, "5m": 300_000 };
export const BARS_MAX = 2_000;

export const barOf = (kline: Kline): Bar => ({
  openTs: kline.open_ts,
  open: Number(kline.open),
  high: Number(kline.high),
  low: Number(kline.low),
  close: Number(kline.close),
  volume: Number(kline.volume),
});

/** History as bars: ascending, one per open time, nothing that is not a number. */
export function barsOf(klines: readonly Kline[]): Bar[] {
  const byTime = new Map<number, Bar>();
  for (const kline of klines) {
    const bar = barOf(kline);
    if ([bar.open, bar.high, bar.low, bar.close].every(Number.isFinite)) byTime.set(bar.openTs, bar);
  }
  return [...byTime.values()].sort((a, b) => a.openTs - b.openTs).slice(-BARS_MAX);
}

/** A live bar replaces the one of its time or follows the last; an older one is ignored. */
export function foldBar(bars: readonly Bar[], bar: Bar): readonly Bar[] {
  const last = bars.at(-1);
  if (!last || bar.openTs > last.openTs) return [...bars, bar].slice(-BARS_MAX);
  return bar.openTs === last.openTs ? [...bars.slice(0, -1), bar] : bars;
}

/** A trade moves the bar it falls in, or opens the next one; a trade before the last bar is ignored. */
export function foldTrade(bars: readonly Bar[], trade: MarketTrade, barMs: number): readonly Bar[] {
  const price = Number(trade.price);
  const qty = Number(trade.qty);
  if (!Number.isFinite(price)) return bars;
  const openTs = trade.exch_ts - (trade.exch_ts % barMs);
  const last = bars.at(-1);
  if (last?.openTs === openTs) {
    const high = Math.max(last.high, price);
    const low = Math.min(last.low, price);
    return [...bars.slice(0, -1), { ...last, high, low, close: price, volume: last.volume + qty }];
  }
  return foldBar(bars, { openTs, open: price, high: price, low: price, close: price, volume: qty });
}

/** Shorter bars gathered into longer ones of `barMs`. */
export function gatherBars(bars: readonly Bar[], barMs: number): Bar[] {
  const gathered: Bar[] = [];
  for (const bar of bars) {
    const openTs = bar.openTs - (bar.openTs % barMs);
    const last = gathered.at(-1);
    if (last?.openTs !== openTs) {
      gathered.push({ ...bar, openTs });
      continue;
    }
    const high = Math.max(last.high, bar.high);
    const low = Math.min(last.low, bar.low);
    gathered[gathered.length - 1] = { ...last, high, low, close: bar.close, volume: last.volume + bar.volume };
  }
  return gathered;
}

/** Fetched history under what came live since: the fetched bars win but for those newer than its last. */
export function mergeBars(live: readonly Bar[], fetched: readonly Bar[]): readonly Bar[] {
  const end = fetched.at(-1)?.openTs ?? 0;
  return [...fetched, ...live.filter((bar) => bar.openTs > end)].slice(-BARS_MAX);
}

/** The bar that `ts` falls in (the last one that opened at or before it), if it is on the chart. */
export function barAt(bars: readonly Bar[], ts: number, barMs: number): Bar | undefined {
  let from = 0;
  let to = bars.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (bars[middle]!.openTs <= ts) from = middle + 1;
    else to = middle;
  }
  const bar = bars[from - 1];
  return bar && (from < bars.length || ts < bar.openTs + 2 * barMs) ? bar : undefined;
}
