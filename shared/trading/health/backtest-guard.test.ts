import { describe, expect, test } from "bun:test";
import { Bundle } from "../../domain/bundle.ts";
import { ASSUMED_LATENCY, delayMs, NO_LATENCY } from "../../engine/latency.ts";
import { seededChance } from "../stats/seeded-chance.ts";
import {
  assumedAckP95,
  type Compared,
  checksOf,
  decideGuard,
  expectedBps,
  type GuardState,
  slippageMape,
  takerShares,
} from "./backtest-guard.ts";

const flags = Bundle.shape.flags.parse({}).backtest_guard;
const DAY = 86_400_000;
const FINE: Compared = {
  slippage: { value: 0.35, sample: 100 },
  takers: { real: 0.5, expected: 0.7, sample: 100 },
  latency: { real: 320, assumed: 20, sample: 100 },
};
const BEYOND: Record<string, Partial<Compared>> = {
  slippage_mape: { slippage: { value: 0.36, sample: 100 } },
  taker_share_difference: { takers: { real: 0.91, expected: 0.7, sample: 100 } },
  latency_p95_difference_ms: { latency: { real: 321, assumed: 20, sample: 100 } },
};
const SHORT: Record<string, Partial<Compared>> = {
  slippage_mape: { slippage: { value: 9, sample: 99 } },
  taker_share_difference: { takers: { real: 1, expected: 0, sample: 99 } },
  latency_p95_difference_ms: { latency: { real: 9_000, assumed: 20, sample: 99 } },
};

describe("each comparison is driven over its limit and back", () => {
  const decide = (state: GuardState, compared: Partial<Compared>, now: number) =>
    decideGuard(state, checksOf({ ...FINE, ...compared }, flags), { flags, now });
  for (const [name, beyond] of Object.entries(BEYOND)) {
    test(name, () => {
      let { state, effects } = decide({}, {}, 0);
      expect([state, effects]).toEqual([{}, {}]);
      ({ state, effects } = decide(state, beyond, 1));
      expect(Object.keys(effects)).toEqual(["careful_routing"]);
      expect(effects.careful_routing).toStartWith(`${name} `);
      ({ state, effects } = decide(state, beyond, 14 * DAY));
      expect(Object.keys(effects)).toEqual(["careful_routing"]);
      // Nor does too little data make it worse.
      ({ state, effects } = decide(state, SHORT[name]!, 1 + 14 * DAY));
      expect(Object.keys(effects)).toEqual(["careful_routing"]);
      ({ state, effects } = decide(state, beyond, 1 + 14 * DAY));
      expect(Object.keys(effects)).toEqual(["careful_routing", "no_entries"]);
      // Too little data undoes nothing.
      ({ state, effects } = decide(state, SHORT[name]!, 2 + 14 * DAY));
      expect(Object.keys(effects)).toEqual(["careful_routing", "no_entries"]);
      ({ state, effects } = decide(state, {}, 3 + 14 * DAY));
      expect([state, effects]).toEqual([{}, {}]);
    });
    test(`${name} with too little data says nothing`, () => {
      expect(decide({}, SHORT[name]!, 0).effects).toEqual({});
    });
  }
  test("turned off it undoes what it did", () => {
    const checks = checksOf({ ...FINE, ...BEYOND.slippage_mape }, flags);
    const { effects } = decideGuard({ beyond_since: 0, why: "x" }, checks, {
      flags: { ...flags, enabled: false },
      now: 1,
    });
    expect(effects).toEqual({});
  });
});

describe("slippage", () => {
  const curves = new Map([["FUT:BTCUSDT", { base_bps: 1, slope_bps: 1 }]]);
  const order = (bps: number, notionalUsdt = 1_000, instrument = "FUT:BTCUSDT") => ({ instrument, notionalUsdt, bps });
  test("that scatters around the curve is none beside it", () => {
    expect(expectedBps({ base_bps: 1, slope_bps: 1 }, 4_000)).toBe(3);
    expect(slippageMape([order(0), order(4), order(2)], curves)).toEqual({ value: 0, sample: 3 });
  });
  test("too much for large orders is not made good by too little for small ones", () => {
    const samples = [order(3, 1_000), order(7, 16_000)];
    expect(slippageMape(samples, curves).value).toBeCloseTo((0.5 + 0.4) / 2);
    expect(slippageMape([order(3), order(1)], curves).value).toBe(0);
  });
  test("of instruments without a curve says nothing", () => {
    expect(slippageMape([order(9, 1_000, "SPOT:BTCUSDT")], curves)).toEqual({ value: null, sample: 0 });
  });
  test("is held against half a basis point where nearly nothing is expected", () => {
    expect(slippageMape([order(0.1)], new Map([["FUT:BTCUSDT", { base_bps: 0, slope_bps: 0 }]])).value).toBeCloseTo(
      0.2,
    );
  });
});

test("takers are expected of what was posted and not filled, and of what was never posted", () => {
  expect(takerShares({ filled: 100, asMaker: 30, posted: 80 }, 0.5)).toEqual({ real: 0.7, expected: 0.6 });
  expect(takerShares({ filled: 100, asMaker: 120, posted: 300 }, 0.5)).toEqual({ real: 0, expected: 0 });
  expect(takerShares({ filled: 0, asMaker: 0, posted: 5 }, 0.5)).toEqual({ real: null, expected: null });
});

test("the assumed latency is what backtests draw", () => {
  const chance = seededChance(11);
  for (const { order, response } of [
    ASSUMED_LATENCY,
    { order: { baseMs: 1, jitterMs: 2 }, response: { baseMs: 1, jitterMs: 2 } },
    { order: { baseMs: 3, jitterMs: 0 }, response: { baseMs: 1, jitterMs: 2 } },
  ]) {
    const drawn = Array.from(
      { length: 40_000 },
      () => delayMs(order, chance.next()) + delayMs(response, chance.next()),
    );
    const p95 = drawn.sort((a, b) => a - b)[Math.ceil(0.95 * drawn.length) - 1] as number;
    expect(Math.abs(assumedAckP95({ order, response }) - p95)).toBeLessThan(0.3);
  }
  expect(assumedAckP95(NO_LATENCY)).toBeCloseTo(0, 5);
});
