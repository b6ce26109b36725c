/** Reading the library: candles, trades, funding and depth of an instrument and a range, in order, prices as exact text. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Library, type Part, partsBetween, type Series, unpack } from "./library.ts";

/** Epoch ms, from including and to excluding. */
export interface Range {
  from?: number;
  to?: number;
}

export interface Candle {
  /** When it opens, epoch ms. */
  ts: number;
  open: string;
  high: string;
  low: string;
  close: string;
  /** Empty where the source did not have it, as all that follow. */
  volume: string;
  quote_volume: string;
  trades: string;
  taker_volume: string;
  taker_quote_volume: string;
}

export interface Trade {
  /** Epoch ms, with decimals where Binance gave microseconds. */
  ts: number;
  id: number;
  price: string;
  qty: string;
  /** The seller was the taker. */
  buyer_is_maker: boolean;
}
export interface AggTrade extends Trade {
  /** The trades it is made of. */
  first_id: number;
  last_id: number;
}

export interface Funding {
  ts: number;
  /** A share of the position's notional; positive: longs pay shorts. */
  rate: string;
  /** Since the payment before; undefined where the source did not say. */
  interval_hours: number | undefined;
}

/** What the book holds from the mid to so many percent from it; negative percentages are bids. */
export interface DepthBand {
  ts: number;
  percentage: string;
  /** Base asset. */
  depth: string;
  /** Quote asset. */
  notional: string;
}

type CandleKind = "klines" | "markPriceKlines" | "indexPriceKlines" | "premiumIndexKlines";

export async function* readCandles(
  library: Library,
  { instrument, interval, kind = "klines" }: { instrument: InstrumentId; interval: string; kind?: CandleKind },
  range: Range = {},
): AsyncGenerator<Candle> {
  for await (const cells of readCells(library, { instrument, kind, interval }, range)) {
    const [ts, open, high, low, close, volume, quote_volume, trades, taker_volume, taker_quote_volume] = cells as Ten;
    yield { ts: +ts, open, high, low, close, volume, quote_volume, trades, taker_volume, taker_quote_volume };
  }
}
type Ten = [string, string, string, string, string, string, string, string, string, string];

export async function* readTrades(
  library: Library,
  instrument: InstrumentId,
  range: Range = {},
): AsyncGenerator<Trade> {
  for await (const cells of readCells(library, { instrument, kind: "trades" }, range)) {
    const [ts, id, price, qty, , maker] = cells as Ten;
    yield { ts: +ts, id: +id, price, qty, buyer_is_maker: maker === "true" };
  }
}

export async function* readAggTrades(
  library: Library,
  instrument: InstrumentId,
  range: Range = {},
): AsyncGenerator<AggTrade> {
  for await (const cells of readCells(library, { instrument, kind: "aggTrades" }, range)) {
    const [ts, id, price, qty, first, last, maker] = cells as Ten;
    yield { ts: +ts, id: +id, price, qty, first_id: +first, last_id: +last, buyer_is_maker: maker === "true" };
  }
}

export async function* readFunding(
  library: Library,
  instrument: InstrumentId,
  range: Range = {},
): AsyncGenerator<Funding> {
  for await (const cells of readCells(library, { instrument, kind: "fundingRate" }, range)) {
    const [ts, rate, hours] = cells as Ten;
    yield { ts: +ts, rate, interval_hours: hours === "" ? undefined : +hours };
  }
}

export async function* readDepth(
  library: Library,
  instrument: InstrumentId,
  range: Range = {},
): AsyncGenerator<DepthBand> {
  for await (const cells of readCells(library, { instrument, kind: "bookDepth" }, range)) {
    const [ts, percentage, depth, notional] = cells as Ten;
    yield { ts: +ts, percentage, depth, notional };
  }
}

/** The columns of `kinds.ts` as text. Throws an Error when a part is gone or broken; a range without rows has none. */
export async function* readCells(library: Library, series: Series, range: Range = {}): AsyncGenerator<string[]> {
  for await (const { rows } of readBatches(library, series, range)) yield* rows;
}

/** Rows of one stored part that follow each other. */
export interface RowBatch {
  /** Its key. */
  readonly source: string;
  /** Of the first row within the part, from 1, the header counted. */
  readonly line: number;
  readonly rows: string[][];
}

/** As `readCells`, many at a time, and where they lie. */
export async function* readBatches(library: Library, series: Series, range: Range = {}): AsyncGenerator<RowBatch> {
  for (const part of partsBetween(await library.manifest(series), range.from, range.to)) {
    yield* readPart(library, part, range);
  }
}

/** Throws an Error when it is gone or broken. */
export async function* readPart(library: Library, part: Part, range: Range): AsyncGenerator<RowBatch> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
  const body = await library.blobs.get(part.key);
  if (body === undefined) throw new Error(`${part.key} is gone; import it again.`);
  const isWhole = part.first_ts >= from && part.last_ts < to;
  let line = 1;
  for await (const lines of unpack(body)) {
    const all = line === 1 ? lines.slice(1) : lines;
    const first = line === 1 ? 2 : line;
    line += lines.length;
    const rows = all.map((text) => text.split(","));
    // A time that is none stays, for those who tell what is wrong with it.
    const isBefore = ([ts]: string[]): boolean => Number(ts) < from;
    const skip = isWhole ? 0 : countWhile(rows, isBefore);
    const rest = isWhole ? rows : rows.slice(skip).filter(([ts]) => !(Number(ts) >= to) && !(Number(ts) < from));
    if (rest.length > 0) yield { source: part.key, line: first + skip, rows: rest };
  }
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const first = items.findIndex((item) => !holds(item));
  return first < 0 ? items.length : first;
}
