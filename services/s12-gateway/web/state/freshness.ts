/** How old data may be before the page says so. */

export type Freshness = "fresh" | "late" | "stale" | "none";

export const LATE_MS = 3_000;
export const STALE_MS = 10_000;

export function freshnessOf(ageMs: number | undefined): Freshness {
  if (ageMs === undefined) return "none";
  return ageMs >= STALE_MS ? "stale" : ageMs >= LATE_MS ? "late" : "fresh";
}
