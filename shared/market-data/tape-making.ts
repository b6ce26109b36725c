/** Puts a tape together, from series of moments or from a recording, and refuses what has nothing in it. */
import { type Tape, TapeBuilder, type TapeHead, type TapeMoment } from "../backtest/tape.ts";
import { refuse } from "../errors.ts";
import { tapeBook } from "./book-tape.ts";
import { type Moments, mergeMoments } from "./merge-moments.ts";
import { type RecordedFile, readRecording } from "./recording.ts";
import { moment } from "./rows.ts";
import { scalesOf, spanText, type TapeTerms } from "./tape-terms.ts";

type OnProgress = (share: number) => void;

/** More than this is more than a machine's memory is for. */
const EVENTS_MAX = 60_000_000;
const PROGRESS_EVENTS = 1_000;
/** Data that begins so much later than asked is told of. */
const LATE_MS = 86_400_000;

/** One tape of all lanes; those of earlier ones come first at the same moment. */
export async function tapeOfLanes(terms: TapeTerms, lanes: readonly Moments[], onProgress?: OnProgress): Promise<Tape> {
  const { listings, findings, from, to } = terms;
  const builder = new TapeBuilder();
  const first = listings.map(() => Number.NaN);
  await mergeMoments(lanes, (one: TapeMoment) => {
    if (one.at < from || one.at > to || (one.at === to && one.event.kind !== "bar")) return;
    builder.add(one);
    if ((one.event.kind === "bar" || one.event.kind === "trade") && Number.isNaN(first[one.who]))
      first[one.who] = one.at;
    if (builder.size > EVENTS_MAX) refuse("INVALID", `More than ${EVENTS_MAX} events; take a shorter time`);
    if (builder.size % PROGRESS_EVENTS === 0 && Number.isFinite(to - from)) onProgress?.((one.at - from) / (to - from));
  });
  findings.settle();
  const empty = first.findIndex(Number.isNaN);
  if (empty >= 0) refuse("INVALID", `There is nothing of ${wanted(terms, empty)}`);
  for (const [who, ts] of first.entries()) {
    if (Number.isFinite(from) && ts - from > LATE_MS)
      terms.assumed.add(`${listings[who]!.instrument}: nothing before ${moment(ts)}`);
  }
  return builder.build(headOf(terms));
}

/** Every line of the files that replay would play. */
export async function tapeOfRecording(
  terms: TapeTerms,
  files: readonly RecordedFile[],
  onProgress?: OnProgress,
): Promise<Tape> {
  const { listings, findings, from, to } = terms;
  const scales = new Map(listings.map((listing) => [listing.instrument, scalesOf(listing)]));
  const recording = await readRecording(files, {
    scalesOf: (instrument) => scales.get(instrument),
    isWanted: (instrument) => scales.has(instrument),
  });
  const builder = new TapeBuilder();
  const instruments = listings.map(({ instrument }) => instrument);
  const problems = await tapeBook({ recording, instruments, builder, from, to, ...(onProgress && { onProgress }) });
  for (const { source, line, problem } of problems.first) findings.add(source, line, problem);
  findings.count += problems.count - problems.first.length;
  findings.settle();
  if (builder.size === 0) refuse("INVALID", `The recorded lines hold nothing ${spanText(terms)}`);
  return builder.build(headOf(terms));
}

function wanted(terms: TapeTerms, who: number): string {
  const form = terms.form === "bars" ? `bars of ${terms.timeframe}` : terms.form;
  return `${terms.listings[who]!.instrument} (${form}) ${spanText(terms)} in ${terms.source}`;
}

function headOf(terms: TapeTerms): Omit<TapeHead, "from_ts" | "to_ts"> {
  const { form, timeframe, listings, findings, assumed, source } = terms;
  return {
    form,
    ...(form === "bars" && { timeframe }),
    listings,
    source: `${source}: ${listings.map(({ instrument }) => instrument).join(", ")}`,
    assumed: [...assumed],
    problems: { count: findings.count, first: findings.first },
  };
}
