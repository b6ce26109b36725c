/** Brier's score by hand, and its parts summed the other way round. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { brierScore, brierSkill, calibrationError, type Forecast, logLoss, reliabilityCurve } from "./brier.ts";

const forecasts = (...pairs: [number, number][]): Forecast[] => pairs.map(([p, y]) => ({ p, positive: y === 1 }));

test("by hand: Brier 1950's ten forecasts of rain, his 0.19 over two classes halved", () => {
  const days = [0.7, 0.9, 0.8, 0.4, 0.2, 0, 0, 0, 0, 0.1];
  const rain = [0, 1, 1, 1, 0, 0, 0, 0, 0, 0];
  const told = forecasts(...days.map((p, i): [number, number] => [p, rain[i]!]));
  // 0.49 + 0.01 + 0.04 + 0.36 + 0.04 + 0.01 = 0.95
  expect(brierScore(told)).toBeCloseTo(0.095, 12);
  expect(brierSkill(told)).toBeCloseTo(1 - 0.095 / 0.21, 12);
});

test("a bin holds what was said from its lower edge up, the last one 1 too", () => {
  const curve = reliabilityCurve(forecasts([0, 0], [0.24, 1], [0.25, 1], [0.5, 0], [1, 1], [1, 0]), 4);
  expect(curve).toEqual([
    { from: 0, to: 0.25, count: 2, mean_p: 0.12, share: 0.5 },
    { from: 0.25, to: 0.5, count: 1, mean_p: 0.25, share: 1 },
    { from: 0.5, to: 0.75, count: 1, mean_p: 0.5, share: 0 },
    { from: 0.75, to: 1, count: 2, mean_p: 1, share: 0.5 },
  ]);
  expect(calibrationError(curve)).toBeCloseTo((2 * 0.38 + 0.75 + 0.5 + 2 * 0.5) / 6, 12);
});

test("score = reliability − resolution + uncertainty, where each bin says one thing (Murphy 1973)", () => {
  const forecast = fc.record({ p: fc.constantFrom(0.05, 0.35, 0.65, 0.95), positive: fc.boolean() });
  fc.assert(
    fc.property(fc.array(forecast, { minLength: 1, maxLength: 60 }), (told) => {
      const base = told.filter(({ positive }) => positive).length / told.length;
      const bins = reliabilityCurve(told).filter(({ count }) => count > 0);
      const parts = bins.reduce(
        (sum, { count, mean_p, share }) =>
          sum + (count * ((mean_p! - share!) ** 2 - (share! - base) ** 2)) / told.length,
        base * (1 - base),
      );
      expect(brierScore(told)).toBeCloseTo(parts, 10);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("no forecasts, all alike, and what is no probability", () => {
  expect([brierScore([]), brierSkill([]), calibrationError(reliabilityCurve([]))]).toEqual([null, null, null]);
  expect(brierSkill(forecasts([0.5, 1], [0.9, 1]))).toBeNull();
  expect(() => brierScore(forecasts([1.01, 1]))).toThrow("No probability: 1.01");
  expect(() => reliabilityCurve(forecasts([Number.NaN, 1]))).toThrow("No probability");
  expect(() => reliabilityCurve([], 0)).toThrow("bins");
});

test("log loss by hand: ln 2 for saying ½, the mean of −ln of what was said of what came true, finite when sure and wrong", () => {
  expect(logLoss([])).toBeNull();
  expect(logLoss(forecasts([0.5, 1], [0.5, 0]))).toBeCloseTo(Math.LN2, 12);
  expect(logLoss(forecasts([0.8, 1], [0.4, 0]))).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12);
  expect(logLoss(forecasts([0, 1]))).toBeCloseTo(-Math.log(1e-15), 12);
  expect(() => logLoss(forecasts([1.5, 1]))).toThrow("No probability");
});
