import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { BundleView } from "../domain/bundle.ts";
import { SimulationSummary } from "../domain/simulation.ts";
import { strategyWith, viewWith } from "../trading/decision/decision.fixture.ts";
import { CHANGED_MAX, type ComparisonOptions, createComparison } from "./comparison.ts";
import { LISTINGS, seen } from "./seen.fixture.ts";
import type { SeenSignal } from "./weigher.ts";

const HASH = "a".repeat(64);
const OTHER_HASH = "b".repeat(64);
const DAY_MIN = 1_440;

const compare = (candidate: BundleView, signals: SeenSignal[], more: Partial<ComparisonOptions> = {}) => {
  const comparison = createComparison({
    ...{ active: viewWith(), candidate, listings: LISTINGS, horizons: [] },
    ...more,
  });
  comparison.take(signals);
  return comparison.result();
};
const ruleOf = (effect: object, when: object = { f: "obi_5", op: ">", v: 0 }) => ({
  rules: [{ rule_id: "new-rule", when, effect }],
});
const long = (at: number) => seen({ at });
const short = (at: number) => seen({ at, values: { obi_5: -0.6 } });
const idle = (at: number) => seen({ at, values: { obi_5: 0 } });

describe("a revision over the signals of the past", () => {
  test("against itself changes nothing, and what is opened is what the live desk opens at rest", () => {
    const { summary, changed } = compare(viewWith(), [long(0), short(1), idle(2)]);
    expect(summary).toMatchObject({
      ...{ signals: 3, not_weighed: 0, both_open: 2, only_active: 0, only_candidate: 0, neither: 1, changed: 0 },
      ...{ changed_share: 0, similarity: 1, wanted: 2, skipped_by_rules_share: 0, sized_up_share: 0 },
      reasons: [
        { reason: "open", active: 2, candidate: 2 },
        { reason: "no_entry", active: 1, candidate: 1 },
      ],
      strategies: [{ strategy_id: "lean", signals: 3, active: 2, candidate: 2 }],
    });
    expect(changed).toEqual([]);
    expect(SimulationSummary.parse(summary)).toEqual(summary);
  });

  test("that wants more opens less, and each that changed says what it was and what it would be", () => {
    const strict = viewWith(strategyWith({ long: { f: "obi_5", op: ">", v: 0.7 } }));
    const { summary, changed } = compare(strict, [long(0), short(1), seen({ at: 2, values: { obi_5: 0.8 } })]);
    expect(summary).toMatchObject({
      both_open: 2,
      only_active: 1,
      changed: 1,
      similarity: 2 / 3,
      changed_share: 1 / 3,
    });
    expect(changed).toEqual([
      {
        ...{ signal_id: "at-0", ts: long(0).signal.ts, strategy_id: "lean", instrument: "FUT:BTCUSDT" },
        active: expect.stringMatching(/^BUY 0\.006 at 60000\.1, stop 59\d\d\d.*, target 60\d\d\d/),
        candidate: "skip: no_entry",
      },
    ]);
  });

  test("with another side, size, stop or target has changed, though both open", () => {
    const turned = strategyWith({ long: { f: "obi_5", op: "<", v: -0.5 }, short: { f: "obi_5", op: ">", v: 0.5 } });
    for (const change of [turned, ruleOf({ size_mult: 0.5 }), ruleOf({ sl_mult: 0.8 }), ruleOf({ tp_mult: 1.5 })]) {
      expect(compare(viewWith(change), [long(0)]).summary).toMatchObject({ both_open: 1, changed: 1, similarity: 1 });
    }
  });

  test("tells what its rules skip of the entries wanted, what they make larger of those opened, and which fired", () => {
    const rules = [
      { rule_id: "no-longs", priority: 1, when: { f: "side", op: "==", v: 1 }, effect: { skip_entry: true } },
      { rule_id: "more", priority: 2, when: { f: "obi_5", op: "<", v: -0.7 }, effect: { size_mult: 1.2 } },
    ];
    const signals = [long(0), long(1), long(2), short(3), seen({ at: 4, values: { obi_5: -0.9 } }), idle(5)];
    const { summary } = compare(viewWith({ rules }), signals);
    expect(summary).toMatchObject({ wanted: 5, skipped_by_rules_share: 3 / 5, sized_up_share: 1 / 2 });
    expect(summary.rules).toEqual([
      { rule_id: "no-longs", active: 0, candidate: 3 },
      { rule_id: "more", active: 0, candidate: 1 },
    ]);
    expect(summary.reasons).toContainEqual({ reason: "no-longs", active: 0, candidate: 3 });
  });

  test("counts guards on the market and the bundle's own limits, and none on the account", () => {
    const reasonOf = (change: object, signal = long(0)) =>
      compare(viewWith(change), [signal]).summary.reasons.find(({ candidate }) => candidate > 0)?.reason;
    const instruments = [{ instrument: "FUT:BTCUSDT", spread_bps_max: 0.01 }, { instrument: "SPOT:BTCUSDT" }];
    expect(reasonOf({ instruments })).toBe("spread_bps");
    expect(reasonOf({ flags: { risk: { trading_hours_utc: [[13, 14]] } } })).toBe("trading_window");
    expect(reasonOf({ flags: { risk: { funding_rate_abs_max: 0.00001 } } })).toBe("funding_rate");
    expect(reasonOf({ flags: { risk: { exposure_instrument_usdt_max: "100" } } })).toBe("exposure_instrument_usdt");
    const old = seen();
    const late = { ...old, signal: { ...old.signal, ts: old.signal.ts + 4_000 } };
    expect(reasonOf({}, late)).toBe("features_age_ms");
    expect(reasonOf({ flags: { risk: { entries_per_market_max: 1, losses_in_row_max: 1 } } })).toBe("open");
  });

  test("a strategy, an instrument or a listing that is gone opens nothing", () => {
    const reasonOf = (change: object, signal = long(0)) =>
      compare(viewWith(change), [signal]).summary.reasons.find(({ candidate }) => candidate > 0)?.reason;
    expect(reasonOf(strategyWith({ strategy_id: "another" }))).toBe("unknown_strategy");
    expect(reasonOf(strategyWith({ enabled: false }))).toBe("strategy_enabled");
    expect(reasonOf(strategyWith({ instruments: ["SPOT:BTCUSDT"] }))).toBe("instrument_not_traded");
    const summary = compare(viewWith(), [long(0)], { listings: [] }).summary;
    expect(summary.reasons).toEqual([{ reason: "unknown_instrument", active: 1, candidate: 1 }]);
  });

  test("keeps the first that changed, and counts the rest", () => {
    const signals = Array.from({ length: CHANGED_MAX + 50 }, (_, at) => long(at));
    const { summary, changed } = compare(viewWith(ruleOf({ skip_entry: true })), signals);
    expect([summary.changed, changed.length, changed.at(-1)?.signal_id]).toEqual([250, 200, "at-199"]);
  });
});

describe("what nobody can say is not weighed", () => {
  const why = (candidate: BundleView, signal: SeenSignal, active = viewWith()) => {
    const { summary } = compare(candidate, [signal], { active });
    return [summary.not_weighed, summary.unweighable[0]?.reason];
  };

  test("at moments that the revision does not look at", () => {
    const slower = viewWith(strategyWith({ triggers: [{ kind: "bar", timeframe: "1m" }] }));
    expect(why(slower, long(0))).toEqual([1, "other_trigger"]);
    expect(why(viewWith(), long(0), slower)).toEqual([1, "other_trigger"]);
  });

  test("with a factor that nobody computed then; one that was merely missing is unknown, as live", () => {
    const reads = viewWith(strategyWith({ long: { f: "rsi_14_1m", op: "<", v: 30 } }));
    expect(why(reads, long(0))).toEqual([1, "factor_not_kept"]);
    expect(why(reads, seen({ values: { rsi_14_1m: null } }))).toEqual([0, undefined]);
    expect(why(viewWith(ruleOf({ skip_entry: true }, { f: "rsi_14_1m", op: "<", v: 30 })), long(0))[0]).toBe(1);
  });

  test("what a model would have said, unless the same one was asked, or another thing ends it first", () => {
    const use = { model_id: "m", hash: HASH, cutoffs: [{ p_min: 0.6, size_mult: 1.1 }] };
    const judged = viewWith(strategyWith({ model: use }));
    const saying = (p: number | null, hash = HASH, trouble?: "features" | "slow") =>
      seen({ known: { model: { hash, p, ...(trouble && { trouble }) } } });
    expect(why(judged, long(0))).toEqual([1, "model_not_asked"]);
    expect(why(judged, saying(0.7, OTHER_HASH))).toEqual([1, "model_not_asked"]);
    expect(why(judged, saying(null, HASH, "slow"))).toEqual([1, "model_not_asked"]);
    expect(why(judged, idle(0))).toEqual([0, undefined]);
    expect(compare(judged, [saying(0.7)]).summary).toMatchObject({ not_weighed: 0, sized_up_share: 1 });
    expect(compare(judged, [saying(0.5)]).summary).toMatchObject({ not_weighed: 0, only_active: 1 });
    expect(compare(judged, [saying(null, HASH, "features")]).summary).toMatchObject({ both_open: 1, changed: 0 });
  });

  test("what a program would have wished, unless the same one was asked", () => {
    const use = { program_id: "maker", hash: HASH };
    const programmed = viewWith(strategyWith({ program: use, long: undefined, short: undefined }));
    const wish = { side: "SELL" as const, size_mult: 1, tp_mult: 1, sl_mult: 1 };
    const wished = (hash: string) => seen({ known: { program: { hash, wish } } });
    expect(why(programmed, long(0))).toEqual([1, "program_not_asked"]);
    expect(why(programmed, wished(OTHER_HASH))).toEqual([1, "program_not_asked"]);
    expect(compare(programmed, [wished(HASH)]).summary).toMatchObject({ both_open: 1, changed: 1 });
    expect(compare(programmed, [seen({ known: { program: { hash: HASH } } })]).summary).toMatchObject({
      only_active: 1,
    });
  });
});

describe("the effect by labels", () => {
  // 20 USDT of margin at 20×: 0.006 BTC at 60000.1 is 18.00003 USDT of margin, rounded up.
  const margin = 18.00003;
  const of = (signals: SeenSignal[], candidate: BundleView) =>
    compare(candidate, signals, { horizons: ["12h", "24h"] }).approx_effect;

  test("is what each label earned on the margin that each would have had", () => {
    const half = viewWith(ruleOf({ size_mult: 0.5 }));
    const [by12, by24] = of([seen({ labels: { "12h": { roi_net: 0.1 } } }), idle(1)], half);
    expect(by12).toMatchObject({ horizon: "12h", labelled: 1, unlabelled: 0, interval_usdt: null });
    expect(by12!.active_usdt).toBeCloseTo(0.1 * margin, 9);
    expect(by12!.candidate_usdt).toBeCloseTo(0.05 * margin, 9);
    expect(by12!.difference_usdt).toBeCloseTo(-0.05 * margin, 9);
    expect(by24).toMatchObject({ horizon: "24h", labelled: 0, unlabelled: 1, difference_usdt: 0 });
  });

  test("leaves out a label of the other side, of either's", () => {
    const turned = strategyWith({ long: { f: "obi_5", op: "<", v: -0.5 }, short: { f: "obi_5", op: ">", v: 0.5 } });
    const signal = seen({ labels: { "12h": { roi_net: 0.1 } } });
    expect(of([signal], viewWith(turned))[0]).toMatchObject({ labelled: 0, unlabelled: 1, active_usdt: 0 });
    const sold = seen({ labels: { "12h": { roi_net: 0.1, side: "SELL" } } });
    expect(of([sold], viewWith())[0]).toMatchObject({ labelled: 0, unlabelled: 1, active_usdt: 0 });
  });

  test("of another leverage is that of the notional which the margin then holds", () => {
    const calm = viewWith({ flags: { sizing: { leverage: 10 } } });
    const [effect] = of([seen({ labels: { "12h": { roi_net: 0.1, leverage: 20 } } })], calm);
    // 0.003 BTC at 10×: the same margin, half the notional.
    expect(effect!.candidate_usdt).toBeCloseTo(0.1 * margin * 0.5, 9);
  });

  test("has an interval from five days on, which holds what truly differs", () => {
    const none = viewWith(ruleOf({ skip_entry: true }));
    const days = (count: number) =>
      Array.from({ length: count }, (_, day) =>
        seen({ at: day * DAY_MIN, labels: { "12h": { roi_net: day % 2 === 0 ? 0.1 : 0.05 } } }),
      );
    expect(of(days(4), none)[0]!.interval_usdt).toBeNull();
    const { difference_usdt, interval_usdt } = of(days(20), none)[0]!;
    expect(difference_usdt).toBeCloseTo(-1.5 * margin, 6);
    const [low, high] = interval_usdt!;
    expect(low).toBeLessThan(difference_usdt);
    expect(high).toBeGreaterThan(difference_usdt);
    expect(high).toBeLessThan(0);
  });
});

describe("whatever the pages", () => {
  const values = fc.record({
    obi_5: fc.oneof(fc.constant(null), fc.double({ min: -1, max: 1, noNaN: true })),
    spread_bps: fc.double({ min: 0, max: 6, noNaN: true }),
    atr_14_5s: fc.oneof(fc.constant(null), fc.double({ min: 0, max: 400, noNaN: true })),
  });
  const label = fc.record({
    side: fc.constantFrom("BUY" as const, "SELL" as const),
    roi_net: fc.double({ min: -1, max: 1, noNaN: true }),
  });
  const signals = fc.array(
    fc.record({ values, label }).map((each) => each),
    { minLength: 1, maxLength: 60 },
  );
  const made = (drawn: { values: object; label: object }[]) =>
    drawn.map((each, at) =>
      seen({ at: at * 300, values: each.values as never, labels: { "12h": each.label as never } }),
    );
  const candidate = viewWith({
    ...strategyWith({ long: { f: "obi_5", op: ">", v: 0.4 } }),
    ...ruleOf({ size_mult: 1.2 }, { f: "spread_bps", op: "<", v: 1 }),
  });
  const asked = { epsilon: 0.05, topk: 3, n_eval: 20 };

  test("the result is the same, to the last digit", () => {
    fc.assert(
      fc.property(signals, fc.integer({ min: 1, max: 60 }), (drawn, size) => {
        const all = made(drawn);
        const options = {
          active: viewWith(),
          candidate,
          listings: LISTINGS,
          horizons: ["12h" as const],
          sensitivity: asked,
        };
        const whole = createComparison(options);
        whole.take(all);
        const paged = createComparison(options);
        for (let at = 0; at < all.length; at += size) paged.take(all.slice(at, at + size));
        expect(paged.taken).toBe(all.length);
        expect(paged.result()).toEqual(whole.result());
      }),
      { seed: 9, numRuns: 40 },
    );
  });

  test("a revision against itself changes nothing and differs by nothing, and counts add up", () => {
    fc.assert(
      fc.property(signals, (drawn) => {
        const same = compare(candidate, made(drawn), { active: candidate, horizons: ["12h"] });
        const { summary, approx_effect } = same;
        expect([summary.changed, summary.only_active, summary.only_candidate]).toEqual([0, 0, 0]);
        expect(approx_effect[0]!.difference_usdt).toBe(0);
        const other = compare(candidate, made(drawn)).summary;
        const { both_open, only_active, only_candidate, neither, not_weighed } = other;
        expect(both_open + only_active + only_candidate + neither + not_weighed).toBe(drawn.length);
        for (const { candidate: fired } of other.rules) expect(fired).toBeLessThanOrEqual(drawn.length);
      }),
      { seed: 10, numRuns: 40 },
    );
  });
});
