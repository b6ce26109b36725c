/** Linear systems: solved ones put back, and those that have no answer. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { solvePositive } from "./cholesky.ts";

test("A·x is b again, for any positive definite A", () => {
  const entry = fc.double({ min: -3, max: 3, noNaN: true });
  const cases = fc.integer({ min: 1, max: 6 }).chain((n) => {
    const row = fc.array(entry, { minLength: n, maxLength: n });
    return fc.tuple(fc.array(row, { minLength: n, maxLength: n }), row);
  });
  fc.assert(
    fc.property(cases, ([m, b]) => {
      // M·Mᵀ + 1 is positive definite.
      const a = m.map((p, i) => m.map((q, j) => p.reduce((sum, x, k) => sum + x * q[k]!, i === j ? 1 : 0)));
      const x = solvePositive(a, b)!;
      for (const [i, row] of a.entries()) expect(row.reduce((sum, y, j) => sum + y * x[j]!, 0)).toBeCloseTo(b[i]!, 8);
    }),
    { seed: 16, numRuns: 150 },
  );
});

test("no answer for a singular, an indefinite or a broken one", () => {
  expect(
    solvePositive(
      [
        [1, 1],
        [1, 1],
      ],
      [1, 2],
    ),
  ).toBeNull();
  expect(
    solvePositive(
      [
        [1, 2],
        [2, 1],
      ],
      [1, 2],
    ),
  ).toBeNull();
  expect(solvePositive([[0]], [1])).toBeNull();
  expect(solvePositive([[Number.NaN]], [1])).toBeNull();
  expect(solvePositive([[1e-320]], [1])).toBeNull();
});
