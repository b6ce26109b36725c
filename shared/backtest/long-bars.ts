/** Longer bars from the shorter ones of a tape, as live builders make them from trades: whole ones only. */
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from "../domain/market.ts";
import type { Bar } from "../trading/factors/bars.ts";
import type { ClosedBar } from "../trading/factors/series.ts";

/** A bar whose volume adds up exactly: lots are whole. */
export interface BaseBar extends Bar {
  readonly lots: number;
}

class Growing {
  readonly timeframe: Timeframe;
  readonly ms: number;
  private readonly parts: number;
  private count = 0;
  private openTs = Number.NaN;
  private open = 0;
  private high = 0;
  private low = 0;
  private close = 0;
  private lots = 0;
  private quoteVolume = 0;
  private trades = 0;
  private isQuiet = true;

  constructor(timeframe: Timeframe, baseMs: number) {
    this.timeframe = timeframe;
    this.ms = TIMEFRAME_MS[timeframe];
    this.parts = this.ms / baseMs;
  }

  /** Answers the whole bar that this one ends. */
  add(bar: BaseBar, qtyOf: (lots: number) => number): Bar | undefined {
    const openTs = Math.floor(bar.openTs / this.ms) * this.ms;
    if (openTs !== this.openTs) this.begin(openTs, bar);
    // A time without trades says no price of its own.
    const isQuiet = bar.lots === 0;
    if (this.isQuiet && !isQuiet) {
      [this.open, this.high, this.low] = [bar.open, bar.high, bar.low];
      this.isQuiet = false;
    } else if (!isQuiet) {
      this.high = Math.max(this.high, bar.high);
      this.low = Math.min(this.low, bar.low);
    }
    this.close = bar.close;
    this.lots += bar.lots;
    this.quoteVolume += bar.quoteVolume;
    this.trades += bar.trades;
    this.count++;
    if (this.count < this.parts || bar.endTs !== this.openTs + this.ms) return undefined;
    return this.whole(qtyOf);
  }

  private begin(openTs: number, { open, high, low }: BaseBar): void {
    this.openTs = openTs;
    [this.open, this.high, this.low] = [open, high, low];
    this.count = 0;
    this.lots = 0;
    this.quoteVolume = 0;
    this.trades = 0;
    this.isQuiet = true;
  }

  private whole(qtyOf: (lots: number) => number): Bar {
    const { openTs, open, high, low, close, quoteVolume, trades } = this;
    const endTs = openTs + this.ms;
    return { openTs, endTs, open, high, low, close, volume: qtyOf(this.lots), quoteVolume, trades };
  }
}

export class LongBars {
  private readonly growing: readonly Growing[];
  private readonly qtyOf: (lots: number) => number;

  constructor(base: Timeframe, qtyOf: (lots: number) => number) {
    const baseMs = TIMEFRAME_MS[base];
    const longer = TIMEFRAMES.filter((one) => TIMEFRAME_MS[one] > baseMs && TIMEFRAME_MS[one] % baseMs === 0);
    this.growing = longer.map((timeframe) => new Growing(timeframe, baseMs));
    this.qtyOf = qtyOf;
  }

  /** Takes a closed bar; those that end with it go to `closed`, shortest first. One that lacks a part is none. */
  add(bar: BaseBar, closed: ClosedBar[]): void {
    for (const growing of this.growing) {
      const whole = growing.add(bar, this.qtyOf);
      if (whole !== undefined) closed.push({ timeframe: growing.timeframe, bar: whole });
    }
  }
}
