/** Candles of one instrument as moments of a tape; rows that are no candle are told and left out. */
import type { TapeMoment } from "../backtest/tape.ts";
import { TIMEFRAME_MS, type Timeframe } from "../domain/market.ts";
import type { Scale } from "../engine/scale.ts";
import { shown } from "./damage.ts";
import type { Scales } from "./recorded-line.ts";
import { moment } from "./rows.ts";
import type { ReadRow, RowRules } from "./tape-rows.ts";

export interface BarRules {
  readonly timeframe: Timeframe;
  readonly scales: Scales;
  /** Into the tape's listings. */
  readonly who: number;
  /** A price that lies between two ticks was cut to the one below. */
  onCut(): void;
}

const PRICES = ["open", "high", "low", "close"] as const;
/** Of bars this short many have no trade, which is nothing to tell. */
const QUIET_MS_MAX = 15_000;

/** Cells are the library's columns of `klines`. */
export function barRules({ timeframe, scales, who, onCut }: BarRules): RowRules {
  const ms = TIMEFRAME_MS[timeframe];
  return {
    name: ({ key }) => `the bar of ${moment(key)}`,
    gap: (last, next) => {
      const missing = Math.round((next.key - last.key) / ms) - 1;
      if (missing <= 0) return undefined;
      return `${missing} ${missing === 1 ? "bar is" : "bars are"} missing before ${moment(next.key)}`;
    },
    read(cells, note) {
      const openTs = Number(cells[0]);
      if (!isTime(openTs)) return `ts: ${shown(cells[0])} is no time`;
      if (openTs % ms !== 0) return `No ${timeframe} bar opens at ${moment(openTs)}`;
      const prices: number[] = [];
      for (const [at, name] of PRICES.entries()) {
        const ticks = priceOf(scales.price, cells[at + 1], onCut);
        if (!(ticks > 0)) return `${name}: ${shown(cells[at + 1])} is no price`;
        prices.push(ticks);
      }
      const [open, high, low, close] = prices as [number, number, number, number];
      if (high < Math.max(open, close) || low > Math.min(open, close)) {
        return `No bar: open ${cells[1]}, high ${cells[2]}, low ${cells[3]}, close ${cells[4]}`;
      }
      const lots = amountOf(scales.qty, cells[5]);
      const [quoteVolume, trades] = [numberOf(cells[6]), numberOf(cells[7])];
      const takerLots = amountOf(scales.qty, cells[8]);
      const amounts = { volume: lots, quote_volume: quoteVolume, trades, taker_volume: takerLots };
      const bad = Object.entries(amounts).find(([, value]) => value < 0 || value === Number.POSITIVE_INFINITY);
      if (bad !== undefined) return `${bad[0]}: no amount`;
      if (lots === 0 && high > low) return `Zero volume, though prices moved from ${cells[3]} to ${cells[2]}`;
      if (lots === 0 && ms > QUIET_MS_MAX) note("Zero volume: nobody traded");
      const bar = { timeframe, openTs, open, high, low, close, lots, quoteVolume, trades, takerLots };
      return rowOf({ at: openTs + ms, exchTs: openTs + ms, who, event: { kind: "bar", ...bar } }, openTs);
    },
  };
}

const rowOf = (one: TapeMoment, key: number): ReadRow => ({ key, ts: one.at, moments: [one] });

export const isTime = (ts: number): boolean => Number.isFinite(ts) && ts > 0 && ts < 8.64e15;

/** Ticks; old prices may be finer than the tick of today, and are cut. NaN for what is no price. */
export function priceOf(scale: Scale, text: string | undefined, onCut: () => void): number {
  const ticks = scale.read(text ?? "");
  if (!Number.isNaN(ticks)) return ticks;
  const cut = scale.readDown(text ?? "");
  if (cut > 0) onCut();
  return cut;
}

/** NaN where the source does not say; infinite for what is none. */
function amountOf(scale: Scale, text: string | undefined): number {
  if (text === undefined || text === "") return Number.NaN;
  const lots = scale.readDown(/e/i.test(text) ? Number(text).toFixed(18) : text);
  return Number.isNaN(lots) ? Number.POSITIVE_INFINITY : lots;
}

function numberOf(text: string | undefined): number {
  if (text === undefined || text === "") return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}
