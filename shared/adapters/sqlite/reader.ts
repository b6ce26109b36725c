/** Reading one file of documents: one's own through the writing connection, another's through a read-only one. */
import { existsSync } from "node:fs";
import type { Collection, Query, Ref } from "../../kit/ports.ts";
import { type Bound, Connection } from "./connection.ts";
import { filter, type Selection, select } from "./select.ts";
import { Table } from "./table.ts";

/** Erases a collection's document type, which the tables do not know. */
export const plain = <T>(collection: Collection<T>) => collection as unknown as Collection<never>;

/** `_key`, `_rev` and `doc`, and by what it was sorted as `sort`. */
export type Found = Record<string, Bound>;

export class Reader {
  readonly #open: () => Connection | undefined;
  readonly #tables = new Map<string, Table>();
  #db: Connection | undefined;

  /** `open` is asked again until there is something to open. */
  constructor(open: () => Connection | undefined) {
    this.#open = open;
  }

  /** Another's file. Until it exists, it reads as empty. */
  static ofFile(path: string): Reader {
    return new Reader(() => (existsSync(path) ? new Connection(path, { readonly: true }) : undefined));
  }

  get(collection: Collection<never>, key: string): Found | undefined {
    const [db, table] = this.#find(collection);
    return table && db.one(`SELECT _key, _rev, doc FROM ${table.name} WHERE _key = ?`, key);
  }

  /** The first rows, one more than asked for, which tells whether there is a next page. */
  query(
    collection: Collection<never>,
    query: Query,
  ): { rows: Found[]; cursorAfter: Selection["cursorAfter"] } | undefined {
    const [db, table] = this.#find(collection);
    if (!table) return undefined;
    const { parts, cursorAfter } = select(table, query);
    const rows: Found[] = [];
    for (const part of parts) {
      const missing = query.limit + 1 - rows.length;
      if (missing > 0) rows.push(...db.all(part.sql, ...part.values, missing));
    }
    return { rows, cursorAfter };
  }

  count(collection: Collection<never>, where: Query["where"]): number {
    const [db, table] = this.#find(collection);
    if (!table) return 0;
    const { sql, values } = filter(table, where);
    return Number(db.one(`SELECT count(*) AS rows FROM ${table.name} WHERE ${sql}`, ...values)?.rows);
  }

  /** Best match first (the smallest `sort`). Every word has to occur, as a whole word or as the beginning of one. */
  search(collection: Collection<never>, text: string, limit: number): Found[] {
    const [db, table] = this.#find(collection);
    const words = quoteWords(text);
    if (!table?.search || words === "") return [];
    return db.all(
      `SELECT _key, _rev, doc, rank AS sort FROM ${table.search} ` +
        `JOIN ${table.name} AS d ON d.rowid = ${table.search}.rowid ` +
        `WHERE ${table.search} MATCH ? ORDER BY rank, _key LIMIT ?`,
      words,
      limit,
    );
  }

  neighbours(refs: readonly Ref[], direction: "parents" | "children"): Ref[] {
    const db = this.#connection();
    if (!db || !hasTable(db, "edges")) return [];
    const [from, to] = direction === "parents" ? ["child", "parent"] : ["parent", "child"];
    const sql = `SELECT DISTINCT ${to} AS ref FROM edges WHERE ${from} IN (SELECT value FROM json_each(?))`;
    return db.all(sql, JSON.stringify(refs)).map((row) => String(row.ref) as Ref);
  }

  isDone(stream: string, group: string, id: string): boolean {
    const db = this.#connection();
    if (!db || !hasTable(db, "inbox")) return false;
    return db.one("SELECT 1 FROM inbox WHERE stream = ? AND consumers = ? AND id = ?", stream, group, id) !== undefined;
  }

  ping(): void {
    this.#connection()?.one("SELECT 1");
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
    this.#tables.clear();
  }

  #connection(): Connection | undefined {
    this.#db ??= this.#open();
    return this.#db;
  }

  #find(collection: Collection<never>): [Connection, Table] | [undefined?, undefined?] {
    const db = this.#connection();
    if (!db) return [];
    let table = this.#tables.get(collection.name);
    if (!table) {
      table = Table.find(db, collection);
      if (!table) return [];
      this.#tables.set(collection.name, table);
    }
    return [db, table];
  }
}

function hasTable(db: Connection, name: string): boolean {
  return db.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) !== undefined;
}

const WORDS_MAX = 32;

/** Each word as a quoted prefix, so that no character means anything to FTS5. */
function quoteWords(text: string): string {
  return text
    .split(/[\s\0]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, WORDS_MAX)
    .map((word) => `"${word.replaceAll('"', '""')}"*`)
    .join(" ");
}
