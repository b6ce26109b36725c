import { expect, test } from "bun:test";
import { freshnessOf, isStale, LATE_MS, STALE_MS } from "./freshness.ts";

test("data is fresh, late, stale, or not there", () => {
  expect([0, LATE_MS - 1, LATE_MS, STALE_MS, undefined].map(freshnessOf)).toEqual([
    "fresh",
    "fresh",
    "late",
    "stale",
    "none",
  ]);
});

test("an answer is stale after three missed asks, but not within ten seconds, and never before the first", () => {
  expect(isStale(1_000, 2_000, 1_000 + STALE_MS)).toBe(false);
  expect(isStale(1_000, 2_000, 1_001 + STALE_MS)).toBe(true);
  expect(isStale(1_000, 5_000, 14_000)).toBe(false);
  expect(isStale(0, 5_000, 900_000)).toBe(false);
});
