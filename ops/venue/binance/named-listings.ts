/** The listings that a `symbols` list names, in its order. */
import type { Listing } from "../../../shared/engine/listing.ts";
import { errors } from "./errors.ts";

const SYMBOLS_MAX = 100;

/** Throws −1102 for an empty list, −1151 for a name said twice, −1101 for too many and −1121 for an unknown one. */
export function namedListings(all: readonly Listing[], names: readonly string[]): Listing[] {
  if (names.length === 0) throw errors.mandatory("symbols");
  if (new Set(names).size < names.length) throw errors.duplicateSymbol();
  if (names.length > SYMBOLS_MAX) throw errors.tooMany();
  return names.map((name) => {
    const listing = all.find((each) => each.symbol === name);
    if (!listing) throw errors.symbol();
    return listing;
  });
}
