import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { normal } from "./agent-world.ts";
import {
  autocorrelation,
  everyNth,
  excessKurtosis,
  logReturns,
  mean,
  quantile,
  sorted,
  variance,
} from "./statistics.ts";

test("quantiles lie between neighbours, and of nothing there is none", () => {
  const values = sorted([4, 1, 3, 2]);
  expect([0, 0.5, 1].map((part) => quantile(values, part))).toEqual([1, 2.5, 4]);
  expect(quantile([], 0.5)).toBeNaN();
  expect(mean([])).toBeNaN();
});

test("moments of known lists", () => {
  expect(variance([1, 3])).toBe(1);
  // ±1 alone: m₄ = m₂ = 1
  expect(excessKurtosis([1, -1, 1, -1])).toBe(-2);
  expect(excessKurtosis([2, 2])).toBeNaN();
  // a normal's is zero
  const random = seededRandom(1);
  const draws = Array.from({ length: 20_000 }, () => normal(random));
  expect(Math.abs(excessKurtosis(draws))).toBeLessThan(0.2);
  expect(Math.abs(autocorrelation(draws, 1)[0] as number)).toBeLessThan(0.03);
});

test("autocorrelation sees what repeats", () => {
  const alternating = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? 1 : -1));
  const [one, two] = autocorrelation(alternating, 2);
  expect(one).toBeCloseTo(-1, 2);
  expect(two).toBeCloseTo(1, 2);
  expect(autocorrelation([5, 5, 5], 1)[0]).toBeNaN();
});

test("returns are logarithms of neighbours, and series can be thinned", () => {
  expect(logReturns([1, Math.E, 1])).toEqual([1, -1]);
  expect(everyNth([0, 1, 2, 3, 4], 2)).toEqual([0, 2, 4]);
});
