/** The rule language: its table of truth, its limits, and the closures against a naive interpreter. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Condition, Operator } from "../../domain/bundle.ts";
import { compileCondition, type Truth, type Values } from "./condition.ts";

/** The language read straight from its definition, value by value. */
function interpret(condition: Condition, values: Values): Truth {
  if ("allOf" in condition) {
    const truths = condition.allOf.map((part) => interpret(part, values));
    if (truths.includes(false)) return false;
    return truths.includes(undefined) ? undefined : true;
  }
  if ("anyOf" in condition) {
    const truths = condition.anyOf.map((part) => interpret(part, values));
    if (truths.includes(true)) return true;
    return truths.includes(undefined) ? undefined : false;
  }
  if ("not" in condition) {
    const truth = interpret(condition.not, values);
    return truth === undefined ? undefined : !truth;
  }
  const a = values[condition.f];
  const b = "vf" in condition ? values[condition.vf] : condition.v;
  if (typeof a !== "number" || !Number.isFinite(a)) return undefined;
  if (Array.isArray(b)) {
    if (!b.every((entry) => typeof entry === "number")) return undefined;
    return b.includes(a) === (condition.op === "in");
  }
  if (typeof b !== "number" || !Number.isFinite(b)) return undefined;
  switch (condition.op) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "==":
      return a === b;
    default:
      return a !== b;
  }
}

const NAMES = ["a", "b", "c", "d"];
const value = fc.constantFrom(-1, 0, 0.5, 1, 2);
const name = fc.constantFrom(...NAMES);
const order = fc.constantFrom<Operator>("<", "<=", ">", ">=", "==", "!=");
const comparison: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ f: name, op: order, v: fc.oneof(value, fc.constant("x"), fc.constant(true)) }),
  fc.record({ f: name, op: order, vf: name }),
  fc.record({
    f: name,
    op: fc.constantFrom<Operator>("in", "notIn"),
    v: fc.array(fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant("x") }), {
      maxLength: 4,
    }),
  }),
);
const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison,
    fc.record({ allOf: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ anyOf: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("node") }),
  ),
})).node;
const values: fc.Arbitrary<Values> = fc.dictionary(
  name,
  fc.oneof(value, fc.constant(null), fc.constant(Number.NaN), fc.constant(Number.POSITIVE_INFINITY)),
);

test("closures answer as the naive interpreter does", () => {
  const seen = new Set<Truth>();
  fc.assert(
    fc.property(condition, values, (one, at) => {
      const truth = compileCondition(one)(at);
      seen.add(truth);
      expect(truth).toBe(interpret(one, at) as never);
    }),
    { seed: 2, numRuns: 3_000 },
  );
  expect(seen.size).toBe(3);
});

const T: Condition = { f: "one", op: "==", v: 1 };
const F: Condition = { f: "one", op: "==", v: 2 };
const U: Condition = { f: "missing", op: "==", v: 1 };

describe("three values", () => {
  test.each<[string, Condition, Truth]>([
    ["missing", U, undefined],
    ["not true", { not: T }, false],
    ["not false", { not: F }, true],
    ["not unknown", { not: U }, undefined],
    ["not not unknown", { not: { not: U } }, undefined],
    ["true and unknown", { allOf: [T, U] }, undefined],
    ["false and unknown", { allOf: [U, F] }, false],
    ["true or unknown", { anyOf: [U, T] }, true],
    ["false or unknown", { anyOf: [F, U] }, undefined],
    ["null", { f: "gone", op: "<", v: 1 }, undefined],
    ["NaN", { f: "nan", op: "!=", v: 1 }, undefined],
    ["infinite", { f: "endless", op: ">", v: 1 }, undefined],
    ["factor against missing factor", { f: "one", op: "<", vf: "missing" }, undefined],
    ["factor against factor", { f: "one", op: "<", vf: "two" }, true],
    ["another instrument's factor", { f: "rv@SPOT:BTCUSDT", op: ">", v: 0.1 }, true],
    ["in", { f: "one", op: "in", v: [1, 2] }, true],
    ["in nothing", { f: "one", op: "in", v: [] }, false],
    ["notIn", { f: "one", op: "notIn", v: [1, 2] }, false],
    ["missing notIn", { f: "missing", op: "notIn", v: [1] }, undefined],
    ["a word for a number", { f: "one", op: "!=", v: "1" }, undefined],
    ["a name that objects have", { f: "constructor", op: ">", v: 0 }, undefined],
  ])("%s", (_name, one, truth) => {
    const at = { one: 1, two: 2, gone: null, nan: Number.NaN, endless: Infinity, "rv@SPOT:BTCUSDT": 0.2 };
    expect(compileCondition(one)(at)).toBe(truth as never);
  });
});

describe("limits", () => {
  const nest = (levels: number): Condition => (levels === 1 ? T : { not: nest(levels - 1) });
  test("depth 8 is taken, 9 refused", () => {
    expect(compileCondition(nest(8))({ one: 1 })).toBe(false);
    expect(() => compileCondition(nest(9))).toThrow("nest at most 8");
  });
  test.each<[string, Condition, string]>([
    ["65 parts", { anyOf: Array(65).fill(T) }, "at most 64"],
    ["no parts", { allOf: [] }, "at least one"],
    ["65 values", { f: "one", op: "in", v: Array(65).fill(1) }, "at most 64"],
    ["in without a list", { f: "one", op: "in", v: 1 }, "needs a list"],
    ["< with a list", { f: "one", op: "<", v: [1] }, "needs one value"],
    ["in with a factor", { f: "one", op: "in", vf: "two" }, "needs a list"],
  ])("refuses %s", (_name, one, message) => {
    expect(() => compileCondition(one)).toThrow(message);
  });
});
