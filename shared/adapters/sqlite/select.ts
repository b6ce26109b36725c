/** Turns a Query into SQL whose text is made of declared parts only; everything a caller sent is bound. */
import { refuse } from "../../errors.ts";
import type { Query, Scalar, Test } from "../../kit/ports.ts";
import type { Bound } from "./connection.ts";
import { bound, type Table } from "./table.ts";

export const PAGE_MAX = 1_000;

export interface Clause {
  sql: string;
  values: Bound[];
}

export interface Selection {
  /** Parts of the answer, to be read one after the other until the limit is reached. */
  parts: Clause[];
  /** The cursor that continues after a row; `sort` is the row's value of the sort field. */
  cursorAfter(key: string, sort: Bound): string;
}

const all = (clauses: readonly Clause[]): Clause => ({
  sql: clauses.map((clause) => clause.sql).join(" AND "),
  values: clauses.flatMap((clause) => clause.values),
});

/** Fields absent from a document equal `null` and are neither less nor greater than anything. */
export function filter(table: Table, where: Query["where"]): Clause {
  const clauses: Clause[] = [{ sql: "TRUE", values: [] }];
  for (const [name, test] of Object.entries(where ?? {})) {
    if (test === undefined) continue;
    clauses.push(...testClauses(fieldOf(table, name), test));
  }
  return all(clauses);
}

function testClauses(field: string, test: Test): Clause[] {
  if (test === null || typeof test !== "object") return [{ sql: `${field} IS ?`, values: [bound(test)] }];
  return Object.entries(test).flatMap(([operator, value]): Clause[] => {
    if (value === undefined) return [];
    if (operator === "in") return [oneOf(field, value as readonly Scalar[])];
    const sql = COMPARE[operator];
    if (!sql) refuse("INVALID", `There is no test called ${operator}.`);
    return [{ sql: `${field} ${sql} ?`, values: [bound(value)] }];
  });
}
const COMPARE: Record<string, string | undefined> = { lt: "<", lte: "<=", gt: ">", gte: ">=", ne: "IS NOT" };

/** One text whatever the number of values, so that it is prepared once. */
function oneOf(field: string, values: readonly Scalar[]): Clause {
  const listed = `${field} IN (SELECT value FROM json_each(?))`;
  const sql = values.includes(null) ? `(${listed} OR ${field} IS NULL)` : listed;
  return { sql, values: [JSON.stringify(values.filter((value) => value !== null))] };
}

function fieldOf(table: Table, name: string): string {
  return table.field(name) ?? refuse("INVALID", "A field's name is lower-case letters, digits and underscores.");
}

export function select(table: Table, query: Query): Selection {
  const { limit, sort } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    refuse("INVALID", `limit is a whole number from 1 to ${PAGE_MAX}.`);
  }
  const order = sort?.order ?? "asc";
  if (order !== "asc" && order !== "desc") refuse("INVALID", "order is asc or desc.");
  const field = sort ? fieldOf(table, sort.field) : undefined;
  const kind = sort ? `${sort.field} ${order}` : "";
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, kind);
  const where = filter(table, query.where);
  const orderBy = field ? `${field} ${order}, _key ${order}` : `_key ${order}`;
  const parts = continuations(field, order, after).map((rest): Clause => {
    // SQLite begins where the first bound on a field says: a page far back in a range is not sought from its beginning.
    const { sql, values } = all([rest, where]);
    return {
      sql: `SELECT _key, _rev, doc, ${field ?? "NULL"} AS sort FROM ${table.name} WHERE ${sql} ORDER BY ${orderBy} LIMIT ?`,
      values,
    };
  });
  return { parts, cursorAfter: (key, value) => writeCursor(kind, key, value) };
}

interface Position {
  key: string;
  sort: Bound;
}

/** What comes after a position. Absent values sort first, so a descending list ends with them: as a part of its own. */
function continuations(field: string | undefined, order: "asc" | "desc", after: Position | undefined): Clause[] {
  if (!after) return [{ sql: "TRUE", values: [] }];
  const beyond = order === "asc" ? ">" : "<";
  const { key, sort } = after;
  if (!field) return [{ sql: `_key ${beyond} ?`, values: [key] }];
  if (sort === null) {
    const absent: Clause = { sql: `${field} IS NULL AND _key ${beyond} ?`, values: [key] };
    return order === "asc" ? [absent, { sql: `${field} IS NOT NULL`, values: [] }] : [absent];
  }
  // The first comparison lets an index find the place; the second only settles ties.
  const rest: Clause = {
    sql: `${field} ${beyond}= ? AND (${field} ${beyond} ? OR _key ${beyond} ?)`,
    values: [sort, sort, key],
  };
  return order === "asc" ? [rest] : [rest, { sql: `${field} IS NULL`, values: [] }];
}

function writeCursor(kind: string, key: string, sort: Bound): string {
  return Buffer.from(JSON.stringify([kind, key, sort])).toString("base64url");
}

function readCursor(cursor: string, kind: string): Position {
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
  return { key: parts[1], sort: bound(parts[2]) };
}
