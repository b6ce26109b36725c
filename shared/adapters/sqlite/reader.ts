/** Reading one owner's file: its own through the writing connection, another's through a read-only one. */
import { existsSync } from "node:fs";
import { assert, refuse } from "../../errors.ts";
import type { Collection, Page, Query, Ref, Row } from "../../kit/ports.ts";
import { type Bound, Connection } from "./connection.ts";
import { filter, PAGE_MAX, select } from "./select.ts";
import { Table } from "./table.ts";

/** Erases a collection's document type, which the tables do not know. */
export const plain = <T>(collection: Collection<T>) => collection as unknown as Collection<never>;

const asRow = <T>(row: Record<string, Bound>): Row<T> => ({
  key: String(row._key),
  rev: String(row._rev),
  value: JSON.parse(String(row.doc)) as T,
});

export class Reader {
  readonly #open: () => Connection | undefined;
  readonly #tables = new Map<string, Table>();
  #db: Connection | undefined;

  /** `open` is asked again until there is something to open. */
  constructor(open: () => Connection | undefined) {
    this.#open = open;
  }

  /** Another owner's file. Until it exists, it reads as empty. */
  static ofFile(path: string): Reader {
    return new Reader(() => (existsSync(path) ? new Connection(path, { readonly: true }) : undefined));
  }

  get<T>(collection: Collection<T>, key: string): Row<T> | undefined {
    const [db, table] = this.#find(collection);
    const row = table && db.one(`SELECT _key, _rev, doc FROM ${table.name} WHERE _key = ?`, key);
    return row && asRow(row);
  }

  query<T>(collection: Collection<T>, query: Query): Page<T> {
    const [db, table] = this.#find(collection);
    if (!table) return { items: [] };
    const { parts, cursorAfter } = select(table, query);
    const rows: Record<string, Bound>[] = [];
    // One more than asked for tells whether there is a next page.
    for (const part of parts) {
      const missing = query.limit + 1 - rows.length;
      if (missing > 0) rows.push(...db.all(part.sql, ...part.values, missing));
    }
    const items = rows.slice(0, query.limit).map(asRow<T>);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return last ? { items, next_cursor: cursorAfter(String(last._key), last.sort ?? null) } : { items };
  }

  count<T>(collection: Collection<T>, where: Query["where"]): number {
    const [db, table] = this.#find(collection);
    if (!table) return 0;
    const { sql, values } = filter(table, where);
    return Number(db.one(`SELECT count(*) AS rows FROM ${table.name} WHERE ${sql}`, ...values)?.rows);
  }

  /** Best match first. Every word has to occur, as a whole word or as the beginning of one. */
  search<T>(collection: Collection<T>, text: string, limit: number): Row<T>[] {
    assert(collection.search, `${collection.name} declares no fields to search`);
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) refuse("INVALID", `limit is from 1 to ${PAGE_MAX}.`);
    const [db, table] = this.#find(collection);
    const words = quoteWords(text);
    if (!table?.search || words === "") return [];
    const rows = db.all(
      `SELECT _key, _rev, doc FROM ${table.search} JOIN ${table.name} AS d ON d.rowid = ${table.search}.rowid ` +
        `WHERE ${table.search} MATCH ? ORDER BY rank, _key LIMIT ?`,
      words,
      limit,
    );
    return rows.map(asRow<T>);
  }

  neighbours(refs: readonly Ref[], direction: "parents" | "children"): Ref[] {
    const db = this.#connection();
    if (!db || !this.#hasTable(db, "edges")) return [];
    const [from, to] = direction === "parents" ? ["child", "parent"] : ["parent", "child"];
    const sql = `SELECT DISTINCT ${to} AS ref FROM edges WHERE ${from} IN (SELECT value FROM json_each(?))`;
    return db.all(sql, JSON.stringify(refs)).map((row) => String(row.ref) as Ref);
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

  #find<T>(collection: Collection<T>): [Connection, Table] | [undefined?, undefined?] {
    const db = this.#connection();
    if (!db) return [];
    let table = this.#tables.get(collection.name);
    if (!table) {
      table = Table.find(db, plain(collection));
      if (!table) return [];
      this.#tables.set(collection.name, table);
    }
    return [db, table];
  }

  #hasTable(db: Connection, name: string): boolean {
    return db.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) !== undefined;
  }
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
