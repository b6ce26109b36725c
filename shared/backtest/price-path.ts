/** The prices of a tape as a few bars for each instrument: what a chart of it is drawn from. */
import type { InstrumentId } from "../domain/instrument.ts";
import { TIMEFRAME_MS } from "../domain/market.ts";
import { toNumber } from "../domain/money.ts";
import type { Tape, TapeEvent } from "./tape.ts";

/** Prices as floats: they are looked at, never traded on. */
export interface PathBar {
  readonly open_ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}
export interface PricePath {
  readonly instrument: InstrumentId;
  readonly bar_ms: number;
  readonly bars: readonly PathBar[];
}

const STEPS_MS = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400].map((s) => s * 1_000);
const DAY_MS = 86_400_000;

/** The shortest usual length of a bar that makes at most `max` of them. */
const barMs = (ms: number, max: number): number =>
  STEPS_MS.find((step) => ms / step <= max) ?? Math.ceil(ms / max / DAY_MS) * DAY_MS;

/**
 * Of its bars, else its trades, else the middle of its touch; at most about `max` bars of equal length for each
 * instrument, from including, to excluding. None for what has no price.
 */
export function pricePaths(tape: Tape, window: { from: number; to: number }, max = 400): PricePath[] {
  const least = tape.head.timeframe === undefined ? 0 : TIMEFRAME_MS[tape.head.timeframe];
  const bar_ms = Math.max(least, barMs(window.to - window.from, max));
  const ticks = tape.head.listings.map(({ tick }) => toNumber(tick));
  const seen = tape.head.listings.map(() => ({ trades: new Bars(bar_ms), touch: new Bars(bar_ms) }));
  const end = tape.indexAt(window.to);
  for (let index = tape.indexAt(window.from); index < end; index++) {
    const { at, who, event } = tape.moment(index);
    const [bars, tick] = [seen[who]!, ticks[who]!];
    // A bar's event is its end, the moment after its last.
    if (event.kind === "bar") bars.trades.bar(event, tick);
    else if (event.kind === "trade") bars.trades.price(at, event.ticks * tick);
    else if (event.kind === "bookTicker") bars.touch.price(at, ((event.bidTicks + event.askTicks) / 2) * tick);
  }
  return tape.instruments.map((instrument, who) => {
    const { trades, touch } = seen[who]!;
    return { instrument, bar_ms, bars: trades.found.length > 0 ? trades.found : touch.found };
  });
}

class Bars {
  readonly found: PathBar[] = [];
  private readonly bar_ms: number;

  constructor(bar_ms: number) {
    this.bar_ms = bar_ms;
  }

  price(ts: number, price: number): void {
    this.merge({ open_ts: ts, open: price, high: price, low: price, close: price });
  }

  bar({ openTs, open, high, low, close }: Extract<TapeEvent, { kind: "bar" }>, tick: number): void {
    this.merge({ open_ts: openTs, open: open * tick, high: high * tick, low: low * tick, close: close * tick });
  }

  private merge(bar: PathBar): void {
    const open_ts = Math.floor(bar.open_ts / this.bar_ms) * this.bar_ms;
    const before = this.found.at(-1);
    if (before?.open_ts !== open_ts) {
      this.found.push({ ...bar, open_ts });
      return;
    }
    const [high, low] = [Math.max(before.high, bar.high), Math.min(before.low, bar.low)];
    this.found[this.found.length - 1] = { ...before, high, low, close: bar.close };
  }
}
