/** Purged folds: one by hand, and nothing trained on that the test could have seen, whatever the spans. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { purgedFolds, type Span } from "./purged-folds.ts";

const HOUR = 3_600_000;
const hourly = (count: number, hours: number): Span[] =>
  Array.from({ length: count }, (_, i) => ({ from_ts: i * HOUR, to_ts: (i + hours) * HOUR }));

test("by hand: nine hourly labels over two hours, three folds, one hour of embargo", () => {
  const [first, middle, last] = purgedFolds(hourly(9, 2), { folds: 3, embargo_ms: HOUR });
  // The middle test runs from 3 to 7 h: 1 and 2 end at or after 3 h, 6 and 7 begin by 7 h, 8 within the embargo.
  expect(middle).toEqual({ test: [3, 4, 5], train: [0], purged: [1, 2, 6, 7, 8] });
  expect(first).toEqual({ test: [0, 1, 2], train: [6, 7, 8], purged: [3, 4, 5] });
  expect(last).toEqual({ test: [6, 7, 8], train: [0, 1, 2, 3], purged: [4, 5] });
});

test("every sample is tested once, and none trains that overlaps a tested one or begins within the embargo", () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 40 }))
    .map(([from_ts, length]) => ({ from_ts, to_ts: from_ts + length }));
  const cases = fc.tuple(fc.array(span, { minLength: 6, maxLength: 60 }), fc.integer({ min: 2, max: 6 }), fc.nat(30));
  fc.assert(
    fc.property(cases, ([spans, folds, embargo_ms]) => {
      const made = purgedFolds(spans, { folds, embargo_ms });
      expect(made.flatMap(({ test }) => test).toSorted((a, b) => a - b)).toEqual([...spans.keys()]);
      for (const { train, test, purged } of made) {
        expect([...train, ...test, ...purged].toSorted((a, b) => a - b)).toEqual([...spans.keys()]);
        expect(Math.abs(test.length - spans.length / folds)).toBeLessThan(1);
        for (const [i, j] of train.flatMap((i) => test.map((j) => [spans[i]!, spans[j]!] as const))) {
          expect(i.to_ts < j.from_ts || i.from_ts > j.to_ts + embargo_ms).toBe(true);
        }
      }
    }),
    { seed: 8, numRuns: 150 },
  );
});

test("without overlap nothing but neighbours at the same moment is lost", () => {
  const spans = hourly(100, 0.5);
  for (const { purged } of purgedFolds(spans, { folds: 5 })) expect(purged).toEqual([]);
});

test("labels that all span the whole time leave nothing to train on", () => {
  const spans = Array.from({ length: 4 }, (_, i) => ({ from_ts: i, to_ts: 100 }));
  for (const { train } of purgedFolds(spans, { folds: 2 })) expect(train).toEqual([]);
});

test("what cannot be cut is refused", () => {
  expect(() => purgedFolds(hourly(3, 1), { folds: 4 })).toThrow("2 to 3 folds");
  expect(() => purgedFolds(hourly(3, 1), { folds: 1 })).toThrow("2 to 3 folds");
  expect(() => purgedFolds(hourly(3, 1), { folds: 2, embargo_ms: -1 })).toThrow("embargo");
  expect(() => purgedFolds([...hourly(3, 1), { from_ts: 5, to_ts: 4 }], { folds: 2 })).toThrow("before it begins");
});
