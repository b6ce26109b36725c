import { expect, test } from "bun:test";
import { type CostTerms, curveBps, driftBps, expectedCost } from "./cost.ts";

const terms = (over: Partial<CostTerms> = {}): CostTerms => ({
  makerFee: 0.0002,
  takerFee: 0.0005,
  spreadBps: 1,
  notionalUsdt: 1_000,
  waitMs: 1_200,
  curve: undefined,
  slippageBps: 0.5,
  fillShare: 0.5,
  varianceBpsPerMs: 0,
  ...over,
});

test("without fills of our own the assumed slippage stands beside half the spread", () => {
  expect(expectedCost(terms())).toEqual({ maker_bps: 4, taker_bps: 6 });
});

test("with a curve, larger orders cost more, and never less than half the spread of now", () => {
  const curve = { base_bps: 0.2, slope_bps: 1 };
  expect(curveBps(curve, 4_000)).toBe(2.2);
  expect(expectedCost(terms({ curve, notionalUsdt: 4_000 })).taker_bps).toBeCloseTo(7.2, 9);
  expect(expectedCost(terms({ curve, spreadBps: 10 })).taker_bps).toBeCloseTo(10, 9);
});

test("a market that runs away makes posting dearer; a maker that always fills pays its fee alone", () => {
  expect(driftBps(0.01, 1_200)).toBeCloseTo(2.764, 3);
  const wild = expectedCost(terms({ varianceBpsPerMs: 0.05 }));
  expect(wild.maker_bps).toBeGreaterThan(wild.taker_bps);
  expect(expectedCost(terms({ fillShare: 1, varianceBpsPerMs: 9 })).maker_bps).toBe(2);
  expect(expectedCost(terms({ fillShare: 0 })).maker_bps).toBe(6);
});
