import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { curveBps } from "./cost.ts";
import { type CostSample, fitCurve, median } from "./cost-curve.ts";

/** Notionals from 50 to 20 000 USDT, the noise drawn by the test. */
const along = (base: number, slope: number, noise: readonly number[]): CostSample[] =>
  noise.map((off, at) => {
    const notionalUsdt = 50 * 400 ** (((at * 7) % noise.length) / noise.length);
    return { notionalUsdt, slippageBps: curveBps({ base_bps: base, slope_bps: slope }, notionalUsdt) + off };
  });

describe("a curve fitted to our own fills", () => {
  test("property: a known curve under noise and outliers is found again", () => {
    const cases = fc.record({
      base: fc.double({ min: 0, max: 5, noNaN: true }),
      slope: fc.double({ min: 0, max: 4, noNaN: true }),
      noise: fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 120, maxLength: 200 }),
      outliers: fc.array(fc.double({ min: 50, max: 5_000, noNaN: true }), { maxLength: 15 }),
    });
    fc.assert(
      fc.property(cases, ({ base, slope, noise, outliers }) => {
        const odd = outliers.map((slippageBps, at) => ({ notionalUsdt: 100 * (at + 1), slippageBps }));
        const fit = fitCurve([...odd, ...along(base, slope, noise)], 30);
        expect(fit).toBeDefined();
        for (const usdt of [100, 1_000, 5_000, 20_000]) {
          const truth = curveBps({ base_bps: base, slope_bps: slope }, usdt);
          expect(Math.abs(curveBps(fit!, usdt) - truth)).toBeLessThan(0.6);
        }
        expect(fit!.error_bps).toBeLessThan(0.6);
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test("property: whatever it is fed, its costs are finite and never below zero", () => {
    const anything = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, Number.MIN_VALUE, 100, 400),
    );
    const samples = fc.array(fc.record({ notionalUsdt: anything, slippageBps: anything }), { maxLength: 60 });
    fc.assert(
      fc.property(samples, anything, (some, usdt) => {
        const fit = fitCurve(some, 1);
        if (!fit) return;
        const bps = [fit.base_bps, fit.slope_bps, fit.error_bps];
        expect(bps.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
        if (Number.isFinite(usdt) && Math.abs(usdt) < 1e15) expect(curveBps(fit, usdt)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  test("too few say nothing; all of one size say what that size costs", () => {
    const alike = Array.from({ length: 40 }, (_, at) => ({ notionalUsdt: 400, slippageBps: at % 2 === 0 ? 1 : 3 }));
    expect(fitCurve(alike.slice(0, 29), 30)).toBeUndefined();
    expect(fitCurve(alike, 30)).toEqual({ base_bps: 2, slope_bps: 0, error_bps: 1 });
    expect(fitCurve([], 0)).toBeUndefined();
  });
});

test("property: the median that is selected is the one in the middle after sorting, with ties and without", () => {
  const value = fc.oneof(
    fc.integer({ min: -2, max: 2 }),
    fc.double({ noNaN: true }),
    fc.constantFrom(0, 1e308, -1e308),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const middle = sorted.length >> 1;
      const [lower = 0, upper = 0] =
        sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
      const found = median(values);
      if (sorted.length % 2 === 1) expect(found === upper).toBe(true);
      else expect(Object.is(found + 0, (lower + upper) / 2 + 0)).toBe(true);
    }),
    { seed: 29, numRuns: 2_000 },
  );
});
