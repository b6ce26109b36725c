/** History before a market's start from kline files: Binance's public archives, other candles, a library's folder. */
import { TIMEFRAME_MS, TIMEFRAMES } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { type CandleRow, candleRows } from "../data/candle-file.ts";
import type { Print } from "./frames.ts";
import { barOfRow, openTimeOf } from "./kline-rows.ts";
import { type Bar, joinBars, type Klines } from "./klines.ts";

const DAY_MS = 86_400_000;

/** One file's bars, oldest first, all of one length. */
export interface History {
  readonly ms: number;
  readonly bars: readonly Bar[];
}

/**
 * Reads a file of candles: CSV as in Binance's archives or with a header that names its columns, Feather or Parquet; or
 * all files of a library's folder. Throws a Problem INVALID that names file and line of the first row that cannot be
 * read, goes back in time or lies off the others' grid. Holes are left: bars before and after them join as they are.
 */
export async function readHistory(path: string, print: Print): Promise<History> {
  try {
    return barsOfRows(path, await Array.fromAsync(candleRows(path)), print);
  } catch (error) {
    if (error instanceof Damage) refuse("INVALID", error.message);
    throw error;
  }
}

function barsOfRows(path: string, rows: readonly CandleRow[], print: Print): History {
  const fail = (at: number, why: string): never =>
    refuse("INVALID", `${rows[at]?.file ?? path}:${rows[at]?.line ?? 1}: ${why}`);
  const times = rows.map(({ cells }) => openTimeOf(cells[0]));
  const steps = times.slice(1).map((time, at) => time - (times[at] as number));
  const back = steps.findIndex((step) => !(step > 0));
  if (back >= 0) fail(back + 1, "The row is not later than the one before");
  const ms = steps.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY);
  if (rows.length < 2) fail(0, "There must be two bars at least");
  if (!TIMEFRAMES.some((timeframe) => TIMEFRAME_MS[timeframe] % ms === 0) || DAY_MS % ms !== 0) {
    fail(1, `Bars of ${ms / 1_000} s do not make any of ${TIMEFRAMES.join(", ")}`);
  }
  const bars = rows.map(({ cells }, at) => {
    if ((times[at] as number) % ms !== 0) fail(at, `The bar does not begin on a multiple of ${ms / 1_000} s`);
    const bar = barOfRow(print, cells, ms);
    return typeof bar === "string" ? fail(at, bar) : bar;
  });
  return { ms, bars };
}

/** The last close, ticks. */
export const lastClose = ({ bars }: History): number => (bars.at(-1) as Bar).close;

/**
 * Fills `klines` with every timeframe that the bars make, moved in time so that they end with the last whole bar before
 * `now`: the market goes on from there.
 */
export function placeHistory(klines: Klines, { ms, bars }: History, now: number): void {
  const end = (bars.at(-1) as Bar).openTs + ms;
  const moveMs = Math.floor(now / ms) * ms - end;
  const moved = bars.map((bar) => ({ ...bar, openTs: bar.openTs + moveMs, closeTs: bar.closeTs + moveMs }));
  for (const timeframe of TIMEFRAMES) {
    const length = TIMEFRAME_MS[timeframe];
    if (length % ms !== 0) continue;
    const joined = length === ms ? moved : joinBars(moved, length);
    // The oldest one may lack its beginning.
    klines.preload(timeframe, joined[0] && joined[0].openTs < (moved[0] as Bar).openTs ? joined.slice(1) : joined);
  }
}
