import { expect, test } from "bun:test";
import { freshnessOf, LATE_MS, STALE_MS } from "./freshness.ts";

test("data is fresh, late, stale, or not there", () => {
  expect([0, LATE_MS - 1, LATE_MS, STALE_MS, undefined].map(freshnessOf)).toEqual([
    "fresh",
    "fresh",
    "late",
    "stale",
    "none",
  ]);
});
