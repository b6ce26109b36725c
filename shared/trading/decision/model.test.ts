/** What a model's probability does to an entry, and what its inputs add. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ModelUse } from "../../domain/model.ts";
import { compileBundle } from "./compiled.ts";
import { decide } from "./decide.ts";
import { accountWith, listingOf, NOON, signalWith, strategyWith, viewWith } from "./decision.fixture.ts";
import { contributionsOf, inputsOf, judged, rowsOf } from "./model.ts";

const hash = "a".repeat(64);
const use: ModelUse = {
  model_id: "base",
  hash,
  cutoffs: [
    { p_min: 0.7, size_mult: 1.2 },
    { p_min: 0.5, size_mult: 0.5 },
    { p_min: 0.6, size_mult: 1 },
  ],
  deadline_ms: 25,
};

test("the greatest cut-off that is reached tells the size, in whatever order they stand; below all of them none", () => {
  const sizes = [0, 0.49, 0.5, 0.59, 0.6, 0.69, 0.7, 1].map((p) => judged(use, { p }).size_mult);
  expect(sizes).toEqual([0, 0, 0.5, 0.5, 1, 1, 1.2, 1.2]);
});

test("a model's 32-bit word for a cut-off reaches it, and the word below does not", () => {
  const below = (p: number) => Math.fround(Math.fround(p) - 6e-8);
  const sizes = [0.5, 0.6, 0.7].flatMap((p) => [below(p), Math.fround(p)].map((q) => judged(use, { p: q }).size_mult));
  expect(sizes).toEqual([0, 0.5, 0.5, 1, 1, 1.2]);
});

test("a model without a say counts as 1.0, and says why", () => {
  expect(judged(use)).toEqual({ model_id: "base", hash, p: null, trouble: "missing", size_mult: 1 });
  expect(judged(use, { p: null, trouble: "slow", ms: 30 })).toMatchObject({ size_mult: 1, trouble: "slow", ms: 30 });
});

test("inputs stand in the model's order, the side among them; one without a finite value and there are none", () => {
  const card = { features: ["rsi_14_1m", "side", "spread_bps"] };
  expect(inputsOf(card, { spread_bps: 2, rsi_14_1m: 40 }, -1)).toEqual([40, -1, 2]);
  for (const bad of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    expect(inputsOf(card, { spread_bps: bad, rsi_14_1m: 40 }, 1)).toBeUndefined();
  }
});

test("for a logistic model an input adds its weight times its distance from the reference", () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const triple = fc.tuple(number, number, number);
  fc.assert(
    fc.property(triple, triple, triple, number, (weights, row, reference, bias) => {
      const p = rowsOf(row, reference).map((x) => {
        const z = x.reduce((sum, value, i) => sum + value * weights[i]!, bias);
        return 1 / (1 + Math.exp(-z));
      });
      const told = contributionsOf({ features: ["a", "b", "c"] }, row, p);
      fc.pre(p.every((each) => each > 1e-6 && each < 1 - 1e-6));
      for (const { f, adds } of told) {
        const i = "abc".indexOf(f);
        expect(adds).toBeCloseTo(weights[i]! * (row[i]! - reference[i]!), 6);
      }
      expect(told.map(({ adds }) => Math.abs(adds))).toEqual(
        told.map(({ adds }) => Math.abs(adds)).toSorted((a, b) => b - a),
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("probabilities of 0 and 1 have finite contributions", () => {
  const told = contributionsOf({ features: ["a"] }, [1], [1, 0]);
  expect(Number.isFinite(told[0]!.adds)).toBe(true);
});

const decided = (model?: Parameters<typeof judged>[1], change: object = {}) =>
  decide({
    signal: signalWith(),
    compiled: compileBundle(viewWith({ ...strategyWith({ model: use }), ...change })),
    account: accountWith(),
    instrument: listingOf("FUT:BTCUSDT"),
    now: NOON,
    ...(model && { model }),
  });

test("a decision carries what the model said, is sized by it, and is ended by it", () => {
  const small = decided({ p: 0.55, contributions: [{ f: "obi_5", value: 0.6, adds: 0.2 }], ms: 0.1 });
  expect(small.decision).toMatchObject({ action: "open", size_mult: 0.5, reason: "open" });
  expect(small.model).toMatchObject({ p: 0.55, size_mult: 0.5, contributions: [{ f: "obi_5", adds: 0.2 }] });
  const none = decided({ p: 0.3 });
  expect(none.decision).toMatchObject({ action: "skip", reason: "model", side: "BUY" });
  expect(none.model).toMatchObject({ p: 0.3, size_mult: 0 });
  expect(none.intents).toEqual([]);
  const missing = decided();
  expect(missing.decision).toMatchObject({ action: "open", size_mult: 1 });
  expect(missing.model).toMatchObject({ p: null, trouble: "missing" });
});

test("rules and model together make an entry no larger than either may", () => {
  const rules = [{ rule_id: "more", when: { f: "side", op: "==", v: 1 }, effect: { size_mult: 1.1 } }];
  expect(decided({ p: 0.9 }, { rules }).decision.size_mult).toBe(1.2);
  expect(decided({ p: 0.55 }, { rules }).decision.size_mult).toBeCloseTo(0.55, 12);
});
