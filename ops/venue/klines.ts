/** Bars of one instrument for every timeframe, built from its trades as they come, each series bounded. */
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";

/** Prices in ticks, sizes in lots; `quote` is Σ ticks × lots. Times are epoch ms, `closeTs` is the last ms inside. */
export interface Bar {
  openTs: number;
  closeTs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  quote: number;
  trades: number;
  /** Of `lots` and `quote`, what buyers took. */
  takerLots: number;
  takerQuote: number;
  /** Trade ids; −1 while there is no trade. */
  firstId: number;
  lastId: number;
}

export interface BarTrade {
  id: number;
  ts: number;
  ticks: number;
  lots: number;
  buyerIsTaker: boolean;
}

/** Binance intervals that are not kept but put together from kept ones when asked for. */
const MADE_OF: Readonly<Record<string, { from: Timeframe; count: number }>> = {
  "3m": { from: "1m", count: 3 },
  "30m": { from: "15m", count: 2 },
  "2h": { from: "1h", count: 2 },
  "6h": { from: "1h", count: 6 },
  "8h": { from: "4h", count: 2 },
  "12h": { from: "4h", count: 3 },
};
/** Bars kept of each timeframe: what Binance answers at most to one request for futures klines. */
export const BARS_MAX = 1500;
/** Except of minutes: three days, so that whoever looks back a day and a half finds them. */
export const MINUTES_MAX = 3 * 24 * 60;

const flat = (openTs: number, ms: number, ticks: number): Bar => ({
  openTs,
  closeTs: openTs + ms - 1,
  open: ticks,
  high: ticks,
  low: ticks,
  close: ticks,
  lots: 0,
  quote: 0,
  trades: 0,
  takerLots: 0,
  takerQuote: 0,
  firstId: -1,
  lastId: -1,
});

/** One timeframe's bars, without holes: a time without trades has flat bars at the last close. */
class Series {
  readonly timeframe: Timeframe;
  readonly ms: number;
  readonly barsMax: number;
  readonly bars: Bar[] = [];
  /** The open bar changed since `takeChanged`. */
  changed = false;

  constructor(timeframe: Timeframe) {
    this.timeframe = timeframe;
    this.ms = TIMEFRAME_MS[timeframe];
    this.barsMax = timeframe === "1m" ? MINUTES_MAX : BARS_MAX;
  }

  add(trade: BarTrade, closed: (series: Series, bar: Bar) => void): void {
    const openTs = Math.floor(trade.ts / this.ms) * this.ms;
    if (this.bars.length === 0) this.bars.push(flat(openTs, this.ms, trade.ticks));
    else this.advance(trade.ts, closed);
    const bar = this.barOf(openTs);
    if (bar === undefined) return;
    if (bar.trades === 0) {
      bar.open = trade.ticks;
      bar.high = trade.ticks;
      bar.low = trade.ticks;
    }
    // A bar that history began has trades, but no ids yet.
    if (bar.firstId < 0) bar.firstId = trade.id;
    bar.high = Math.max(bar.high, trade.ticks);
    bar.low = Math.min(bar.low, trade.ticks);
    bar.close = trade.ticks;
    bar.lastId = trade.id;
    const quote = trade.ticks * trade.lots;
    bar.lots += trade.lots;
    bar.quote += quote;
    bar.trades++;
    if (trade.buyerIsTaker) {
      bar.takerLots += trade.lots;
      bar.takerQuote += quote;
    }
    this.changed = true;
  }

  /** Closes every bar that ends before `ts`; after a pause longer than the series, only what fits in it is made. */
  advance(ts: number, closed: (series: Series, bar: Bar) => void): void {
    let last = this.bars.at(-1);
    if (last === undefined) return;
    const openTs = Math.floor(ts / this.ms) * this.ms;
    while (last.openTs < openTs) {
      closed(this, last);
      const next = Math.max(last.openTs + this.ms, openTs - (this.barsMax - 1) * this.ms);
      if (next > last.openTs + this.ms) this.bars.length = 0;
      last = flat(next, this.ms, last.close);
      this.bars.push(last);
      this.changed = false;
    }
    // Cut in batches: shifting a full array at every bar would copy it each time.
    if (this.bars.length > this.barsMax * 1.25) this.bars.splice(0, this.bars.length - this.barsMax);
  }

  /** A straggler belongs to the bar of its time, even when that is already closed. */
  private barOf(openTs: number): Bar | undefined {
    const last = this.bars.at(-1)!;
    return this.bars[this.bars.length - 1 - Math.round((last.openTs - openTs) / this.ms)];
  }
}

export class Klines {
  private readonly series = new Map<string, Series>();
  private readonly onClosed: (series: Series, bar: Bar) => void;

  /** `closed` hears every bar as it closes, before the next one has its first trade. */
  constructor(closed: (timeframe: Timeframe, bar: Readonly<Bar>) => void = () => {}) {
    this.onClosed = (series, bar) => closed(series.timeframe, bar);
    for (const timeframe of TIMEFRAMES) this.series.set(timeframe, new Series(timeframe));
  }

  get isEmpty(): boolean {
    return [...this.series.values()].every(({ bars }) => bars.length === 0);
  }

  /** Epoch ms; trades are expected in order, a straggler still lands in its own bar. */
  add(trade: BarTrade): void {
    for (const series of this.series.values()) series.add(trade, this.onClosed);
  }

  /** Time passed without a trade. */
  advance(ts: number): void {
    for (const series of this.series.values()) series.advance(ts, this.onClosed);
  }

  /** History from elsewhere, oldest first, as one timeframe's bars; only before the first trade. */
  preload(timeframe: Timeframe, bars: readonly Bar[]): void {
    this.series.get(timeframe)!.bars.push(...bars.slice(-BARS_MAX).map((bar) => ({ ...bar })));
  }

  /** Calls back with each open bar that had trades since the last call. */
  takeChanged(each: (timeframe: Timeframe, bar: Readonly<Bar>) => void): void {
    for (const series of this.series.values()) {
      if (!series.changed) continue;
      series.changed = false;
      each(series.timeframe, series.bars.at(-1)!);
    }
  }

  /** The newest `limit` bars that open within `from`…`to` (epoch ms, both included), oldest first. */
  query(timeframe: string, { from = 0, to = Infinity, limit }: { from?: number; to?: number; limit: number }): Bar[] {
    const bars = this.all(timeframe).filter((bar) => bar.openTs >= from && bar.openTs <= to);
    return limit <= 0 ? [] : bars.slice(-limit);
  }

  private all(timeframe: string): Bar[] {
    const kept = this.series.get(timeframe);
    if (kept !== undefined) return kept.bars;
    const made = MADE_OF[timeframe];
    if (made === undefined) return refuse("INVALID", `There are no bars of ${timeframe.slice(0, 10)}`);
    return joinBars(this.series.get(made.from)!.bars, TIMEFRAME_MS[made.from] * made.count);
  }
}

/** Makes `sum` what it was and the later `bar` together: a bar without trades says no price of its own. */
export function addBar(sum: Bar, bar: Readonly<Bar>): void {
  if (bar.trades === 0 && bar.lots === 0) return;
  const isFirst = sum.trades === 0 && sum.lots === 0;
  if (isFirst) sum.open = bar.open;
  sum.high = isFirst ? bar.high : Math.max(sum.high, bar.high);
  sum.low = isFirst ? bar.low : Math.min(sum.low, bar.low);
  sum.close = bar.close;
  sum.lots += bar.lots;
  sum.quote += bar.quote;
  sum.trades += bar.trades;
  sum.takerLots += bar.takerLots;
  sum.takerQuote += bar.takerQuote;
  if (sum.firstId < 0) sum.firstId = bar.firstId;
  if (bar.lastId >= 0) sum.lastId = bar.lastId;
}

/** Bars put together to longer ones of `ms`; the first may lack what came before the series. */
export function joinBars(bars: readonly Bar[], ms: number): Bar[] {
  const result: Bar[] = [];
  for (const bar of bars) {
    const openTs = Math.floor(bar.openTs / ms) * ms;
    const last = result.at(-1);
    if (last === undefined || last.openTs !== openTs) {
      result.push({ ...bar, openTs, closeTs: openTs + ms - 1 });
      continue;
    }
    addBar(last, bar);
  }
  return result;
}
