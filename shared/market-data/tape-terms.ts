/** What everything that goes into one tape has in common: its listings, its time, what is wrong and what is assumed. */
import type { TapeForm } from "../backtest/tape.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Timeframe } from "../domain/market.ts";
import { show } from "../domain/money.ts";
import type { Listing } from "../engine/listing.ts";
import { Scale } from "../engine/scale.ts";
import { refuse } from "../errors.ts";
import type { Scales } from "./recorded-line.ts";
import { moment } from "./rows.ts";
import type { Findings } from "./tape-findings.ts";

export interface TapeTerms {
  readonly form: TapeForm;
  /** Of bars. */
  readonly timeframe: Timeframe;
  /** In words: where the data comes from. */
  readonly source: string;
  readonly listings: readonly Listing[];
  /** Epoch ms; the warm-up is within. */
  readonly from: number;
  /** Excluding, but for a bar that ends here. */
  readonly to: number;
  readonly findings: Findings;
  readonly assumed: Set<string>;
}

export const scalesOf = ({ tick, step }: Listing): Scales => ({
  price: new Scale(show(tick)),
  qty: new Scale(show(step)),
});

/** Throws a Problem INVALID where there is none. */
export function listingIn(listings: readonly Listing[], instrument: InstrumentId): Listing {
  const found = listings.find((listing) => listing.instrument === instrument);
  return found ?? refuse("INVALID", `${instrument} is not listed`);
}

export const spanText = ({ from, to }: Pick<TapeTerms, "from" | "to">): string => {
  const start = Number.isFinite(from) ? `from ${moment(from)}` : "from the beginning";
  return `${start} ${Number.isFinite(to) ? `to ${moment(to)}` : "to the end"}`;
};

/** Told once, however many prices were cut. */
export const cutter =
  ({ assumed }: TapeTerms, { instrument }: Listing) =>
  (): void => {
    assumed.add(`${instrument}: prices finer than a tick cut to it`);
  };
