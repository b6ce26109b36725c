/** Sharpe, Sortino, CAGR and Calmar: a published example, their definitions on random returns, and what has none. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../adapters/random.ts";
import { momentsOf } from "./moments.ts";
import { normalQuantile } from "./normal.ts";
import { cagr, calmar, rollingSharpe, sharpe, sortino, volatility } from "./ratios.ts";

const DAYS = { periods_per_year: 365, risk_free: 0 };
const YEARS = { periods_per_year: 1, risk_free: 0 };

test("Rollinger and Hoffman 2013: eight years, downside deviation 2.264 %, Sortino ratio 4.417", () => {
  const returns = [0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04];
  expect(sortino(returns, YEARS)).toBeCloseTo(4.417, 3);
});

test("by hand: three days of +1, −1 and +3 %", () => {
  const returns = [0.01, -0.01, 0.03];
  // Mean 1 %, squares off it 0, 4 and 4: deviation 2 %; one of three below zero: √(1/3) %.
  expect(volatility(returns, DAYS)).toBeCloseTo(0.02 * Math.sqrt(365), 12);
  expect(sharpe(returns, DAYS)).toBeCloseTo(0.5 * Math.sqrt(365), 12);
  expect(sortino(returns, DAYS)).toBeCloseTo(Math.sqrt(3) * Math.sqrt(365), 12);
  expect(sharpe(returns, { ...DAYS, risk_free: 3.65 })).toBeCloseTo(0, 12);
  expect(sortino(returns, { ...DAYS, risk_free: 7.3 })).toBeCloseTo((-1 / Math.sqrt((1 + 9) / 3)) * Math.sqrt(365), 12);
});

const returnsArb = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 2, maxLength: 60 });

test("are their definitions on random returns, computed another way round", () => {
  fc.assert(
    fc.property(returnsArb, fc.double({ min: 0, max: 0.1, noNaN: true }), (returns, risk_free) => {
      const n = returns.length;
      const excess = returns.map((r) => r - risk_free / 365);
      const total = (power: number) => excess.reduce((sum, r) => sum + r ** power, 0);
      // Variance from the pairs: Σ (xᵢ − xⱼ)²/(2·n·(n − 1)).
      const pairs = excess.flatMap((a) => excess.map((b) => (a - b) ** 2)).reduce((a, b) => a + b, 0);
      const deviation = Math.sqrt(pairs / (2 * n * (n - 1)));
      const annual = { periods_per_year: 365, risk_free };
      if (deviation > 1e-9) {
        const ratio = (total(1) / n / deviation) * Math.sqrt(365);
        expect(Math.abs(sharpe(returns, annual)! - ratio)).toBeLessThan(1e-6 * Math.max(1, Math.abs(ratio)));
      }
      const below = excess.filter((r) => r < 0).reduce((sum, r) => sum + r * r, 0);
      if (below > 1e-12) {
        expect(sortino(returns, annual)).toBeCloseTo((total(1) / n / Math.sqrt(below / n)) * Math.sqrt(365), 6);
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("moments are the power sums' on random returns", () => {
  fc.assert(
    fc.property(returnsArb, (returns) => {
      const { mean, deviation, skewness, kurtosis, count } = momentsOf(returns);
      if (deviation < 1e-6) return;
      const raw = (k: number) => returns.reduce((sum, r) => sum + r ** k, 0) / count;
      const [s1, s2, s3, s4] = [raw(1), raw(2), raw(3), raw(4)] as const;
      const m2 = s2 - s1 ** 2;
      expect(mean).toBeCloseTo(s1, 12);
      expect(deviation).toBeCloseTo(Math.sqrt((m2 * count) / (count - 1)), 8);
      expect(skewness * m2 ** 1.5).toBeCloseTo(s3 - 3 * s1 * s2 + 2 * s1 ** 3, 12);
      expect(kurtosis * m2 ** 2).toBeCloseTo(s4 - 4 * s1 * s3 + 6 * s1 ** 2 * s2 - 3 * s1 ** 4, 12);
    }),
    { seed: 12, numRuns: 200 },
  );
});

test("a long random walk has the Sharpe ratio that it was made with, within its error", () => {
  const random = seededRandom("walk");
  const returns = Array.from({ length: 50_000 }, () => 0.0005 + 0.01 * normalQuantile(random.next() || 0.5));
  const error = Math.sqrt(365 / returns.length);
  expect(Math.abs(sharpe(returns, DAYS)! - 0.05 * Math.sqrt(365))).toBeLessThan(3 * error);
});

test("growth compounds: a total of 21 % in two years is 10 % a year; ruin is −100 %", () => {
  expect(cagr(0.21, 2)).toBeCloseTo(0.1, 12);
  expect(cagr(0.1, 0.5)).toBeCloseTo(0.21, 12);
  expect([cagr(-1, 3), cagr(-1.2, 3)]).toEqual([-1, -1]);
  expect([cagr(0.1, 0), cagr(0.5, 1e-6)]).toEqual([null, null]);
  expect(calmar(0.3, 0.2)).toBeCloseTo(1.5, 12);
  expect([calmar(0.3, 0), calmar(null, 0.2)]).toEqual([null, null]);
});

test("too few returns, and equal ones, have no ratio, rounding notwithstanding", () => {
  for (const returns of [[], [0.01], [0.01, 0.01, 0.01], Array.from({ length: 30 }, (_, i) => 0.1 + (i % 2) * 1e-17)]) {
    expect(sharpe(returns, DAYS)).toBeNull();
    expect(sortino(returns, DAYS)).toBeNull();
  }
  expect(sharpe([0, 0, 0], DAYS)).toBeNull();
  expect(volatility([0.01], DAYS)).toBeNull();
  expect(volatility([0.01, 0.01], DAYS)).toBe(0);
  expect(sharpe([0.01, 0.02], DAYS)).not.toBeNull();
  expect(sortino([0.01, 0.02], DAYS)).toBeNull();
});

test("rolling: each is the ratio of its own window", () => {
  const returns = [0.01, -0.02, 0.03, 0.03, 0.03, 0.01];
  expect(rollingSharpe(returns, 3, DAYS)).toEqual([
    null,
    null,
    ...[0, 1, 2, 3].map((from) => sharpe(returns.slice(from, from + 3), DAYS)),
  ]);
  expect(rollingSharpe(returns, 3, DAYS)[4]).toBeNull();
  expect(rollingSharpe([], 3, DAYS)).toEqual([]);
});
