/** Benjamini and Hochberg: their own example, the definition, and no skill found in noise. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../adapters/random.ts";
import { sharpePValue } from "./deflated-sharpe.ts";
import { adjustedPs, confirmed } from "./false-discovery.ts";
import { momentsOf } from "./moments.ts";
import { normalQuantile } from "./normal.ts";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

test("the paper's example: of fifteen comparisons four are confirmed at 5 %", () => {
  // Benjamini and Hochberg 1995, section 3.2 (Neuhaus et al. 1992).
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  expect(confirmed(ps, 0.05)).toEqual(ps.map((_, i) => i < 4));
  expect(adjustedPs(ps)[3]).toBeCloseTo((0.0095 * 15) / 4, 12);
  // 0.0278·15/6 is undercut by the one after it.
  const [fifth, sixth, seventh] = adjustedPs(ps).slice(4);
  expect(fifth).toBeCloseTo((0.0201 * 15) / 5, 12);
  expect(sixth).toBe(seventh);
  expect(seventh).toBeCloseTo((0.0298 * 15) / 7, 12);
});

/** The step-up procedure as it is defined: the k smallest, for the greatest k with p₍ₖ₎ ≤ k/m·α. */
function stepUp(ps: readonly number[], rate: number): boolean[] {
  const sorted = ps.toSorted((a, b) => a - b);
  const last = sorted.findLastIndex((p, i) => p <= ((i + 1) / ps.length) * rate);
  return ps.map((p) => last >= 0 && p <= sorted[last]!);
}

test("confirms what the step-up procedure rejects, in any order and with ties", () => {
  // Powers of two, so that p·m/k ≤ α and p ≤ k·α/m round alike.
  const p = fc.integer({ min: 0, max: 64 }).map((n) => n / 64);
  fc.assert(
    fc.property(fc.array(p, { maxLength: 40 }), fc.constantFrom(0.0625, 0.25, 0.5), (ps, rate) => {
      expect(confirmed(ps, rate)).toEqual(stepUp(ps, rate + 1e-12));
    }),
    { seed: 2, numRuns: 500 },
  );
});

test("adjusted values keep the order of the p-values, and are no smaller than they", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 }), (ps) => {
      const adjusted = adjustedPs(ps);
      for (const [i, p] of ps.entries()) {
        expect(adjusted[i]!).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]!).toBeLessThanOrEqual(1);
        for (const [j, other] of ps.entries()) if (p < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
      }
    }),
    { seed: 3, numRuns: 100 },
  );
});

const DAYS = 250;
const WALKS = 1_000;
const FAMILY = 10;
/** How sure one may not be that a random walk with this drift (in deviations a day) earns nothing. */
function walkPs(seed: string, driftOf: (walk: number) => number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: WALKS }, (_, walk) => {
    const returns = Array.from({ length: DAYS }, () => normalQuantile(random.next() || 0.5) + driftOf(walk));
    const { mean, deviation, ...moments } = momentsOf(returns);
    return sharpePValue({ sharpe: mean / deviation, ...moments })!;
  });
}
const families = (ps: readonly number[]) =>
  Array.from({ length: WALKS / FAMILY }, (_, i) => ps.slice(i * FAMILY, (i + 1) * FAMILY));

test("of a thousand random walks nearly none is confirmed", () => {
  const ps = walkPs("noise", () => 0);
  // Without the correction a twentieth of them would be.
  expect(ps.filter((p) => p <= 0.05).length).toBeGreaterThan(WALKS * 0.03);
  expect(confirmed(ps, 0.05).filter(Boolean).length).toBe(0);
  // In families of ten, a family counts as false once one is confirmed: a share of 10 % is allowed, ±3 % by luck.
  const falseFamilies = families(ps).filter((family) => confirmed(family, 0.1).some(Boolean)).length;
  expect(falseFamilies / (WALKS / FAMILY)).toBeLessThanOrEqual(0.1 + 0.03);
});

test("where half of them have skill, skill is found and the false share stays at or below the level", () => {
  const isSkilled = (walk: number) => walk % 2 === 0;
  const ps = walkPs("half", (walk) => (isSkilled(walk) ? 0.25 : 0));
  for (const rate of [0.05, 0.1, 0.2]) {
    const shares = families(ps).map((family) => {
      const found = confirmed(family, rate).flatMap((yes, walk) => (yes ? [isSkilled(walk) ? 0 : 1] : []));
      return found.length === 0 ? 0 : sum(found) / found.length;
    });
    expect(sum(shares) / shares.length).toBeLessThanOrEqual(rate);
    expect(confirmed(ps, rate).filter((yes, walk) => yes && isSkilled(walk)).length).toBeGreaterThan(WALKS * 0.4);
  }
});

test("no hypotheses, no confirmations; what is no probability is refused", () => {
  expect(adjustedPs([])).toEqual([]);
  expect(() => adjustedPs([0.1, Number.NaN])).toThrow("p-value 2 is no probability: NaN");
  expect(() => adjustedPs([1.1])).toThrow("no probability");
  expect(() => confirmed([0.1], 1)).toThrow("false-discovery rate");
});
