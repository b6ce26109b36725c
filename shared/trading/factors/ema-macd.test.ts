import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import { ema, macd, macdHistogram, macdSignal } from "./ema-macd.ts";
import { type FactorParams, type Family, NO_SOURCES } from "./factor.ts";
import { Inputs } from "./inputs.ts";

const bars = randomBars(2, 300);
const closes = bars.map((bar) => bar.close);

const params = (...numbers: number[]): FactorParams => ({ numbers, timeframe: "1m", windowMs: 0 });
function run(family: Family, given: FactorParams): number[] {
  const state = family.make(given, new Inputs(), NO_SOURCES);
  return bars.map((bar) => {
    state.onBar!(bar);
    return state.read(0);
  });
}

/** The weights written out over all values so far; NaN before the first n. */
function plainEma(values: number[], n: number): number {
  if (values.length < n) return Number.NaN;
  const alpha = 2 / (n + 1);
  const later = values.slice(n);
  const seed = values.slice(0, n).reduce((a, b) => a + b, 0) / n;
  const decayed = seed * (1 - alpha) ** later.length;
  return later.reduce((sum, x, at) => sum + alpha * x * (1 - alpha) ** (later.length - 1 - at), decayed);
}

test("ema equals the weighted sum over the whole past", () => {
  for (const n of [1, 5, 20]) {
    const seen = run(ema, params(n));
    for (const [at, value] of seen.entries()) {
      const expected = plainEma(closes.slice(0, at + 1), n);
      if (Number.isNaN(expected)) expect(value).toBeNaN();
      else expect(Math.abs(value / expected - 1)).toBeLessThan(1e-9);
    }
  }
});

test("macd line, signal and histogram equal the same made of whole-past averages", () => {
  const given = params(12, 26, 9);
  const lines = closes.map((_, at) => plainEma(closes.slice(0, at + 1), 12) - plainEma(closes.slice(0, at + 1), 26));
  const known = lines.filter((line) => !Number.isNaN(line));
  const [line, signal, histogram] = [run(macd, given), run(macdSignal, given), run(macdHistogram, given)];
  const firstLine = 25;
  const firstSignal = firstLine + 8;
  expect(lines.findIndex((x) => !Number.isNaN(x))).toBe(firstLine);
  expect(line[firstLine - 1]).toBeNaN();
  expect(signal[firstSignal - 1]).toBeNaN();
  expect(histogram[firstSignal - 1]).toBeNaN();
  for (let at = firstSignal; at < bars.length; at++) {
    const expected = plainEma(known.slice(0, at - firstLine + 1), 9);
    expect(line[at]!).toBeCloseTo(lines[at]!, 9);
    expect(signal[at]!).toBeCloseTo(expected, 9);
    expect(histogram[at]!).toBeCloseTo(lines[at]! - expected, 9);
  }
});
