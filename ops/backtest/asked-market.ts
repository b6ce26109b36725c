/** The recorded market that a command is asked to use: files, folders, or the library of a data folder. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import type { Tape, TapeForm } from "../../shared/backtest/tape.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { TIMEFRAME_MS, type Timeframe } from "../../shared/domain/market.ts";
import { defaultListings, type Listing, listingOf } from "../../shared/engine/listing.ts";
import { warmUpMs } from "../../shared/experiment/warm-up.ts";
import { Library, type Series } from "../../shared/market-data/library.ts";
import { loadTape } from "../../shared/market-data/load-tape.ts";
import { when } from "../cli/data-library.ts";
import { DEFAULT_DATA } from "../cli/options.ts";
import { filesUnder } from "../data/folder-files.ts";
import { isRecording } from "../data/import-lines.ts";
import type { Wanted as FileWords } from "../data/imported.ts";
import { tapeOfFiles } from "../data/tape-files.ts";
import { formOf } from "../data/text-lines.ts";
import type { StoredParts } from "./stored-parts.ts";

/** What `--data` named, sorted by what it is. */
export interface DataWords {
  /** A data folder. */
  readonly folder: string;
  readonly instruments: readonly InstrumentId[];
  readonly files: readonly string[];
}

/** Throws for what is neither an instrument nor there. */
export function dataWords(words: readonly string[]): DataWords {
  const instruments = words.filter((word) => InstrumentId.safeParse(word).success);
  const paths = words.filter((word) => !instruments.includes(word));
  for (const path of paths) {
    if (!existsSync(path)) throw new Error(`--data ${path}: there is no such file or folder, and it is no instrument.`);
  }
  const folders = paths.filter((path) => statSync(path).isDirectory() && existsSync(join(path, "blobs")));
  if (folders.length > 1) throw new Error(`--data: name one data folder, not ${folders.join(" and ")}.`);
  const files = paths.filter((path) => !folders.includes(path));
  if (folders.length > 0 && files.length > 0) throw new Error("--data: files, or the library of a folder; not both.");
  return { folder: folders[0] ?? DEFAULT_DATA, instruments, files };
}

export interface MarketAsked {
  readonly bundle: Bundle;
  readonly words: DataWords;
  readonly form: TapeForm | undefined;
  readonly timeframe: Timeframe;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly on_problem: "refuse" | "repair";
  /** What the files do not tell. */
  readonly wanted?: FileWords;
  onProgress?(share: number): void;
}
export interface AskedMarket {
  readonly tape: Tape;
  /** Trading is within. */
  readonly window: { readonly from: number; readonly to: number };
}

/** As the exchange lists them, where the installation has heard of it; else as the paper exchange does. */
export async function listingsFor(stored: StoredParts): Promise<Listing[]> {
  const known = (await stored.instruments()).map((instrument) => listingOf(instrument));
  const heard = new Set(known.map(({ instrument }) => instrument));
  return [...known, ...defaultListings().filter(({ instrument }) => !heard.has(instrument))];
}

/** Those that are asked for, else those that an enabled strategy trades and the bundle has enabled. */
export function tradedBy(bundle: Bundle, asked: readonly InstrumentId[]): InstrumentId[] {
  const known = new Set(bundle.instruments.filter(({ enabled }) => enabled).map(({ instrument }) => instrument));
  const stranger = asked.find((instrument) => !known.has(instrument));
  if (stranger !== undefined)
    throw new Error(`The bundle does not trade ${stranger}; it has ${[...known].join(", ")}.`);
  if (asked.length > 0) return [...new Set(asked)];
  const strategies = bundle.strategies.filter(({ enabled }) => enabled);
  return [...new Set(strategies.flatMap(({ instruments }) => instruments))].filter((each) => known.has(each));
}

/** Throws where there is no such market, and says what to do about it. */
export async function askedMarket(asked: MarketAsked, stored: StoredParts): Promise<AskedMarket> {
  const listings = await listingsFor(stored);
  return asked.words.files.length > 0 ? filesMarket(asked, listings) : libraryMarket(asked, listings);
}

async function filesMarket(asked: MarketAsked, listings: readonly Listing[]): Promise<AskedMarket> {
  const { bundle, words, from, to, timeframe, on_problem, wanted, onProgress } = asked;
  const warm_up_ms = warmUpMs(bundle, tradedBy(bundle, words.instruments));
  const tape = await tapeOfFiles(words.files, {
    ...{ listings, timeframe, on_problem, ...(wanted && { wanted }) },
    ...(words.instruments.length > 0 && { instruments: words.instruments }),
    ...(from !== undefined && { from: from - warm_up_ms }),
    ...(to !== undefined && { to }),
    ...(onProgress && { onProgress }),
  });
  const { head } = tape;
  if (asked.form !== undefined && asked.form !== head.form)
    throw new Error(`--form ${asked.form}: the files are ${FORM_WORDS[head.form]}.`);
  if (!tape.instruments.some((instrument) => bundle.instruments.some((known) => known.instrument === instrument)))
    throw new Error(`The files are of ${tape.instruments.join(", ")}, none of which the bundle trades.`);
  return { tape, window: { from: from ?? head.from_ts, to: to ?? head.to_ts } };
}
const FORM_WORDS = { book: "recorded lines: book", trades: "trades", bars: "candles: bars" } as const;

/** What is known of the market before any of it is read: recorded lines have the book. */
export async function formOfWords({ files }: DataWords, form: TapeForm | undefined): Promise<TapeForm> {
  const [first] = files.flatMap(filesUnder);
  if (form !== undefined || first === undefined) return form ?? "bars";
  const kind = await formOf(first);
  const hasLines = kind !== "parquet" && kind !== "arrow" && (await isRecording(first, kind));
  return hasLines ? "book" : "bars";
}

async function libraryMarket(asked: MarketAsked, listings: readonly Listing[]): Promise<AskedMarket> {
  const { bundle, words, timeframe, on_problem, onProgress } = asked;
  const form = asked.form ?? "bars";
  const blobs = new FolderBlobs(join(words.folder, "blobs"));
  const library = new Library(blobs);
  const wanted = tradedBy(bundle, words.instruments);
  const held = await heldOf(library, wanted, { form, timeframe });
  const instruments = words.instruments.length > 0 ? wanted : wanted.filter((instrument) => held.has(instrument));
  if (instruments.length === 0) throw new Error(nothingThere(wanted, { folder: words.folder, form, timeframe }));
  const missing = instruments.filter((instrument) => !held.has(instrument));
  if (missing.length > 0) throw new Error(nothingThere(missing, { folder: words.folder, form, timeframe }));
  const window = windowOf(asked, new Map([...held].filter(([instrument]) => instruments.includes(instrument))));
  const data = { source: "library" as const, form, timeframe, instruments, on_problem };
  const warm_up_ms = warmUpMs(bundle, instruments);
  const tape = await loadTape({
    ...{ blobs, data, instruments, window, warm_up_ms, listings },
    ...(onProgress && { onProgress }),
  });
  return { tape, window };
}

interface Range {
  readonly from: number;
  readonly to: number;
}
type Wanted = Pick<MarketAsked, "timeframe"> & { readonly form: TapeForm };

/** Of each instrument that the library has something of, from when to when. */
async function heldOf(library: Library, instruments: readonly InstrumentId[], wanted: Wanted) {
  const ranges = new Map<InstrumentId, Range>();
  for (const instrument of instruments) {
    for (const series of seriesOf(instrument, wanted)) {
      const { parts } = await library.manifest(series);
      const [first, last] = [parts[0], parts.at(-1)];
      if (!first || !last) continue;
      const end = wanted.form === "bars" ? last.last_ts + TIMEFRAME_MS[wanted.timeframe] : last.last_ts + 1;
      ranges.set(instrument, { from: first.first_ts, to: end });
      break;
    }
  }
  return ranges;
}

function seriesOf(instrument: InstrumentId, { form, timeframe }: Wanted): Series[] {
  if (form === "bars") return [{ instrument, kind: "klines", interval: timeframe }];
  if (form === "book") return [{ instrument, kind: "lines" }];
  return [
    { instrument, kind: "trades" },
    { instrument, kind: "aggTrades" },
  ];
}

/** What is asked for; else what all of them have. */
function windowOf({ from, to }: Pick<MarketAsked, "from" | "to">, held: ReadonlyMap<InstrumentId, Range>): Range {
  const ranges = [...held.values()];
  const start = from ?? Math.max(...ranges.map((range) => range.from));
  const end = to ?? Math.min(...ranges.map((range) => range.to));
  if (end > start && ranges.every((range) => range.from < end && range.to > start)) return { from: start, to: end };
  const there = [...held].map(([instrument, range]) => `  ${instrument}  ${when(range.from)} to ${when(range.to)}`);
  throw new Error(["Not all instruments have anything then. The library has", ...there].join("\n"));
}

function nothingThere(
  wanted: readonly InstrumentId[],
  { folder, form, timeframe }: Wanted & { folder: string },
): string {
  const [first = "FUT:BTCUSDT"] = wanted;
  const [market, symbol] = first.split(":");
  const kind = form === "bars" ? ` --interval ${timeframe}` : ` --kind ${form === "book" ? "bookDepth" : "trades"}`;
  const get =
    form === "book"
      ? "  ./chimera data import RECORDING.gz                    recorded lines"
      : `  ./chimera data download --market ${market} --symbol ${symbol}${kind} --from 2025-01-01 --to 2025-02-01\n` +
        "  ./chimera data import FILE...                         archives, candles as CSV, Feather or Parquet";
  const what = form === "bars" ? `${timeframe} bars` : form;
  return (
    `There are no ${what} of ${wanted.join(", ")} in the library of ${folder}. Get some, or name files with --data:\n` +
    `${get}\n  ./chimera data list --data ${folder}`
  );
}
