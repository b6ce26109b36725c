/** Binance's kline rows, as REST answers them and as its public files hold them, read into bars. */
import type { Print } from "./frames.ts";
import type { Bar } from "./klines.ts";

/** Later files give times in microseconds. */
const MICROSECONDS_FROM = 1e14;

/** Epoch ms. */
export const openTimeOf = (value: unknown): number => {
  const time = Number(value);
  return time >= MICROSECONDS_FROM ? Math.floor(time / 1_000) : time;
};

/**
 * `[open time, open, high, low, close, volume, close time, quote volume, trades, taker base, taker quote, …]`. Of a row
 * of six (no more than volume) the quote volume follows from its prices, and no trades are counted. Answers the bar, or
 * what is wrong.
 */
export function barOfRow({ price, qty, quoteUnits }: Print, row: readonly unknown[], ms: number): Bar | string {
  const [open, high, low, close] = [1, 2, 3, 4].map((at) => price.readDown(String(row[at]))) as Four;
  const lots = qty.readDown(plain(row[5]));
  const openTs = openTimeOf(row[0]);
  if (!Number.isSafeInteger(openTs) || openTs % 1_000 !== 0) return `No open time: ${shown(row[0])}`;
  if (![open, high, low, close].every((ticks) => ticks > 0)) return `No prices: ${shown(row.slice(1, 5).join(","))}`;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return "Prices beyond the bar's high and low";
  if (!(lots >= 0)) return `No volume: ${shown(row[5])}`;
  const quote = row[7] === undefined ? lots * Math.round((open + close) / 2) : quoteUnits(Number(row[7]));
  const trades = Number(row[8] ?? 0);
  const takerLots = row[9] === undefined ? Math.round(lots / 2) : qty.readDown(plain(row[9]));
  const takerQuote = row[10] === undefined ? Math.round(quote / 2) : quoteUnits(Number(row[10]));
  if (![quote, trades, takerLots, takerQuote].every((count) => Number.isFinite(count) && count >= 0)) {
    return "No quote volume or trades";
  }
  const times = { openTs, closeTs: openTs + ms - 1 };
  return { ...times, open, high, low, close, lots, quote, trades, takerLots, takerQuote, firstId: -1, lastId: -1 };
}

type Four = [number, number, number, number];

/** Some files print volumes as `1.5e-05` or `12.0`. */
const plain = (value: unknown): string => {
  const text = String(value);
  return /e/i.test(text) ? Number(text).toFixed(8) : text;
};
const shown = (value: unknown): string => String(value).slice(0, 40);
