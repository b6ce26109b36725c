/** A condition as a tree with what each comparison saw and whether it held: true, false or unknown. */
import type { Condition, Operator } from "../../../../shared/domain/bundle.ts";

/** Undefined: unknown. */
export type Truth = boolean | undefined;
export type Values = Readonly<Record<string, number | null | undefined>>;

export interface Comparison {
  readonly kind: "compare";
  readonly f: string;
  readonly op: Operator;
  /** What the factor was; undefined: it had no value. */
  readonly actual: number | undefined;
  /** The other factor, where it is compared with one. */
  readonly vf?: string;
  /** What it is compared with; undefined: the other factor had no value. */
  readonly against: number | string | boolean | readonly (number | string | boolean)[] | undefined;
  readonly truth: Truth;
}
export interface Combination {
  readonly kind: "all" | "any" | "not";
  readonly parts: readonly ConditionNode[];
  readonly truth: Truth;
}
export type ConditionNode = Comparison | Combination;

/** By Kleene's strong logic, as the engine decides; the engine's word on the whole stands in the decision. */
export function treeOf(condition: Condition, values: Values): ConditionNode {
  if ("allOf" in condition) return combined("all", condition.allOf, values);
  if ("anyOf" in condition) return combined("any", condition.anyOf, values);
  if ("not" in condition) return combined("not", [condition.not], values);
  const { f, op } = condition;
  const actual = known(values[f]);
  if ("vf" in condition) {
    const against = known(values[condition.vf]);
    return { kind: "compare", f, op, actual, vf: condition.vf, against, truth: holds(actual, op, against) };
  }
  return { kind: "compare", f, op, actual, against: condition.v, truth: holds(actual, op, condition.v) };
}

function combined(kind: Combination["kind"], conditions: readonly Condition[], values: Values): Combination {
  const parts = conditions.map((condition) => treeOf(condition, values));
  const truths = parts.map(({ truth }) => truth);
  if (kind === "not") return { kind, parts, truth: truths[0] === undefined ? undefined : !truths[0] };
  const decides = kind === "any";
  const truth = truths.includes(decides) ? decides : truths.includes(undefined) ? undefined : !decides;
  return { kind, parts, truth };
}

const known = (value: number | null | undefined): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

function holds(actual: number | undefined, op: Operator, against: Comparison["against"]): Truth {
  if (actual === undefined) return undefined;
  if (Array.isArray(against)) {
    if (!against.every((entry) => known(entry as number) !== undefined)) return undefined;
    return against.includes(actual) === (op === "in");
  }
  const other = known(against as number);
  if (other === undefined) return undefined;
  switch (op) {
    case "<":
      return actual < other;
    case "<=":
      return actual <= other;
    case ">":
      return actual > other;
    case ">=":
      return actual >= other;
    case "==":
      return actual === other;
    case "!=":
      return actual !== other;
    default:
      return undefined;
  }
}

/** How many comparisons it has, and how many of them held: what "three of four" is about. */
export function heldOf(node: ConditionNode): { held: number; all: number } {
  if (node.kind === "compare") return { held: node.truth === true ? 1 : 0, all: 1 };
  const parts = node.parts.map((part) =>
    node.kind === "not" ? { held: node.truth === true ? 1 : 0, all: 1 } : heldOf(part),
  );
  return {
    held: parts.reduce((sum, part) => sum + part.held, 0),
    all: parts.reduce((sum, part) => sum + part.all, 0),
  };
}
