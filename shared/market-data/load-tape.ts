/** Makes a tape of what is asked: from the library, from what S1 recorded, or from the exchange's own history. */
import type { Tape } from "../backtest/tape.ts";
import type { DataSource, TestWindow } from "../domain/experiment.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Listing } from "../engine/listing.ts";
import { refuse } from "../errors.ts";
import type { Blobs } from "../kit/ports.ts";
import { barLanes, libraryBars } from "./bar-lanes.ts";
import { exchangeBars, type PastPorts } from "./exchange-rows.ts";
import { Library } from "./library.ts";
import { libraryLines, recordedLines } from "./recorded-blobs.ts";
import type { RecordedFile } from "./recording.ts";
import { Findings } from "./tape-findings.ts";
import { tapeOfLanes, tapeOfRecording } from "./tape-making.ts";
import { listingIn, spanText, type TapeTerms } from "./tape-terms.ts";
import { libraryTrades, tradeLanes } from "./trade-lanes.ts";

export interface TapeAsked extends PastPorts {
  readonly blobs: Blobs;
  readonly data: DataSource;
  readonly instruments: readonly InstrumentId[];
  readonly window: TestWindow;
  /** So much before the window is on the tape too, as far as it is there. */
  readonly warm_up_ms: number;
  /** At least those of the instruments. */
  readonly listings: readonly Listing[];
  /** Of 1. */
  onProgress?(share: number): void;
}

/**
 * Throws a Problem INVALID for an instrument without a listing, where there is nothing of one, for a form that its
 * source does not have, and for bad data that is to be refused: its detail names source and line of the first.
 */
export async function loadTape(asked: TapeAsked): Promise<Tape> {
  const { data, window, onProgress } = asked;
  if (!(window.to > window.from)) refuse("INVALID", "The window ends before it begins");
  const terms: TapeTerms = {
    ...{ form: data.form, timeframe: data.timeframe, source: SOURCES[data.source] },
    listings: asked.instruments.map((instrument) => listingIn(asked.listings, instrument)),
    from: window.from - asked.warm_up_ms,
    to: window.to,
    findings: new Findings(data.on_problem),
    assumed: new Set(),
  };
  if (data.form === "book") return tapeOfRecording(terms, await linesOf(asked, terms), onProgress);
  return tapeOfLanes(terms, await lanesOf(asked, terms), onProgress);
}

const SOURCES = { library: "the library", recordings: "the recordings", exchange: "the exchange" } as const;

async function lanesOf({ blobs, data, ...past }: TapeAsked, terms: TapeTerms) {
  if (data.source === "recordings") refuse("INVALID", "What is recorded is the book; say form: book");
  const library = new Library(blobs);
  if (data.source === "library") {
    return data.form === "bars"
      ? barLanes(terms, await libraryBars(terms, library))
      : tradeLanes(terms, await libraryTrades(terms, library));
  }
  if (data.form !== "bars") refuse("INVALID", "The exchange is asked for bars only; say form: bars");
  const { getHistory } = past;
  if (getHistory === undefined) refuse("INVALID", "The exchange cannot be asked from here; import its bars first");
  return barLanes(terms, exchangeBars(terms, { ...past, getHistory }));
}

async function linesOf({ blobs, data }: TapeAsked, terms: TapeTerms): Promise<RecordedFile[]> {
  if (data.source === "exchange") refuse("INVALID", "The exchange tells no books of the past; say form: bars");
  const library = new Library(blobs);
  const files: RecordedFile[] = [];
  for (const { instrument } of terms.listings) {
    const found =
      data.source === "library"
        ? await libraryLines(library, instrument, terms)
        : await recordedLines(blobs, instrument, terms);
    if (found.length === 0)
      refuse("INVALID", `There are no lines of ${instrument} ${spanText(terms)} in ${terms.source}`);
    files.push(...found);
  }
  return files;
}
