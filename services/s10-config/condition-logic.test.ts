/** What is proved of conditions, held against trying every combination of values. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Condition } from "../../shared/domain/bundle.ts";
import { compileCondition } from "../../shared/trading/decision/condition.ts";
import { Prover, rangeOfFactor } from "./condition-logic.ts";

const prover = () => new Prover(100_000);
const rsi = (op: string, v: number | number[]) => ({ f: "rsi_14_5s", op, v }) as Condition;
const obi = (op: string, v: number) => ({ f: "obi_5", op, v }) as Condition;
const versus = (f: string, op: string, vf: string) => ({ f, op, vf }) as Condition;

describe("a condition that never holds", () => {
  test.each<[string, Condition]>([
    ["two ends that miss each other", { allOf: [rsi(">", 60), rsi("<", 40)] }],
    ["through nesting", { allOf: [rsi(">", 60), { anyOf: [rsi("<", 40), { allOf: [rsi("<", 60), obi(">", 0)] }] }] }],
    ["through not", { allOf: [rsi(">", 60), { not: rsi(">=", 50) }] }],
    ["not of a choice", { allOf: [{ not: { anyOf: [rsi("<", 50), obi(">", 0)] } }, obi("==", 0.5)] }],
    ["equal and unequal", { allOf: [rsi("==", 50), rsi("!=", 50)] }],
    ["in lists without a common value", { allOf: [rsi("in", [1, 2]), rsi("in", [3, 4])] }],
    ["in a list all of whose values are excluded", { allOf: [rsi("in", [1, 2]), rsi("notIn", [1]), rsi(">", 2)] }],
    ["beyond the factor's range", obi(">", 2)],
    ["at an end that is excluded", obi("<", -1)],
    ["a side that is none", { f: "side", op: "==", v: 0 }],
    [
      "neither side",
      {
        allOf: [
          { f: "side", op: "!=", v: 1 },
          { f: "side", op: ">", v: -1 },
        ],
      },
    ],
    [
      "between two regimes",
      {
        allOf: [
          { f: "regime", op: ">", v: 0 },
          { f: "regime", op: "<", v: 1 },
        ],
      },
    ],
    ["a factor above itself", versus("mid", ">", "mid")],
    [
      "two factors each above the other",
      { allOf: [versus("mid", ">", "microprice"), versus("microprice", ">=", "mid")] },
    ],
    [
      "a circle of three",
      {
        allOf: [
          versus("ema_8_5s", ">", "mid"),
          versus("mid", "==", "microprice"),
          versus("microprice", ">", "ema_8_5s"),
        ],
      },
    ],
    ["equal factors that differ", { allOf: [versus("mid", "==", "microprice"), versus("mid", "!=", "microprice")] }],
    ["an order against the values", { allOf: [rsi(">", 60), obi("<", 1), versus("obi_5", ">", "rsi_14_5s")] }],
  ])("is found: %s", (_name, condition) => {
    expect(prover().never(condition)).toBe(true);
    expect(prover().always({ not: condition })).toBe(true);
  });

  test.each<[string, Condition]>([
    ["ends that touch", { allOf: [rsi(">=", 50), rsi("<=", 50)] }],
    ["one branch that is open", { allOf: [rsi(">", 60), { anyOf: [rsi("<", 40), obi(">", 0)] }] }],
    ["at the end of the range", obi(">=", 1)],
    ["an order that the values allow", { allOf: [rsi("<", 60), versus("obi_5", ">=", "rsi_14_5s")] }],
    ["compared with a word", { f: "regime", op: "==", v: "EXTREME" }],
  ])("is not seen in %s", (_name, condition) => {
    expect(prover().never(condition)).toBe(false);
  });
});

test("one condition follows from another only where it must", () => {
  expect(prover().implies(rsi(">", 60), rsi(">", 50))).toBe(true);
  expect(prover().implies(rsi(">", 50), rsi(">", 60))).toBe(false);
  expect(prover().implies({ allOf: [rsi(">", 60), obi(">", 0)] }, { anyOf: [obi(">=", 0), rsi("<", 10)] })).toBe(true);
  expect(prover().always({ anyOf: [rsi(">=", 50), rsi("<", 50)] })).toBe(true);
  expect(prover().always({ anyOf: [rsi(">", 50), rsi("<", 50)] })).toBe(false);
});

test("what takes too many steps is called possible, and that it did is told", () => {
  const choices = Array.from({ length: 30 }, (_, i) => ({ anyOf: [obi(">", i / 100), obi("<", -i / 100)] }));
  const small = new Prover(50);
  expect([small.never({ allOf: choices }), small.gaveUp]).toEqual([false, true]);
});

test("the proofs agree with trying all values", () => {
  const factors = ["obi_5", "regime", "side"];
  const values = [-1, -0.5, 0, 0.5, 1];
  const comparison = fc.oneof(
    fc.record({
      f: fc.constantFrom(...factors),
      op: fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
      v: fc.constantFrom(...values),
    }),
    fc.record({
      f: fc.constantFrom(...factors),
      op: fc.constantFrom("in", "notIn"),
      v: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }),
    }),
    fc.record({
      f: fc.constantFrom(...factors),
      op: fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
      vf: fc.constantFrom(...factors),
    }),
  );
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      comparison as fc.Arbitrary<Condition>,
      fc.record({ allOf: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ anyOf: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie("condition") }),
    ) as fc.Arbitrary<Condition>,
  }));
  // Fine enough that every open span between the values above has a value of its own.
  const grid = Array.from({ length: 33 }, (_, i) => -1 + i / 16);
  const holdsSomewhere = (one: Condition): boolean => {
    const holds = compileCondition(one);
    const [regimes, sides] = [rangeOfFactor("regime").only!, rangeOfFactor("side").only!];
    return grid.some((obi_5) =>
      regimes.some((regime) => sides.some((side) => holds({ obi_5, regime, side }) === true)),
    );
  };
  fc.assert(
    fc.property(condition, (one) => {
      // Told as impossible only what is; told as possible it may be through a relation that is not followed.
      if (prover().never(one)) expect(holdsSomewhere(one)).toBe(false);
      if (prover().always(one)) expect(holdsSomewhere({ not: one })).toBe(false);
    }),
    { seed: 10, numRuns: 400 },
  );
});
