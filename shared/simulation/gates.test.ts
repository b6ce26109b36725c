import { describe, expect, test } from "bun:test";
import type { SensitivityAnalysis, SimulationSummary } from "../domain/simulation.ts";
import { viewWith } from "../trading/decision/decision.fixture.ts";
import { createComparison } from "./comparison.ts";
import { dryRunGate, robustnessGate } from "./gates.ts";
import { LISTINGS, seen } from "./seen.fixture.ts";
import type { SeenSignal } from "./weigher.ts";

/** As shipped: 60 % skipped, 50 % larger, 35 % alike, 60 % robust, 30 signals. */
const LIMITS = viewWith().bundle.flags.promotion;

const run = (change: object, signals: SeenSignal[]): SimulationSummary => {
  const comparison = createComparison({
    ...{ active: viewWith(), candidate: viewWith(change), listings: LISTINGS, horizons: [] },
  });
  comparison.take(signals);
  return comparison.result().summary;
};
/** Of `all` longs so many are told apart by a negative return. */
const longs = (all: number, apart: number): SeenSignal[] =>
  Array.from({ length: all }, (_, at) => seen({ at, values: { ret_10s: at < apart ? -1 : 1 } }));
const rulesWith = (effect: object) => ({
  rules: [{ rule_id: "apart", when: { f: "ret_10s", op: "<", v: 0 }, effect }],
});

describe("the dry-run", () => {
  const skipping = (apart: number) => dryRunGate(run(rulesWith({ skip_entry: true }), longs(100, apart)), LIMITS);

  test("lets rules skip 60 % of what is wanted, and no more", () => {
    expect(skipping(60)).toMatchObject({ name: "dry_run", state: "PASSED" });
    expect(skipping(61)).toMatchObject({ state: "FAILED", value: 0.61, limit: 0.6 });
    expect(skipping(60).state).toBe("PASSED");
    expect(skipping(61).detail).toContain("skipped by rules: 61 % of 100 (at most 60 %)");
  });

  test("lets half of what is opened be made larger, and no more", () => {
    const larger = (apart: number) => dryRunGate(run(rulesWith({ size_mult: 1.2 }), longs(100, apart)), LIMITS);
    expect(larger(50).state).toBe("PASSED");
    expect(larger(51)).toMatchObject({ state: "FAILED", value: 0.51, limit: 0.5 });
    expect(larger(50).state).toBe("PASSED");
  });

  test("wants 35 % of what either opens to be opened by both", () => {
    // Rules would be looked at first: here the strategy itself wants less.
    const strategy = viewWith().bundle.strategies[0]!;
    const long = { allOf: [strategy.long!, { f: "ret_10s", op: ">", v: 0 }] };
    const alike = (both: number) =>
      dryRunGate(run({ strategies: [{ ...strategy, long }] }, longs(100, 100 - both)), LIMITS);
    expect(alike(35).state).toBe("PASSED");
    expect(alike(34)).toMatchObject({ state: "FAILED", value: 0.34, limit: 0.35 });
    expect(alike(35).state).toBe("PASSED");
    expect(alike(0)).toMatchObject({ state: "FAILED", value: 0 });
  });

  test("says nothing of fewer signals than it takes, and at once when there are enough", () => {
    const none = rulesWith({ skip_entry: true });
    expect(dryRunGate(run(none, longs(29, 29)), LIMITS)).toMatchObject({ state: "NOT_ENOUGH", value: null });
    expect(dryRunGate(run(none, longs(30, 30)), LIMITS)).toMatchObject({ state: "FAILED", value: 1 });
    expect(dryRunGate(run(none, []), LIMITS)).toMatchObject({ state: "NOT_ENOUGH", value: null, limit: null });
    const idle = Array.from({ length: 200 }, (_, at) => seen({ at, values: { obi_5: 0 } }));
    expect(dryRunGate(run(none, idle), LIMITS).state).toBe("NOT_ENOUGH");
  });

  test("goes by the limits it is given", () => {
    const summary = run(rulesWith({ skip_entry: true }), longs(100, 61));
    expect(dryRunGate(summary, { ...LIMITS, skip_share_max: 0.7 }).state).toBe("PASSED");
    expect(dryRunGate(summary, { ...LIMITS, signals_min: 101 }).state).toBe("NOT_ENOUGH");
  });
});

describe("robustness", () => {
  const of = (robustness: number, evaluated = 100): SensitivityAnalysis => ({
    ...{ epsilon: 0.05, evaluated, factors: [], flip_share: 1 - robustness, lipschitz_median: null, robustness },
  });

  test("is enough from 60 % on", () => {
    expect(robustnessGate(of(0.6), LIMITS)).toMatchObject({ name: "robustness", state: "PASSED", value: 0.6 });
    expect(robustnessGate(of(0.59), LIMITS)).toMatchObject({ state: "FAILED", value: 0.59, limit: 0.6 });
    expect(robustnessGate(of(0.6), LIMITS).state).toBe("PASSED");
  });

  test("says nothing where few of many are opened at all, and tells what turns of those that are", () => {
    const rare = (opened: number) => robustnessGate({ ...of(0.95, 1_000), opened }, LIMITS);
    expect(rare(29)).toMatchObject({ state: "NOT_ENOUGH", value: null });
    expect(rare(29).detail).toBe("1000 signals moved, 29 of them opened before or after; it takes 30");
    expect(rare(100).state).toBe("PASSED");
    expect(rare(100).detail).toEndWith("changes 5 % of 1000 decisions, 50 % of the 100 opened before or after");
  });

  test("says nothing of fewer signals than it takes, or when nobody asked", () => {
    expect(robustnessGate(of(0, 29), LIMITS)).toMatchObject({ state: "NOT_ENOUGH", value: null });
    expect(robustnessGate(of(0, 30), LIMITS).state).toBe("FAILED");
    expect(robustnessGate(undefined, LIMITS)).toMatchObject({ state: "NOT_ENOUGH", limit: 0.6 });
  });
});
