/**
 * The rule language: conditions as data, compiled once per revision to closures, answered in three values.
 *
 * A comparison with a missing or non-finite value, or with a literal that is no number, is unknown. `not` unknown is
 * unknown; `allOf` is false when any part is false, else unknown when any part is; `anyOf` is true when any part is
 * true, else unknown when any part is (Kleene's strong logic).
 */
import { CONDITION_DEPTH_MAX, CONDITION_LIST_MAX, type Condition, type Operator } from "../../domain/bundle.ts";
import { refuse } from "../../errors.ts";

/** Undefined: unknown. */
export type Truth = boolean | undefined;
/** Factor id → value; null or absent where missing or stale. */
export type Values = Readonly<Record<string, number | null | undefined>>;
export type Test = (values: Values) => Truth;

type Compare = (a: number, b: number) => boolean;
const COMPARE: Readonly<Record<Exclude<Operator, "in" | "notIn">, Compare>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** Compiles a condition; refuses with INVALID one that is too deep, too long, or compares with the wrong kind. */
export const compileCondition = (condition: Condition): Test => compile(condition, 1);

function compile(condition: Condition, depth: number): Test {
  if (depth > CONDITION_DEPTH_MAX) refuse("INVALID", `Conditions nest at most ${CONDITION_DEPTH_MAX} deep.`);
  if ("allOf" in condition) return all(parts(condition.allOf, depth));
  if ("anyOf" in condition) return any(parts(condition.anyOf, depth));
  if ("not" in condition) return negate(compile(condition.not, depth + 1));
  if ("vf" in condition) return withFactor(condition);
  if (condition.op === "in" || condition.op === "notIn") return withList(condition);
  return withNumber(condition);
}

function parts(list: readonly Condition[], depth: number): Test[] {
  if (list.length === 0) refuse("INVALID", "allOf and anyOf need at least one part.");
  refuseLong(list);
  return list.map((part) => compile(part, depth + 1));
}

function refuseLong(list: readonly unknown[]): void {
  if (list.length > CONDITION_LIST_MAX) refuse("INVALID", `A list has at most ${CONDITION_LIST_MAX} entries.`);
}

const all =
  (tests: readonly Test[]): Test =>
  (values) => {
    let result: Truth = true;
    for (const test of tests) {
      const truth = test(values);
      if (truth === false) return false;
      if (truth === undefined) result = undefined;
    }
    return result;
  };

const any =
  (tests: readonly Test[]): Test =>
  (values) => {
    let result: Truth = false;
    for (const test of tests) {
      const truth = test(values);
      if (truth === true) return true;
      if (truth === undefined) result = undefined;
    }
    return result;
  };

const negate =
  (test: Test): Test =>
  (values) => {
    const truth = test(values);
    return truth === undefined ? undefined : !truth;
  };

function withFactor({ f, op, vf }: Extract<Condition, { vf: string }>): Test {
  if (op === "in" || op === "notIn") return refuse("INVALID", `"${op}" needs a list, not a factor.`);
  const compare = COMPARE[op];
  return (values) => {
    const a = values[f];
    const b = values[vf];
    return isValue(a) && isValue(b) ? compare(a, b) : undefined;
  };
}

function withNumber({ f, op, v }: Extract<Condition, { v: unknown }>): Test {
  if (Array.isArray(v)) return refuse("INVALID", `"${op}" needs one value, not a list.`);
  if (typeof v !== "number" || !Number.isFinite(v)) return () => undefined;
  const compare = COMPARE[op as keyof typeof COMPARE];
  return (values) => {
    const a = values[f];
    return isValue(a) ? compare(a, v) : undefined;
  };
}

function withList({ f, op, v }: Extract<Condition, { v: unknown }>): Test {
  if (!Array.isArray(v)) return refuse("INVALID", `"${op}" needs a list.`);
  refuseLong(v);
  if (!v.every((entry) => typeof entry === "number" && Number.isFinite(entry))) return () => undefined;
  const list = new Set(v as number[]);
  const wanted = op === "in";
  return (values) => {
    const a = values[f];
    return isValue(a) ? list.has(a) === wanted : undefined;
  };
}

const isValue = (value: number | null | undefined): value is number => Number.isFinite(value);
