/** Bars of several instruments with their funding and marks, each a series of moments for one tape. */
import type { TapeMoment } from "../backtest/tape.ts";
import type { Listing } from "../engine/listing.ts";
import { barRules } from "./bar-moments.ts";
import { FUNDING_PERIOD_MS, fundingRules, markRules, withExpected } from "./funding-moments.ts";
import { INTERVALS, nextOpen } from "./intervals.ts";
import type { Library } from "./library.ts";
import { libraryRows } from "./library-rows.ts";
import type { Moments } from "./merge-moments.ts";
import type { RowBatch } from "./read.ts";
import { orderedRows, type ReadRow, type RowRules } from "./tape-rows.ts";
import { cutter, scalesOf, type TapeTerms } from "./tape-terms.ts";

/** Rows of one instrument, in the library's columns. */
export interface BarRows {
  readonly bars: AsyncIterable<RowBatch>;
  /** From two payments before the beginning, where they are there. */
  readonly funding?: AsyncIterable<RowBatch>;
  readonly marks?: { readonly ms: number; readonly rows: AsyncIterable<RowBatch> };
}

/** Bars come before marks, marks before payments of the same moment. */
export function barLanes(terms: TapeTerms, all: readonly BarRows[]): Moments[] {
  const { findings, timeframe } = terms;
  const ordered = (rows: AsyncIterable<RowBatch>, rules: RowRules) => orderedRows(rows, rules, findings);
  const bars = all.map(({ bars: rows }, who) => {
    const listing = terms.listings[who]!;
    return momentsOf(
      ordered(rows, barRules({ timeframe, scales: scalesOf(listing), who, onCut: cutter(terms, listing) })),
    );
  });
  const marks = all.flatMap(({ marks: told }, who) =>
    told === undefined ? [] : momentsOf(ordered(told.rows, markRules(who, told.ms))),
  );
  const funding = all.flatMap(({ funding: rows }, who) =>
    rows === undefined ? [] : withExpected(ordered(rows, fundingRules(who)), terms.from),
  );
  for (const [who, { funding: paid, marks: told }] of all.entries())
    assume(terms, terms.listings[who]!, { paid, told });
  return [...bars, ...marks, ...funding];
}

function assume({ assumed }: TapeTerms, { instrument, market }: Listing, has: { paid: unknown; told: unknown }): void {
  if (market !== "FUT") return;
  if (has.told === undefined) assumed.add(`${instrument}: mark=last price`);
  if (has.paid === undefined) assumed.add(`${instrument}: funding=0`);
}

export async function* momentsOf(rows: AsyncIterable<ReadRow[]>): AsyncGenerator<readonly TapeMoment[]> {
  for await (const batch of rows) yield batch.flatMap(({ moments }) => moments);
}

/** What the library has of each listing. */
export function libraryBars(terms: TapeTerms, library: Library): Promise<BarRows[]> {
  const { from, to, timeframe, findings } = terms;
  const source = { library, findings };
  return Promise.all(
    terms.listings.map(async ({ instrument, market }): Promise<BarRows> => {
      const bars = libraryRows(source, { instrument, kind: "klines", interval: timeframe }, { from, to });
      if (market !== "FUT") return { bars };
      const paid = await library.manifest({ instrument, kind: "fundingRate" });
      const interval = await markInterval(library, terms, instrument);
      return {
        bars,
        ...(paid.parts.length > 0 && {
          funding: libraryRows(source, paid, { from: from - 2 * FUNDING_PERIOD_MS, to }),
        }),
        ...(interval !== undefined && {
          marks: {
            ms: nextOpen(interval, 0),
            rows: libraryRows(source, { instrument, kind: "markPriceKlines", interval }, { from, to }),
          },
        }),
      };
    }),
  );
}

/** The bars' own, else the shortest there is. */
async function markInterval(
  library: Library,
  { timeframe }: TapeTerms,
  instrument: Listing["instrument"],
): Promise<string | undefined> {
  for (const interval of [timeframe, ...INTERVALS.filter((one) => one !== "1mo")]) {
    const { parts } = await library.manifest({ instrument, kind: "markPriceKlines", interval });
    if (parts.length > 0) return interval;
  }
  return undefined;
}
