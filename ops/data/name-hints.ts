/** What a file's name tells of its content: Binance's archive paths, other collectors' names, our own recordings. */
import { basename } from "node:path";
import type { Market } from "../../shared/domain/instrument.ts";
import { isInterval } from "../../shared/market-data/intervals.ts";
import { KIND_NAMES, type KindName } from "../../shared/market-data/kinds.ts";

export interface Hints {
  market?: Market;
  /** Upper case. */
  symbol?: string;
  kind?: KindName;
  interval?: string;
}

const MARKET_WORDS: Readonly<Record<string, Market>> = {
  spot: "SPOT",
  um: "FUT",
  usdm: "FUT",
  fut: "FUT",
  futures: "FUT",
  perp: "FUT",
};
const KIND_WORDS: Readonly<Record<string, KindName>> = {
  ...Object.fromEntries(KIND_NAMES.map((name) => [name.toLowerCase(), name])),
  funding: "fundingRate",
  mark: "markPriceKlines",
};
const QUOTES = ["USDT", "USDC", "FDUSD", "BUSD", "TUSD", "BTC", "ETH", "BNB", "EUR", "TRY"];
/** A base of at least one character and a quote. */
const SYMBOL = new RegExp(`^[A-Z0-9]{1,16}(?:${QUOTES.join("|")})$`);
const PARTS_OF_PATH = 7;

/** Nothing is certain: what the caller says goes first. */
export function hintsOf(path: string): Hints {
  const folders = path.split(/[/\\]/).slice(0, -1).slice(-PARTS_OF_PATH);
  const words = basename(path).split(/[-_.\s]+/);
  const hints: Hints = {};
  const symbol =
    symbolIn(words) ?? folders.map((folder) => symbolIn(folder.split(/[-_]/))).find((one) => one !== undefined);
  if (symbol !== undefined) hints.symbol = symbol;
  const all = [...words, ...folders.reverse().flatMap((folder) => [folder, ...folder.split(/[-_]/)])];
  for (const word of all) {
    const plain = word.toLowerCase();
    hints.market ??= MARKET_WORDS[plain] as Market;
    hints.kind ??= KIND_WORDS[plain] as KindName;
    if (isInterval(word)) hints.interval ??= word;
  }
  return hints;
}

/** `BTCUSDT`, or `BTC` and `USDT` as two words. */
function symbolIn(words: readonly string[]): string | undefined {
  const [base, quote] = words;
  if (base !== undefined && quote !== undefined && QUOTES.includes(quote) && !SYMBOL.test(base)) {
    const joined = `${base}${quote}`.toUpperCase();
    if (SYMBOL.test(joined)) return joined;
  }
  return words.map((word) => word.toUpperCase()).find((word) => word.length >= 5 && SYMBOL.test(word));
}
