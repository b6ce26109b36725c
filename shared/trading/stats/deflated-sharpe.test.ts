/** Probabilistic and deflated Sharpe ratios: the papers' own numbers, and simulated records. */
import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import {
  deflatedSharpe,
  expectedBestSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  sharpePValue,
} from "./deflated-sharpe.ts";
import { momentsOf } from "./moments.ts";
import { normalQuantile } from "./normal.ts";

const NORMAL = { skewness: 0, kurtosis: 3 };

test("the paper's hedge fund: 24 months at 0.458 are 98.2 % sure if normal, 91.3 % with their real moments", () => {
  // Bailey and López de Prado 2012: annualised 1.59, skewness −2.448, kurtosis 10.164.
  const sharpe = 0.458;
  expect(probabilisticSharpe({ sharpe, count: 24, ...NORMAL })).toBeCloseTo(0.982, 3);
  expect(probabilisticSharpe({ sharpe, count: 24, skewness: -2.448, kurtosis: 10.164 })).toBeCloseTo(0.913, 3);
});

test("the paper's track records: to show that 2 a year is above 1", () => {
  // Same paper: 2.73 years of days, 2.83 of weeks, 3.24 of months; 4.99 of a typical fund's months.
  const years = (perYear: number, moments = NORMAL) =>
    minimumTrackRecord({ sharpe: 2 / Math.sqrt(perYear), ...moments }, 1 / Math.sqrt(perYear), 0.95)! / perYear;
  expect(years(252)).toBeCloseTo(2.73, 2);
  expect(years(52)).toBeCloseTo(2.83, 2);
  expect(years(12)).toBeCloseTo(3.24, 2);
  expect(years(12, { skewness: -0.72, kurtosis: 5.78 })).toBeCloseTo(4.99, 2);
});

test("the paper's best of a hundred trials: 2.5 a year deflates to 90 %, of 46 to 95 %", () => {
  // Bailey and López de Prado 2014: five years of 250 days, variance of the annualised ratios ½.
  const best = { sharpe: 2.5 / Math.sqrt(250), count: 1250, skewness: -3, kurtosis: 10 };
  const trials = (count: number) => ({ count, variance: 0.5 / 250 });
  expect(expectedBestSharpe(trials(100))).toBeCloseTo(0.1132, 4);
  expect(deflatedSharpe(best, trials(100))).toBeCloseTo(0.9004, 4);
  expect(deflatedSharpe(best, trials(46))).toBeCloseTo(0.9505, 3);
});

test("a record as long as the least needed is exactly that sure", () => {
  const sample = { sharpe: 0.11, skewness: -0.9, kurtosis: 7 };
  const count = minimumTrackRecord(sample, 0.02, 0.975)!;
  expect(probabilisticSharpe({ ...sample, count }, 0.02)).toBeCloseTo(0.975, 12);
});

test("the best of many skilless trials is about what is expected of it", () => {
  const random = seededRandom("best of");
  const bests = Array.from({ length: 2_000 }, () =>
    Math.max(...Array.from({ length: 50 }, () => normalQuantile(random.next() || 0.5) * 0.1)),
  );
  expect(momentsOf(bests).mean / expectedBestSharpe({ count: 50, variance: 0.01 })).toBeCloseTo(1, 1);
});

test("the p-value is what is left of the probability, also where that is all but 1", () => {
  const sample = { sharpe: 0.3, skewness: -0.5, kurtosis: 5 };
  expect(sharpePValue({ ...sample, count: 30 })).toBeCloseTo(1 - probabilisticSharpe({ ...sample, count: 30 })!, 14);
  const long = sharpePValue({ ...sample, count: 2_000 })!;
  expect(long).toBeGreaterThan(0);
  expect(long).toBeLessThan(1e-20);
  expect(sharpePValue({ ...sample, count: 1 })).toBeNull();
});

test("one trial needs no deflating; what is no sample has no answer", () => {
  const best = { sharpe: 0.1, count: 100, ...NORMAL };
  expect(deflatedSharpe(best, { count: 1, variance: 0 })).toBe(probabilisticSharpe(best));
  expect(probabilisticSharpe({ ...best, count: 1 })).toBeNull();
  expect(probabilisticSharpe({ ...best, skewness: Number.NaN })).toBeNull();
  expect(probabilisticSharpe({ ...best, skewness: 50 })).toBeNull();
  expect(minimumTrackRecord(best, 0.1)).toBeNull();
  expect(() => expectedBestSharpe({ count: 0, variance: 1 })).toThrow("At least one trial");
  expect(() => expectedBestSharpe({ count: 2, variance: Number.NaN })).toThrow("variance");
  expect(() => minimumTrackRecord(best, 0, 1)).toThrow("confidence");
});
