/** Prices, quantities and levels of an instrument as Binance prints them: eight decimals on spot, its own on futures. */
import { fromSteps, mul, showFixed } from "../../../shared/domain/money.ts";
import { type Listing, priceOf, qtyOf } from "../../../shared/engine/listing.ts";
import { assert } from "../../../shared/errors.ts";
import type { Desk } from "./desk.ts";

export const MONEY_DIGITS = 8;

export const priceDigits = (listing: Listing): number =>
  listing.market === "SPOT" ? MONEY_DIGITS : listing.price_digits;
export const qtyDigits = (listing: Listing): number => (listing.market === "SPOT" ? MONEY_DIGITS : listing.qty_digits);

export const showTicks = (listing: Listing, ticks: number): string =>
  showFixed(priceOf(listing, ticks), priceDigits(listing));
export const showLots = (listing: Listing, lots: number): string => showFixed(qtyOf(listing, lots), qtyDigits(listing));
/** Σ ticks × lots as quote money. */
export const showQuote = (listing: Listing, units: number, digits = MONEY_DIGITS): string =>
  showFixed(mul(listing.tick, fromSteps(units, listing.step)), digits);

/** The listing of an instrument that is known to be listed. */
export function listedAs(desk: Desk, instrument: Listing["instrument"] | undefined): Listing {
  const listing = desk.listed.find((each) => each.instrument === instrument);
  assert(listing !== undefined, "only listed instruments are asked for");
  return listing;
}

export interface Rows {
  readonly bids: [string, string][];
  readonly asks: [string, string][];
}

export function levelRows(desk: Desk, listing: Listing, levels: number): Rows {
  const { bids, asks } = desk.market.matcher(listing.instrument).depth(levels);
  const rows = (side: [number, number][]): [string, string][] =>
    side.map(([ticks, lots]) => [showTicks(listing, ticks), showLots(listing, lots)]);
  return { bids: rows(bids), asks: rows(asks) };
}
