/** The minimiser: where it ends the slope is zero, however the numbers lie. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { logit, minimise, type Problem, sigmoid } from "./log-loss.ts";

/** The loss by its definition. */
function lossOf({ rows, targets, counts, l2 }: Problem, at: readonly number[]): number {
  const penalty = (l2 / 2) * at.slice(0, -1).reduce((sum, w) => sum + w * w, 0);
  return rows.reduce((sum, row, i) => {
    const p = sigmoid(row.reduce((z, x, j) => z + x * at[j]!, at.at(-1)!));
    return sum - counts[i]! * (targets[i]! * Math.log(p) + (1 - targets[i]!) * Math.log(1 - p));
  }, penalty);
}

test("no step aside makes the loss smaller, on random rows with weights and smoothed targets", () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const row = fc.record({
    inputs: fc.array(number, { minLength: 2, maxLength: 2 }),
    target: fc.double({ min: 0, max: 1, noNaN: true }),
    count: fc.double({ min: 0.1, max: 5, noNaN: true }),
  });
  const cases = fc.tuple(fc.array(row, { minLength: 1, maxLength: 30 }), fc.constantFrom(0.01, 1, 30));
  fc.assert(
    fc.property(cases, ([list, l2]) => {
      const problem = {
        rows: list.map(({ inputs }) => inputs),
        targets: list.map(({ target }) => Math.min(Math.max(target, 0.01), 0.99)),
        counts: list.map(({ count }) => count),
        l2,
      };
      const { weights, bias, converged } = minimise(problem);
      expect(converged).toBe(true);
      const at = [...weights, bias];
      const least = lossOf(problem, at);
      for (const [j, w] of at.entries()) {
        for (const step of [-1e-3, 1e-3]) expect(lossOf(problem, at.with(j, w + step))).toBeGreaterThan(least);
      }
    }),
    { seed: 17, numRuns: 100 },
  );
});

test("ends at the minimum where Newton's own steps run away, and on any far-off values and uneven counts", () => {
  // Unhalved, these steps never end.
  const known = { rows: [[-2], [-765], [1], [2]], targets: [0, 0, 1, 1], counts: [1, 100, 10, 1_000], l2: 1 };
  expect(minimise(known)).toMatchObject({ converged: true, weights: [expect.closeTo(1.93087, 5)] });
  const x = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -1_000, max: 1_000 }));
  const row = fc.tuple(x, fc.integer({ min: 0, max: 1 }), fc.constantFrom(1, 10, 100, 1_000, 10_000));
  const cases = fc.tuple(fc.array(row, { minLength: 3, maxLength: 14 }), fc.constantFrom(1e-6, 1e-3, 1));
  fc.assert(
    fc.property(cases, ([list, l2]) => {
      fc.pre(new Set(list.map(([, target]) => target)).size === 2);
      const problem = {
        rows: list.map(([value]) => [value]),
        targets: list.map(([, target]) => target),
        counts: list.map(([, , count]) => count),
        l2,
      };
      const { weights, bias, converged } = minimise(problem);
      expect(converged).toBe(true);
      // The bias goes free, so that what is foretold adds up to what came.
      const off = list.reduce(
        (sum, [value, target, count]) => sum + count * (sigmoid(weights[0]! * value + bias) - target),
        0,
      );
      expect(Math.abs(off)).toBeLessThan(1e-5);
    }),
    { seed: 19, numRuns: 400 },
  );
});

test("σ and its inverse, to the ends", () => {
  expect([sigmoid(0), sigmoid(800), sigmoid(-800)]).toEqual([0.5, 1, 0]);
  for (const z of [-30, -2, 0, 0.1, 5]) expect(logit(sigmoid(z))).toBeCloseTo(z, 9);
  expect([logit(0), logit(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
