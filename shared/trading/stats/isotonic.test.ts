/** Isotonic calibration: by hand, against the min-max formula, and on a curve that Platt cannot bend to. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../adapters/random.ts";
import type { Scored } from "./auc.ts";
import { fitIsotonic, isotonicAt } from "./isotonic.ts";

const scoredOf = (...pairs: [number, number][]): Scored[] => pairs.map(([score, y]) => ({ score, positive: y === 1 }));

test("by hand: a fall from 1 to 0 is pooled to its mean, and between two scores runs a line", () => {
  const curve = fitIsotonic(scoredOf([1, 0], [2, 1], [3, 0], [4, 1]));
  expect(curve).toEqual({ scores: [1, 2, 3, 4], ps: [0, 0.5, 0.5, 1] });
  expect([0, 1.5, 2.5, 3.25, 9].map((score) => isotonicAt(curve, score))).toEqual([0, 0.25, 0.5, 0.625, 1]);
});

test("equal neighbours are one stretch with two ends", () => {
  const curve = fitIsotonic(scoredOf([1, 0], [2, 0], [3, 0], [4, 1], [4, 1]));
  expect(curve).toEqual({ scores: [1, 3, 4], ps: [0, 0, 1] });
});

test("is max over j ≤ i of min over k ≥ i of the mean from j to k (Robertson, Wright and Dykstra 1988, 1.4)", () => {
  const one = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 1 }));
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (pairs) => {
      const scored = scoredOf(...pairs);
      const curve = fitIsotonic(scored);
      const scores = [...new Set(pairs.map(([score]) => score))].sort((a, b) => a - b);
      const meanOf = (from: number, to: number) => {
        const inside = pairs.filter(([score]) => score >= from && score <= to);
        return inside.reduce((sum, [, y]) => sum + y, 0) / inside.length;
      };
      for (const score of scores) {
        const lows = scores.filter((each) => each <= score);
        const highs = scores.filter((each) => each >= score);
        const expected = Math.max(...lows.map((from) => Math.min(...highs.map((to) => meanOf(from, to)))));
        expect(isotonicAt(curve, score)).toBeCloseTo(expected, 12);
      }
      expect(curve.ps).toEqual(curve.ps.toSorted((a, b) => a - b));
    }),
    { seed: 18, numRuns: 200 },
  );
});

test("follows a curve with a step in it", () => {
  const random = seededRandom("step");
  const truth = (score: number) => (score < 0.3 ? 0.1 : 0.6);
  const scored = Array.from({ length: 20_000 }, () => {
    const score = random.next();
    return { score, positive: random.next() < truth(score) };
  });
  const curve = fitIsotonic(scored);
  for (const score of [0.1, 0.2, 0.4, 0.6, 0.9])
    expect(Math.abs(isotonicAt(curve, score) - truth(score))).toBeLessThan(0.04);
});

test("one row says what it was; none, and no numbers, are refused", () => {
  expect(isotonicAt(fitIsotonic(scoredOf([5, 1])), -3)).toBe(1);
  expect(() => fitIsotonic([])).toThrow("nothing to calibrate");
  expect(() => fitIsotonic(scoredOf([Number.NaN, 1]))).toThrow("no number");
});
