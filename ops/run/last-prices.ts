/** Where a simulated market stood, written down every few seconds, so that after a restart it goes on from there. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fromSteps, toNumber } from "../../shared/domain/money.ts";
import { defaultListings, type Listing } from "../../shared/engine/listing.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import type { MarketModel } from "../venue/market.ts";

const EVERY_MS = 2_000;

/** USDT by instrument; empty when nothing was written or it cannot be read. */
export function readLastPrices(file: string): Map<string, number> {
  if (!existsSync(file)) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, number>));
  } catch {
    return new Map();
  }
}

export function keepLastPrices(
  file: string,
  { market, listings, clock }: { market: MarketModel; listings: readonly Listing[]; clock: Clock },
): Cancel {
  return clock.every(EVERY_MS, () => {
    const prices: Record<string, number> = {};
    for (const { instrument, tick } of listings) {
      const ticks = market.mark(instrument);
      if (ticks !== undefined) prices[instrument] = toNumber(fromSteps(Math.round(ticks), tick));
    }
    const fresh = `${file}.new`;
    writeFileSync(fresh, JSON.stringify(prices));
    renameSync(fresh, file);
  });
}

/** What this market has; a recording has only some instruments. */
export function listingsOf(market: MarketModel): Listing[] {
  return defaultListings().filter(({ instrument }) => {
    try {
      market.matcher(instrument);
      return true;
    } catch {
      return false;
    }
  });
}
