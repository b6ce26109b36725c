/** Whether comparisons of factors with one another can hold together, and within what is left to each factor. */
import type { Operator } from "../../shared/domain/bundle.ts";
import type { Span } from "./span.ts";

export interface Relation {
  readonly f: string;
  readonly op: Operator;
  readonly g: string;
}

/** More factors than that in one chain of comparisons are not followed. */
const FACTORS_MAX = 24;

/** How surely one is at most another: 2 less, 1 at most, 0 nothing known. */
type Order = 0 | 1 | 2;

/**
 * By the closure of "at most" and "less": less than itself is impossible, as is an upper end below a lower one. `in`
 * and `notIn` say nothing here.
 */
export function isConsistent(relations: readonly Relation[], spanOf: (factor: string) => Span): boolean {
  if (relations.length === 0) return true;
  const names = [...new Set(relations.flatMap(({ f, g }) => [f, g]))];
  if (names.length > FACTORS_MAX) return true;
  const order = closure(names, relations);
  const at = (a: string, b: string): Order => order[names.indexOf(a)]?.[names.indexOf(b)] ?? 0;
  if (names.some((name) => at(name, name) === 2)) return false;
  const areOne = (a: string, b: string): boolean =>
    a === b || (at(a, b) > 0 && at(b, a) > 0) || areEqual(spanOf(a), spanOf(b));
  if (relations.some(({ f, op, g }) => op === "!=" && areOne(f, g))) return false;
  return names.every((a) => names.every((b) => mayBe(spanOf(a), at(a, b), spanOf(b))));
}

function closure(names: readonly string[], relations: readonly Relation[]): Order[][] {
  const order = names.map(() => names.map((): Order => 0));
  const learn = (a: string, b: string, found: Order): void => {
    const row = order[names.indexOf(a)] as Order[];
    const j = names.indexOf(b);
    row[j] = Math.max(row[j] as Order, found) as Order;
  };
  for (const { f, op, g } of relations) {
    if (op === "<" || op === "<=" || op === "==") learn(f, g, op === "<" ? 2 : 1);
    if (op === ">" || op === ">=" || op === "==") learn(g, f, op === ">" ? 2 : 1);
  }
  for (const [m, middle] of names.entries())
    for (const [i, a] of names.entries())
      for (const [j, b] of names.entries()) {
        const [first, second] = [order[i]?.[m], order[m]?.[j]];
        if (middle !== a && middle !== b && first && second) learn(a, b, Math.max(first, second) as Order);
      }
  return order;
}

const areEqual = (a: Span, b: Span): boolean => a.single !== undefined && a.single === b.single;

function mayBe(a: Span, order: Order, b: Span): boolean {
  if (order === 0) return true;
  if (a.low !== b.high) return a.low < b.high;
  return order === 1 && !a.lowOpen && !b.highOpen;
}
