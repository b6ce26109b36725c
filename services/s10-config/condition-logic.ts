/** What can be proved of a condition without a market: that it never holds, always holds, or holds whenever another does. */
import type { Condition, Operator } from "../../shared/domain/bundle.ts";
import { parseFactor, SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import { isConsistent, type Relation } from "./factor-order.ts";
import { type Span, spanOf } from "./span.ts";

/** Values that a factor may have: all between two ends, or these alone. */
export interface FactorRange {
  readonly low: number;
  readonly high: number;
  readonly only?: readonly number[];
}
const SIDES: FactorRange = { low: -1, high: 1, only: [-1, 1] };
const REGIMES: FactorRange = { low: -1, high: 1, only: [-1, 0, 1] };
const ANY: FactorRange = { low: -Infinity, high: Infinity };

/** By the factor's definition; anything for one that does not exist. */
export function rangeOfFactor(factor: string): FactorRange {
  if (factor === SIDE_FACTOR) return SIDES;
  const family = parseFactor(factor)?.family;
  if (!family) return ANY;
  const [low, high] = family.range;
  return family.family === "regime" ? REGIMES : { low, high };
}

type Comparison = Extract<Condition, { f: string }>;
const OPPOSITE: Readonly<Record<Operator, Operator>> = {
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
  "==": "!=",
  "!=": "==",
  in: "notIn",
  notIn: "in",
};

class OutOfSteps extends Error {}

/**
 * Proves by trying every way in which the parts can hold together. What takes more than the steps it was given, in all,
 * counts as possible: nothing is called wrong that was not proved so. Values that are missing are not considered.
 */
export class Prover {
  #steps: number;
  /** Something was too large to be proved. */
  gaveUp = false;

  constructor(steps: number) {
    this.#steps = steps;
  }

  /** No values of the factors make all of these true. */
  neverTogether(conditions: readonly Condition[]): boolean {
    if (this.gaveUp) return false;
    try {
      return !this.#holds({ todo: conditions.map((one) => this.#plain(one)), spans: new Map(), relations: [] });
    } catch (error) {
      if (!(error instanceof OutOfSteps)) throw error;
      this.gaveUp = true;
      return false;
    }
  }

  never = (condition: Condition): boolean => this.neverTogether([condition]);
  always = (condition: Condition): boolean => this.neverTogether([{ not: condition }]);
  /** Whenever the first holds, so does the second. */
  implies = (first: Condition, second: Condition): boolean => this.neverTogether([first, { not: second }]);

  /** Without `not`: it is carried down to the comparisons, each of which has an opposite. */
  #plain(condition: Condition, negate = false): Condition {
    this.#step();
    if ("not" in condition) return this.#plain(condition.not, !negate);
    if ("allOf" in condition || "anyOf" in condition) {
      const parts = "allOf" in condition ? condition.allOf : condition.anyOf;
      const all = parts.map((part) => this.#plain(part, negate));
      return "allOf" in condition !== negate ? { allOf: all } : { anyOf: all };
    }
    return negate ? { ...condition, op: OPPOSITE[condition.op] } : condition;
  }

  #holds({ todo, spans: given, relations: known }: Try): boolean {
    const spans = new Map(given);
    const relations = [...known];
    const choices: Condition[][] = [];
    const waiting = [...todo];
    for (let part = waiting.pop(); part; part = waiting.pop()) {
      this.#step();
      if ("allOf" in part) waiting.push(...part.allOf);
      else if ("anyOf" in part) choices.push(part.anyOf);
      else if ("vf" in part) relations.push({ f: part.f, op: part.op, g: part.vf });
      else if ("f" in part && !narrows(spans, part)) return false;
    }
    // Following an order costs more than a comparison.
    this.#steps -= relations.length * 60;
    if (!isConsistent(relations, (factor) => spans.get(factor) ?? spanOf(rangeOfFactor(factor)))) return false;
    const [first, ...rest] = choices.toSorted((a, b) => a.length - b.length);
    if (!first) return true;
    const others = rest.map((anyOf) => ({ anyOf }));
    return first.some((choice) => this.#holds({ todo: [choice, ...others], spans, relations }));
  }

  #step(): void {
    this.#steps -= 1;
    if (this.#steps < 0) throw new OutOfSteps();
  }
}

interface Try {
  todo: readonly Condition[];
  spans: ReadonlyMap<string, Span>;
  relations: readonly Relation[];
}

/** False: no value is left. */
function narrows(spans: Map<string, Span>, { f, op, ...other }: Comparison): boolean {
  const value = "v" in other ? other.v : undefined;
  const numbers = [value].flat().filter((one) => typeof one === "number");
  // Compared with something else than a number nothing is ever known: another rule says so.
  if (numbers.length === 0 && !(Array.isArray(value) && value.length === 0)) return true;
  const span = (spans.get(f) ?? spanOf(rangeOfFactor(f))).narrowed(op, numbers);
  spans.set(f, span);
  return !span.isEmpty;
}
