import { expect, test } from "bun:test";
import { percentileRank, quartilesOf } from "./percentile.ts";

test("the rank counts those below, and half of those alike", () => {
  expect(percentileRank(3, [1, 2, 3, 4])).toBe(62.5);
  expect(percentileRank(0, [1, 2])).toBe(0);
  expect(percentileRank(9, [1, 2])).toBe(100);
  expect(percentileRank(1, [1, 1, 1])).toBe(50);
  expect(percentileRank(1, [])).toBeUndefined();
});

test("quartiles lie linearly between the nearest ranks: numpy's and R's default of the same numbers", () => {
  expect(quartilesOf([7, 15, 36, 39, 40, 41])).toEqual({ q1: 20.25, median: 37.5, q3: 39.75 });
  expect(quartilesOf([5])).toEqual({ q1: 5, median: 5, q3: 5 });
  expect(quartilesOf([])).toBeUndefined();
});
