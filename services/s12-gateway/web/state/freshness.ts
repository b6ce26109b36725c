/** How old data may be before the page says so. */

export type Freshness = "fresh" | "late" | "stale" | "none";

export const LATE_MS = 3_000;
export const STALE_MS = 10_000;

/** An answer we ask for every `everyMs` is stale when three asks in a row brought nothing, 10 s at least. */
export const isStale = (answeredAt: number, everyMs: number, at: number): boolean =>
  answeredAt > 0 && at - answeredAt > Math.max(STALE_MS, 3 * everyMs);

export function freshnessOf(ageMs: number | undefined): Freshness {
  if (ageMs === undefined) return "none";
  return ageMs >= STALE_MS ? "stale" : ageMs >= LATE_MS ? "late" : "fresh";
}
