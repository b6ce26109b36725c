/** Filters and pages as AQL: only fixed texts, `@` and `@@`. Pages go on behind a place, so that no cursor is held. */
import { refuse } from "../../errors.ts";
import type { Query, Scalar, Test } from "../../kit/ports.ts";
import type { Binder } from "./aql.ts";
import { hex, isField, type Place, placeIn, placeOf } from "./place.ts";

export const PAGE_MAX = 1_000;

/** A document's fields in AQL, `d` being the document. */
export class Fields {
  readonly #bind: Binder;
  readonly #indexed: ReadonlySet<string>;
  readonly #known = new Map<string, string>();
  /** `LET` lines for fields that no index names; they belong before the filters. */
  readonly lets: string[] = [];

  constructor(bind: Binder, indexed: ReadonlySet<string>) {
    this.#bind = bind;
    this.#indexed = indexed;
  }

  /** The place of a field's value. Throws Problem INVALID for what cannot be a field's name. */
  place(name: string): string {
    if (!isField(name)) refuse("INVALID", "A field's name is lower-case letters, digits and underscores.");
    const known = this.#known.get(name);
    if (known) return known;
    const path = this.#indexed.has(name) ? `d.by.${this.#bind.attribute(name)}` : this.#let(name);
    this.#known.set(name, path);
    return path;
  }

  #let(name: string): string {
    const variable = `f${this.lets.length}`;
    this.lets.push(`LET ${variable} = ${placeIn(`d.doc.${this.#bind.attribute(name)}`)}`);
    return variable;
  }
}

/** `FILTER` lines. Fields absent from a document equal `null` and are neither less nor greater than anything. */
export function filters(fields: Fields, bind: Binder, where: Query["where"]): string[] {
  return Object.entries(where ?? {}).flatMap(([name, test]) =>
    test === undefined ? [] : testLines(fields.place(name), test, bind),
  );
}

function testLines(field: string, test: Test, bind: Binder): string[] {
  if (test === null || typeof test !== "object") return [`FILTER ${field} == ${bind.value(placeOf(test))}`];
  return Object.entries(test).flatMap(([operator, value]): string[] => {
    if (value === undefined) return [];
    if (operator === "in") return [`FILTER ${field} IN ${bind.value((value as readonly Scalar[]).map(placeOf))}`];
    const compare = COMPARE[operator];
    if (!compare) refuse("INVALID", `There is no test called ${operator}.`);
    const place = placeOf(value);
    if (operator === "ne") return [`FILTER ${field} != ${bind.value(place)}`];
    // In AQL null is less than everything; here nothing is less or greater than it.
    if (place === null) return [`FILTER ${field} IN []`];
    const line = `FILTER ${field} ${compare} ${bind.value(place)}`;
    return operator === "lt" || operator === "lte" ? [line, `FILTER ${field} > null`] : [line];
  });
}
const COMPARE: Record<string, string | undefined> = { lt: "<", lte: "<=", gt: ">", gte: ">=", ne: "!=" };

export interface Order {
  /** The `SORT` line. */
  sort: string;
  /** What of a row the cursor that continues after it says. */
  at: string;
  /** The parts of the answer, to be read one after the other until the limit is reached; each binds its own values. */
  parts: (() => string[])[];
  cursorAfter(key: string, at: Place): string;
}

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    refuse("INVALID", `limit is a whole number from 1 to ${PAGE_MAX}.`);
  }
}

/** How a query's answer is ordered, and where it begins. Throws Problem INVALID. */
export function orderOf({ limit, sort, cursor }: Query, fields: Fields, bind: Binder): Order {
  checkLimit(limit);
  const order = sort?.order ?? "asc";
  if (order !== "asc" && order !== "desc") refuse("INVALID", "order is asc or desc.");
  const field = sort ? fields.place(sort.field) : undefined;
  const kind = sort ? `${sort.field} ${order}` : "";
  const after = cursor === undefined ? undefined : readCursor(cursor, kind);
  const way = order === "asc" ? "ASC" : "DESC";
  return {
    sort: field ? `SORT ${field} ${way}, d.place ${way}` : `SORT d.place ${way}`,
    at: field ?? "null",
    parts: continuations(field, order, after && { at: after.at, place: hex(after.key) }, bind),
    cursorAfter: (key, at) => Buffer.from(JSON.stringify([kind, key, at])).toString("base64url"),
  };
}

interface Position {
  at: Place;
  place: string;
}

/** What comes after a position. Absent values sort first, so a descending list ends with them: as a part of its own. */
function continuations(
  field: string | undefined,
  order: "asc" | "desc",
  after: Position | undefined,
  bind: Binder,
): (() => string[])[] {
  if (!after) return [() => []];
  const beyond = order === "asc" ? ">" : "<";
  const behind = () => `d.place ${beyond} ${bind.value(after.place)}`;
  if (!field) return [() => [`FILTER ${behind()}`]];
  const present = () => [`FILTER ${field} > null`];
  const absent = () => [`FILTER ${field} == null`];
  if (after.at === null) {
    const rest = () => [...absent(), `FILTER ${behind()}`];
    return order === "asc" ? [rest, present] : [rest];
  }
  const at = () => bind.value(after.at);
  // The first comparison lets an index find the place; the second only settles ties.
  const rest = () => [`FILTER ${field} ${beyond}= ${at()}`, `FILTER ${field} ${beyond} ${at()} OR ${behind()}`];
  return order === "asc" ? [rest] : [() => [...rest(), ...present()], absent];
}

function readCursor(cursor: string, kind: string): { key: string; at: Place } {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    refuse("INVALID", "The cursor is not one of ours.");
  }
  if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[1] !== "string") {
    refuse("INVALID", "The cursor is not one of ours.");
  }
  if (parts[0] !== kind) refuse("INVALID", "The cursor belongs to another order of sorting.");
  const at = parts[2];
  return { key: parts[1], at: typeof at === "string" || typeof at === "number" ? at : null };
}
