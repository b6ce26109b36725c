/** Platt's calibration: finds what scores were distorted by, and stays finite. */
import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { brierScore, calibrationError, reliabilityCurve } from "./brier.ts";
import { sigmoid } from "./log-loss.ts";
import { normalQuantile } from "./normal.ts";
import { calibrated, fitPlatt } from "./platt.ts";

/** Scores three times too sure and one too high. */
function overconfident(seed: string, count: number) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const z = normalQuantile(random.next() || 0.5);
    return { score: 3 * z + 1, positive: random.next() < sigmoid(z) };
  });
}

test("undoes what the scores were distorted by, and unseen probabilities become right", () => {
  const platt = fitPlatt(overconfident("fit", 20_000));
  expect(platt.slope).toBeCloseTo(1 / 3, 1);
  expect(platt.shift).toBeCloseTo(-1 / 3, 1);
  const unseen = overconfident("unseen", 20_000);
  const before = unseen.map(({ score, positive }) => ({ p: sigmoid(score), positive }));
  const after = unseen.map(({ score, positive }) => ({ p: calibrated(platt, score), positive }));
  expect(calibrationError(reliabilityCurve(before))!).toBeGreaterThan(0.1);
  expect(calibrationError(reliabilityCurve(after))!).toBeLessThan(0.015);
  expect(brierScore(after)!).toBeLessThan(brierScore(before)!);
});

test("by hand: two positives at 1 and two negatives at −1 say ¾ and ¼, as the smoothed targets do", () => {
  const platt = fitPlatt([-1, -1, 1, 1].map((score) => ({ score, positive: score > 0 })));
  expect(calibrated(platt, 1)).toBeCloseTo(0.75, 9);
  expect(calibrated(platt, -1)).toBeCloseTo(0.25, 9);
});

test("equal scores, one row, one class", () => {
  const equal = fitPlatt([true, false, false].map((positive) => ({ score: 2, positive })));
  expect(equal.slope).toBe(0);
  // Targets 2/3, 1/4 and 1/4.
  expect(calibrated(equal, 9)).toBeCloseTo((2 / 3 + 1 / 4 + 1 / 4) / 3, 9);
  expect(calibrated(fitPlatt([{ score: 5, positive: true }]), 5)).toBeCloseTo(2 / 3, 9);
  const alike = fitPlatt([1, 2, 3].map((score) => ({ score, positive: true })));
  expect(calibrated(alike, 2)).toBeCloseTo(0.8, 9);
  expect(() => fitPlatt([])).toThrow("nothing to calibrate");
  expect(() => fitPlatt([{ score: Number.POSITIVE_INFINITY, positive: true }])).toThrow("no number");
});
