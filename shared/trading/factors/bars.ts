/** Bars of one instrument and timeframe, built from its trades on exchange time. */
import { type Kline, TIMEFRAME_MS, type Timeframe } from "../../domain/market.ts";
import { type Portion, TradedSum } from "./exact-sum.ts";
import type { Memory } from "./memory.ts";

/** Times are epoch ms of exchange time; the bar holds `openTs ≤ t < endTs`. Volumes are base and quote quantities. */
export interface Bar {
  readonly openTs: number;
  readonly endTs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quoteVolume: number;
  readonly trades: number;
}

/** A longer silence is a hole in the series rather than a run of empty bars. */
export const EMPTY_BARS_MAX = 1_000;

/** A whole bar to be written down. */
export function keepBar(memory: Memory, bar: Bar): Bar {
  return {
    openTs: memory.number(bar.openTs),
    endTs: memory.number(bar.endTs),
    open: memory.number(bar.open),
    high: memory.number(bar.high),
    low: memory.number(bar.low),
    close: memory.number(bar.close),
    volume: memory.number(bar.volume),
    quoteVolume: memory.number(bar.quoteVolume),
    trades: memory.number(bar.trades),
  };
}
export const NO_BAR: Bar = {
  ...{ openTs: 0, endTs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0, quoteVolume: 0, trades: 0 },
};

/** A closed bar of history in numbers. */
export const barOfKline = (kline: Kline): Bar => ({
  openTs: kline.open_ts,
  endTs: kline.open_ts + TIMEFRAME_MS[kline.timeframe],
  open: Number(kline.open),
  high: Number(kline.high),
  low: Number(kline.low),
  close: Number(kline.close),
  volume: Number(kline.volume),
  quoteVolume: Number(kline.quote_volume),
  trades: kline.trades,
});

/** `whole` is false for a bar that was not watched from its first millisecond. */
type Closed = (bar: Bar, whole: boolean) => void;

/**
 * Builds one timeframe. A bar closes when the instrument's watermark, the exchange time of its newest trade,
 * ticker or book, reaches the bar's end; it is never opened again. A time without trades has bars flat at the last
 * close.
 */
export class BarBuilder {
  readonly timeframe: Timeframe;
  readonly ms: number;
  /** The watermark that closes the open bar; infinite before the first trade. */
  endTs = Number.POSITIVE_INFINITY;
  #sinceTs: number;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #traded = new TradedSum();
  #trades = 0;

  /** `sinceTs`: from when on every event of the instrument is seen. */
  constructor(timeframe: Timeframe, sinceTs: number) {
    this.timeframe = timeframe;
    this.ms = TIMEFRAME_MS[timeframe];
    this.#sinceTs = sinceTs;
  }

  /** Where the open bar begins; infinite before the first trade. */
  get openTs(): number {
    return this.endTs - this.ms;
  }

  /** Forgets the open bar: what comes next is joined halfway. */
  stop(): void {
    this.endTs = Number.POSITIVE_INFINITY;
  }

  watchFrom(sinceTs: number): void {
    this.#sinceTs = sinceTs;
  }

  /** `now` is the watermark after this trade, so that a trade told late counts in the bar that is still open. */
  add(now: number, price: number, portion: Portion): void {
    if (this.endTs === Number.POSITIVE_INFINITY) this.#begin(Math.floor(now / this.ms) * this.ms, price);
    else if (this.#trades === 0) {
      this.#open = price;
      this.#high = price;
      this.#low = price;
    }
    if (price > this.#high) this.#high = price;
    if (price < this.#low) this.#low = price;
    this.#close = price;
    this.#traded.add(portion);
    this.#trades++;
  }

  /** Closes every bar that ends at or before the watermark, oldest first. */
  advance(now: number, closed: Closed): void {
    while (now >= this.endTs) {
      closed(this.#bar(), this.openTs >= this.#sinceTs);
      if (now - this.endTs > EMPTY_BARS_MAX * this.ms) {
        this.#sinceTs = now;
        this.#begin(Math.floor(now / this.ms) * this.ms, this.#close);
      } else this.#begin(this.endTs, this.#close);
    }
  }

  keep(memory: Memory): void {
    this.endTs = memory.number(this.endTs);
    this.#sinceTs = memory.number(this.#sinceTs);
    this.#open = memory.number(this.#open);
    this.#high = memory.number(this.#high);
    this.#low = memory.number(this.#low);
    this.#close = memory.number(this.#close);
    this.#traded.keep(memory);
    this.#trades = memory.number(this.#trades);
  }

  #bar(): Bar {
    return {
      openTs: this.openTs,
      endTs: this.endTs,
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      volume: this.#traded.volume,
      quoteVolume: this.#traded.quoteVolume,
      trades: this.#trades,
    };
  }

  #begin(openTs: number, price: number): void {
    this.endTs = openTs + this.ms;
    this.#open = price;
    this.#high = price;
    this.#low = price;
    this.#close = price;
    this.#traded.clear();
    this.#trades = 0;
  }
}
