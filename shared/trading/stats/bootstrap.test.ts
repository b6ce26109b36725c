/** Bootstrap intervals: Efron and Tibshirani's example, coverage by simulation, and the shape of the draws. */
import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import {
  acceleration,
  type BootstrapOptions,
  blockOf,
  bootstrapInterval,
  independentRows,
  type Statistic,
  stationaryRows,
} from "./bootstrap.ts";
import { mean } from "./moments.ts";
import { normalQuantile } from "./normal.ts";

/** Efron and Tibshirani 1993, table 14.1: the spatial test, A. */
const SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41];
const of = (values: readonly number[], tell: (drawn: number[]) => number | null): Statistic => {
  return (rows) => tell(Array.from(rows, (row) => values[row]!));
};
const variance = (values: number[]) => mean(values.map((x) => (x - mean(values)) ** 2));
const chance = () => seededRandom("bootstrap");

test("the book's variance: 171.5, acceleration 0.061, 90 % BCa from 116 to 260, percentile from 101 to 234", () => {
  const rows = independentRows(SPATIAL.length);
  const statistic = of(SPATIAL, variance);
  expect(acceleration(rows, statistic)).toBeCloseTo(0.061, 3);
  const options = { chance: chance(), level: 0.9, resamples: 20_000 };
  const bca = bootstrapInterval(rows, statistic, { ...options, method: "bca" });
  expect(bca.estimate).toBeCloseTo(171.5, 1);
  // The book drew 2,000 and got (115.8, 259.6) and (100.8, 233.9).
  expect(Math.abs(bca.low! - 115.8)).toBeLessThan(3);
  expect(Math.abs(bca.high! - 259.6)).toBeLessThan(5);
  const plain = bootstrapInterval(rows, statistic, { ...options, method: "percentile" });
  expect(Math.abs(plain.low! - 100.8)).toBeLessThan(3);
  expect(Math.abs(plain.high! - 233.9)).toBeLessThan(3);
});

test("draws equal to the estimate count half: as many heads as tails have an interval with ½ in its middle", () => {
  const coin = Array.from({ length: 10 }, (_, i) => i % 2);
  const { low, high } = bootstrapInterval(independentRows(10), of(coin, mean), { chance: chance(), method: "bca" });
  expect(low).toBeLessThan(0.5);
  expect(low! + high!).toBeCloseTo(1, 9);
});

test("the same seed gives the same interval, another nearly the same", () => {
  const rows = stationaryRows(SPATIAL.length, 2);
  const told = (seed: string) => bootstrapInterval(rows, of(SPATIAL, mean), { chance: seededRandom(seed) });
  expect(told("a")).toEqual(told("a"));
  expect(told("b")).not.toEqual(told("a"));
  expect(told("b").low! / told("a").low!).toBeCloseTo(1, 1);
});

const meanOf =
  (values: readonly number[]): Statistic =>
  (rows) => {
    let sum = 0;
    for (const row of rows) sum += values[row]!;
    return sum / rows.length;
  };

/** How often the interval holds the true mean 0 of a series in which each value remembers some of the last. */
function coverage(memory: number, blockLength: number, options: Omit<BootstrapOptions, "chance">): number {
  const random = seededRandom(`coverage ${memory}`);
  const TRIALS = 150;
  let held = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    let value = 0;
    const series = Array.from({ length: 120 }, () => {
      value = memory * value + normalQuantile(random.next() || 0.5);
      return value;
    });
    const rows = blockLength === 1 ? independentRows(series.length) : stationaryRows(series.length, blockLength);
    const { low, high } = bootstrapInterval(rows, meanOf(series), { ...options, chance: random });
    if (low! <= 0 && high! >= 0) held++;
  }
  return held / TRIALS;
}

test("nine of ten intervals at 90 % hold the truth; where neighbours hang together blocks are needed", () => {
  const options = { level: 0.9, resamples: 100, method: "percentile" } as const;
  expect(Math.abs(coverage(0, 1, options) - 0.9)).toBeLessThan(0.07);
  expect(coverage(0.6, 1, options)).toBeLessThan(0.65);
  // Short of 90 %: blocks of 12 hold most, not all, of what 120 values remember.
  expect(coverage(0.6, 12, options)).toBeGreaterThan(0.7);
});

test("stationary blocks are as long on average as asked, and every row is drawn as often", () => {
  const [count, block] = [50, 5];
  const rows = new Uint32Array(200_000);
  stationaryRows(count, block).draw(chance(), rows);
  let joined = 0;
  const seen = new Array<number>(count).fill(0);
  for (const [i, row] of rows.entries()) {
    seen[row]!++;
    if (i > 0 && row === (rows[i - 1]! + 1) % count) joined++;
  }
  // A block goes on with 1 − 1/5, and a new one falls on the next row by luck one time in fifty.
  expect(joined / rows.length).toBeCloseTo(1 - 1 / block + 1 / block / count, 2);
  for (const times of seen) expect(Math.abs(times / (rows.length / count) - 1)).toBeLessThan(0.15);
});

test("what has no statistic is left out and counted, and beyond a half there is no interval", () => {
  const rows = independentRows(4);
  const rarely: Statistic = (drawn) => (drawn.includes(0) ? 1 : null);
  const { undefined_resamples, low } = bootstrapInterval(rows, rarely, { chance: chance(), resamples: 1_000 });
  // (3/4)⁴ of the draws are without row 0.
  expect(undefined_resamples / 1_000).toBeCloseTo(0.316, 1);
  expect(low).toBe(1);
  const never = bootstrapInterval(rows, () => Number.NaN, { chance: chance(), resamples: 10 });
  expect(never).toEqual({ estimate: null, low: null, high: null, undefined_resamples: 10 });
  const mostly: Statistic = (drawn) => (new Set(drawn).size === 4 ? 1 : null);
  expect(bootstrapInterval(rows, mostly, { chance: chance() })).toMatchObject({ estimate: 1, low: null, high: null });
});

test("a sample of one row, or of equal ones, has an interval without width", () => {
  for (const method of ["percentile", "bca"] as const) {
    for (const values of [[3], [3, 3, 3]]) {
      const options = { chance: chance(), resamples: 50, method };
      const told = bootstrapInterval(independentRows(values.length), of(values, mean), options);
      expect(told).toEqual({ estimate: 3, low: 3, high: 3, undefined_resamples: 0 });
    }
  }
});

test("the block's length grows with the cube root", () => {
  expect([1, 8, 9, 1_000, 1_001].map(blockOf)).toEqual([1, 2, 3, 10, 11]);
});

test("options out of range are refused", () => {
  const rows = independentRows(2);
  expect(() => independentRows(0)).toThrow("at least one row");
  expect(() => stationaryRows(5, 6)).toThrow("between 1 and 5");
  expect(() => bootstrapInterval(rows, () => 1, { chance: chance(), level: 1 })).toThrow("level");
  expect(() => bootstrapInterval(rows, () => 1, { chance: chance(), resamples: 0 })).toThrow("resamples");
});
