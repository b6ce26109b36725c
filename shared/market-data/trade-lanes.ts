/** Public trades of several instruments with their funding, each a series of moments for one tape. */

import { momentsOf } from "./bar-lanes.ts";
import { FUNDING_PERIOD_MS, fundingRules, withExpected } from "./funding-moments.ts";
import type { Library } from "./library.ts";
import { libraryRows } from "./library-rows.ts";
import type { Moments } from "./merge-moments.ts";
import type { RowBatch } from "./read.ts";
import { orderedRows } from "./tape-rows.ts";
import { cutter, scalesOf, type TapeTerms } from "./tape-terms.ts";
import { tradeRules } from "./trade-moments.ts";

/** Rows of one instrument, in the library's columns. */
export interface TradeRows {
  readonly kind: "trades" | "aggTrades";
  readonly trades: AsyncIterable<RowBatch>;
  /** From two payments before the beginning, where they are there. */
  readonly funding?: AsyncIterable<RowBatch>;
}

export function tradeLanes(terms: TapeTerms, all: readonly TradeRows[]): Moments[] {
  const { findings, listings, assumed } = terms;
  const trades = all.map(({ kind, trades: rows }, who) => {
    const listing = listings[who]!;
    const rules = tradeRules({ kind, scales: scalesOf(listing), who, onCut: cutter(terms, listing) });
    return momentsOf(orderedRows(rows, rules, findings));
  });
  const funding = all.flatMap(({ funding: rows }, who) =>
    rows === undefined ? [] : withExpected(orderedRows(rows, fundingRules(who), findings), terms.from),
  );
  for (const [who, { funding: paid }] of all.entries()) {
    const { instrument, market } = listings[who]!;
    if (market !== "FUT") continue;
    assumed.add(`${instrument}: mark=last price`);
    if (paid === undefined) assumed.add(`${instrument}: funding=0`);
  }
  return [...trades, ...funding];
}

/** What the library has of each listing: its trades, else those that were added up. */
export function libraryTrades(terms: TapeTerms, library: Library): Promise<TradeRows[]> {
  const { listings, from, to, findings } = terms;
  const source = { library, findings };
  return Promise.all(
    listings.map(async ({ instrument, market }): Promise<TradeRows> => {
      const single = await library.manifest({ instrument, kind: "trades" });
      const kind = single.parts.length > 0 ? "trades" : "aggTrades";
      const trades = libraryRows(source, { instrument, kind }, { from, to });
      const paid = await library.manifest({ instrument, kind: "fundingRate" });
      if (market !== "FUT" || paid.parts.length === 0) return { kind, trades };
      return { kind, trades, funding: libraryRows(source, paid, { from: from - 2 * FUNDING_PERIOD_MS, to }) };
    }),
  );
}
