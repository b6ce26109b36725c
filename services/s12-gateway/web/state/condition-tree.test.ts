import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Condition, Operator } from "../../../../shared/domain/bundle.ts";
import { compileCondition } from "../../../../shared/trading/decision/condition.ts";
import { heldOf, treeOf } from "./condition-tree.ts";

const OPERATORS: Operator[] = ["<", "<=", ">", ">=", "==", "!="];
const factor = fc.constantFrom("a", "b", "c");
const number = fc.integer({ min: -2, max: 2 });
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ f: factor, op: fc.constantFrom(...OPERATORS), v: fc.oneof(number, fc.constant("text")) }),
    fc.record({ f: factor, op: fc.constantFrom(...OPERATORS), vf: factor }),
    fc.record({ f: factor, op: fc.constantFrom<Operator>("in", "notIn"), v: fc.array(number, { maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ anyOf: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
  ),
}));
const value = fc.oneof(number, fc.constant(null), fc.constant(Number.NaN));

test("the tree says of every condition what the engine's compiled one says", () => {
  const values = fc.record({ a: value, b: value, c: value });
  const same = (one: Condition, seen: Record<string, number | null>) =>
    expect(treeOf(one, seen).truth).toBe(compileCondition(one)(seen));
  fc.assert(fc.property(condition, values, same), { seed: 7, numRuns: 500 });
});

test("each comparison keeps what it saw, and against what", () => {
  const tree = treeOf(
    {
      allOf: [
        { f: "rsi", op: ">=", v: 52 },
        { f: "mid", op: ">", vf: "ema" },
      ],
    },
    { rsi: 40, mid: 2 },
  );
  expect(tree).toEqual({
    kind: "all",
    truth: false,
    parts: [
      { kind: "compare", f: "rsi", op: ">=", actual: 40, against: 52, truth: false },
      { kind: "compare", f: "mid", op: ">", actual: 2, vf: "ema", against: undefined, truth: undefined },
    ],
  });
  expect(heldOf(tree)).toEqual({ held: 0, all: 2 });
});
