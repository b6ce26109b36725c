/** Mann-Whitney's U: published examples, every order counted out, and pairs compared one by one. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { EXACT_VALUES_MAX, mannWhitney, waysTo } from "./mann-whitney.ts";
import { normalTail } from "./normal.ts";

/** Wins of a over b, a tie half a win. */
const pairsWon = (a: readonly number[], b: readonly number[]) =>
  a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0))).reduce((p: number, q) => p + q, 0);

test("Hollander and Wolfe 1973, p. 69: permeability of membranes at term and before", () => {
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const before = [1.15, 0.88, 0.9, 0.74, 1.21];
  const result = mannWhitney(term, before, "greater");
  expect(result).toMatchObject({ u: 35, share: 0.7, method: "exact" });
  expect(result.p).toBeCloseTo(0.1272, 4);
});

test("the example of scipy's manual: exact, and by the normal approximation", () => {
  const [males, females] = [
    [19, 22, 16, 29, 24],
    [20, 11, 17, 12],
  ] as const;
  expect(mannWhitney(males, females, "two_sided")).toEqual({ u: 17, share: 0.85, p: 14 / 126, method: "exact" });
  // 0.1113…: U = 17 of a mean 10, variance 5·4·10/12, half a pair taken off.
  expect(2 * normalTail((17 - 10 - 0.5) / Math.sqrt((5 * 4 * 10) / 12))).toBeCloseTo(0.11134688653314041, 12);
});

test("critical values of Mann and Whitney's table: P(U ≤ u) in thousandths", () => {
  const atMost = (n: number, m: number, u: number) => {
    const ways = waysTo(n, m);
    const count = (list: number[]) => list.reduce((a, b) => a + b, 0);
    return count(ways.slice(0, u + 1)) / count(ways);
  };
  expect(atMost(3, 3, 0)).toBe(0.05);
  expect(atMost(5, 5, 2)).toBe(4 / 252);
  expect(atMost(8, 8, 13)).toBeCloseTo(0.025, 3);
});

/** P(U ≥ u) and P(U ≤ u) by dealing the values out in every way there is. */
function dealt(values: readonly number[], first: number, u: number) {
  let [all, greater, less] = [0, 0, 0];
  for (let mask = 0; mask < 1 << values.length; mask++) {
    const a = values.filter((_, i) => mask & (1 << i));
    if (a.length !== first) continue;
    const won = pairsWon(
      a,
      values.filter((_, i) => !(mask & (1 << i))),
    );
    all++;
    if (won >= u) greater++;
    if (won <= u) less++;
  }
  return { greater: greater / all, less: less / all };
}

test("the exact probability is that of dealing the values out in every way", () => {
  const samples = fc.tuple(
    fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 9 }),
    fc.integer({ min: 1, max: 8 }),
  );
  fc.assert(
    fc.property(samples, ([values, cut]) => {
      const n = Math.min(cut, values.length - 1);
      const [a, b] = [values.slice(0, n), values.slice(n)];
      const { u, p } = mannWhitney(a, b, "greater");
      const sides = dealt(values, n, u);
      expect(u).toBe(pairsWon(a, b));
      expect(p).toBeCloseTo(sides.greater, 12);
      expect(mannWhitney(a, b, "less").p).toBeCloseTo(sides.less, 12);
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("with ties U still counts pairs, and the tied variance is that of all ways to deal", () => {
  const value = fc.integer({ min: 0, max: 6 });
  const sample = fc.array(value, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const { u, p, share } = mannWhitney(a, b, "two_sided");
      expect(u).toBeCloseTo(pairsWon(a, b), 9);
      expect(share + mannWhitney(b, a, "two_sided").share).toBeCloseTo(1, 12);
      expect(p).toBeCloseTo(mannWhitney(b, a, "two_sided").p, 12);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
    }),
    { seed: 5, numRuns: 200 },
  );
  // 1, 1, 2, 2, 3 dealt 2 to 3: ten ways, whose U has this variance by the formula with ties.
  const values = [1, 1, 2, 2, 3];
  const us: number[] = [];
  for (let mask = 0; mask < 32; mask++) {
    const a = values.filter((_, i) => mask & (1 << i));
    if (a.length === 2)
      us.push(
        pairsWon(
          a,
          values.filter((_, i) => !(mask & (1 << i))),
        ),
      );
  }
  const variance = us.reduce((sum, u) => sum + (u - 3) ** 2, 0) / us.length;
  expect(variance).toBeCloseTo(((2 * 3) / 12) * (6 - (6 + 6) / (5 * 4)), 12);
  const { u, p } = mannWhitney([2, 3], [1, 1, 2], "greater");
  expect(p).toBeCloseTo(normalTail((u - 3 - 0.5) / Math.sqrt(variance)), 12);
});

test("exact and approximate meet where one gives way to the other", () => {
  const a = Array.from({ length: EXACT_VALUES_MAX / 2 }, (_, i) => 2 * i + 9.5);
  const b = a.map((_, i) => 2 * i);
  const exact = mannWhitney(a, b, "two_sided");
  const normal = mannWhitney([...a, 100], b, "two_sided");
  expect([exact.method, normal.method]).toEqual(["exact", "normal"]);
  const half = a.length ** 2 / 2;
  const deviation = Math.sqrt((a.length ** 2 * (EXACT_VALUES_MAX + 1)) / 12);
  expect(exact.p / (2 * normalTail((exact.u - half - 0.5) / deviation))).toBeCloseTo(1, 1);
});

test("equal values tell nothing; no values and no numbers are refused", () => {
  expect(mannWhitney([1, 1], [1, 1, 1], "two_sided")).toEqual({ u: 3, share: 0.5, p: 1, method: "normal" });
  expect(() => mannWhitney([], [1], "less")).toThrow("Both samples");
  expect(() => mannWhitney([1, Number.NaN], [1], "less")).toThrow("no number");
});
