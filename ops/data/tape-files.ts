/** A tape of files as they lie: candles, trades and funding of any form that can be imported, or recorded lines. */
import type { Tape, TapeForm } from "../../shared/backtest/tape.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { TIMEFRAMES, type Timeframe } from "../../shared/domain/market.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import { refuse } from "../../shared/errors.ts";
import { type BarRows, barLanes } from "../../shared/market-data/bar-lanes.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { nextOpen } from "../../shared/market-data/intervals.ts";
import type { KindName } from "../../shared/market-data/kinds.ts";
import type { RowBatch } from "../../shared/market-data/read.ts";
import { Findings } from "../../shared/market-data/tape-findings.ts";
import { tapeOfLanes, tapeOfRecording } from "../../shared/market-data/tape-making.ts";
import { listingIn, type TapeTerms } from "../../shared/market-data/tape-terms.ts";
import { type TradeRows, tradeLanes } from "../../shared/market-data/trade-lanes.ts";
import { openRecording, recordedFile } from "../venue/replay.ts";
import { filesUnder } from "./folder-files.ts";
import { isRecording } from "./import-lines.ts";
import type { Wanted } from "./imported.ts";
import { describeFile, type FileRows, rowsOfFile } from "./table-rows.ts";
import { formOf } from "./text-lines.ts";

export interface FilesAsked {
  /** At least those of the instruments in the files. */
  readonly listings: readonly Listing[];
  /** What the files' names and content do not tell. */
  readonly wanted?: Wanted;
  /** Where there are candles of several lengths. */
  readonly timeframe?: Timeframe;
  /** In this order; without it those in the files. */
  readonly instruments?: readonly InstrumentId[];
  /** Epoch ms, from including the warm-up, to excluding. */
  readonly from?: number;
  readonly to?: number;
  readonly on_problem: "refuse" | "repair";
  onProgress?(share: number): void;
}

/** Of folders, such as those of a library, all files. Throws a Problem INVALID that says what is wrong with which. */
export async function tapeOfFiles(paths: readonly string[], asked: FilesAsked): Promise<Tape> {
  try {
    const files = paths.flatMap(filesUnder);
    const forms = await Promise.all(files.map(isLines));
    if (forms.every(Boolean)) return await recordedTape(files, asked);
    if (forms.some(Boolean)) refuse("INVALID", `${files[forms.indexOf(true)]} has recorded lines, others have rows`);
    return await tableTape(files, asked);
  } catch (error) {
    if (error instanceof Damage) refuse("INVALID", error.message);
    throw error;
  }
}

async function isLines(file: string): Promise<boolean> {
  const form = await formOf(file);
  return form !== "parquet" && form !== "arrow" && (await isRecording(file, form));
}

type Terms = Pick<TapeTerms, "form" | "timeframe">;
const termsOf = (asked: FilesAsked, instruments: readonly InstrumentId[], terms: Terms): TapeTerms => ({
  ...terms,
  source: "files",
  listings: instruments.map((instrument) => listingIn(asked.listings, instrument)),
  from: asked.from ?? Number.NEGATIVE_INFINITY,
  to: asked.to ?? Number.POSITIVE_INFINITY,
  findings: new Findings(asked.on_problem),
  assumed: new Set(),
});

async function recordedTape(files: readonly string[], asked: FilesAsked): Promise<Tape> {
  const known = await openRecording(files, { scalesOf: () => undefined });
  known.close();
  const listed = new Set(asked.listings.map(({ instrument }) => instrument));
  const wanted = asked.instruments ?? known.instruments.filter((instrument) => listed.has(instrument));
  if (wanted.length === 0) refuse("INVALID", `None of ${known.instruments.join(", ")} is listed`);
  const terms = termsOf(asked, wanted, { form: "book", timeframe: "1m" });
  return tapeOfRecording(terms, files.map(recordedFile), asked.onProgress);
}

async function tableTape(paths: readonly string[], asked: FilesAsked): Promise<Tape> {
  const files = await Promise.all(paths.map((path) => describeFile(path, asked.wanted ?? {})));
  const all = new Shelf(files);
  const instruments = asked.instruments ?? all.traded;
  if (instruments.length === 0) refuse("INVALID", `There are neither candles nor trades in ${paths.join(", ")}`);
  const form: TapeForm = all.has("klines") ? "bars" : "trades";
  if (form === "bars" && (all.has("trades") || all.has("aggTrades"))) {
    refuse("INVALID", "There are candles and trades; name files of one kind");
  }
  const timeframe = form === "bars" ? timeframeOf(all, asked.timeframe) : "1m";
  // Marks and funding from before the first price are of no use.
  const from = asked.from ?? all.begins;
  const terms = termsOf({ ...asked, from }, instruments, { form, timeframe });
  const lanes =
    form === "bars"
      ? barLanes(
          terms,
          instruments.map((instrument) => barsOf(all, instrument, timeframe)),
        )
      : tradeLanes(
          terms,
          instruments.map((instrument) => tradesOf(all, instrument)),
        );
  return tapeOfLanes(terms, lanes, asked.onProgress);
}

function timeframeOf(all: Shelf, asked: Timeframe | undefined): Timeframe {
  const found = all.intervals("klines");
  if (asked !== undefined && found.includes(asked)) return asked;
  const [only, ...others] = found;
  const timeframe = TIMEFRAMES.find((one) => one === only);
  if (others.length > 0) refuse("INVALID", `There are candles of ${found.join(", ")}; say which`);
  return timeframe ?? refuse("INVALID", `Candles of ${only} cannot be played; ${TIMEFRAMES.join(", ")} can`);
}

function barsOf(all: Shelf, instrument: InstrumentId, timeframe: Timeframe): BarRows {
  const funding = all.rows({ instrument, kind: "fundingRate" });
  const intervals = all.intervals("markPriceKlines", instrument);
  const interval = intervals.includes(timeframe) ? timeframe : intervals[0];
  const marks = interval === undefined ? undefined : all.rows({ instrument, kind: "markPriceKlines", interval });
  return {
    bars: all.rows({ instrument, kind: "klines", interval: timeframe }) ?? nothing(),
    ...(funding !== undefined && { funding }),
    ...(marks !== undefined && interval !== undefined && { marks: { ms: nextOpen(interval, 0), rows: marks } }),
  };
}

function tradesOf(all: Shelf, instrument: InstrumentId): TradeRows {
  const single = all.rows({ instrument, kind: "trades" });
  const funding = all.rows({ instrument, kind: "fundingRate" });
  const trades = single ?? all.rows({ instrument, kind: "aggTrades" }) ?? nothing();
  return { kind: single === undefined ? "aggTrades" : "trades", trades, ...(funding !== undefined && { funding }) };
}

async function* nothing(): AsyncGenerator<RowBatch> {}

interface Wish {
  readonly instrument: InstrumentId;
  readonly kind: KindName;
  readonly interval?: string;
}

/** What files there are of each series, in order of time. */
class Shelf {
  private readonly files: readonly FileRows[];

  constructor(files: readonly FileRows[]) {
    this.files = files.toSorted((a, b) => a.first_ts - b.first_ts);
  }

  private get prices(): readonly FileRows[] {
    return this.files.filter(({ kind }) => kind === "klines" || kind === "trades" || kind === "aggTrades");
  }

  get traded(): InstrumentId[] {
    return [...new Set(this.prices.map(({ instrument }) => instrument))].sort();
  }

  /** Epoch ms of the first price. */
  get begins(): number {
    return this.prices[0]?.first_ts ?? 0;
  }

  has(kind: KindName): boolean {
    return this.files.some((file) => file.kind === kind);
  }

  intervals(kind: KindName, instrument?: InstrumentId): string[] {
    const found = this.files.filter(
      (file) => file.kind === kind && (instrument ?? file.instrument) === file.instrument,
    );
    return [...new Set(found.flatMap(({ interval }) => interval ?? []))];
  }

  /** Undefined where there are none. */
  rows({ instrument, kind, interval }: Wish): AsyncIterable<RowBatch> | undefined {
    const found = this.files.filter(
      (file) => file.instrument === instrument && file.kind === kind && file.interval === interval,
    );
    return found.length === 0 ? undefined : all(found);
  }
}

async function* all(files: readonly FileRows[]): AsyncGenerator<RowBatch> {
  for (const file of files) yield* rowsOfFile(file);
}
