import { expect, test } from "bun:test";
import fc from "fast-check";
import { ticksOf, timeTicks } from "./axes.ts";

const DAY = 86_400_000;
const days = (ticks: readonly number[]): string[] => ticks.map((ts) => new Date(ts).toISOString().slice(0, 10));

test("over years the marks of time are the beginnings of months", () => {
  expect(days(timeTicks([Date.UTC(2024, 0, 5), Date.UTC(2024, 5, 1)], 8))).toEqual([
    ...["2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01", "2024-06-01"],
  ]);
  expect(days(timeTicks([Date.UTC(2020, 0, 5), Date.UTC(2024, 2, 1)], 5))).toEqual([
    ...["2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"],
  ]);
});

test("marks of time lie within the span, in order, and are few", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20_000 }),
      fc.double({ min: 0.001, max: 9_000, noNaN: true }),
      (start, length) => {
        const [from, to] = [start * DAY, (start + length) * DAY];
        const ticks = timeTicks([from, to], 10);
        expect(ticks.length).toBeLessThanOrEqual(41);
        expect(ticks.every((ts, i) => ts >= from && ts <= to && (i === 0 || ts > ticks[i - 1]!))).toBe(true);
      },
    ),
    { seed: 8, numRuns: 300 },
  );
});

test("levels are round, within the extent, and none where there is none", () => {
  expect(ticksOf([0, 10], 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticksOf([3, 3], 5)).toEqual([]);
});
