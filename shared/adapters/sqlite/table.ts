/** A collection's table: `_key`, `_rev`, the document as JSON, and a column for each field that an index names. */
import { assert } from "../../errors.ts";
import type { Collection, Scalar } from "../../kit/ports.ts";
import { type Bound, type Connection, identifier } from "./connection.ts";

/** Indexed fields have real columns that we fill ourselves, so that writing never makes SQLite parse JSON. */
const column = (field: string) => `f_${field}`;

/** A scalar as SQLite compares it; anything else counts as absent. */
export function bound(value: unknown): Bound {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" || typeof value === "number" ? value : null;
}

const checked = (name: string): string => {
  const safe = identifier(name);
  assert(safe, `${name} is no name for a collection or field`);
  return safe;
};

export class Table {
  readonly name: string;
  readonly search: string | undefined;
  readonly #fields: readonly string[];
  readonly #columns: ReadonlySet<string>;
  readonly #sql: { insert: string; upsert: string; update: string };

  private constructor(collection: Collection<never>, columns: ReadonlySet<string>) {
    this.name = `c_${checked(collection.name)}`;
    this.search = collection.search ? `s_${collection.name}` : undefined;
    this.#fields = indexedFields(collection);
    this.#columns = columns;
    const names = this.#fields.map(column);
    const insert =
      `INSERT INTO ${this.name} (_key, _rev, doc${names.map((name) => `, ${name}`).join("")}) ` +
      `VALUES (?1, ?2, ?3${names.map((_, at) => `, ?${at + 4}`).join("")})`;
    const set = `_rev = ?2, doc = ?3${names.map((name, at) => `, ${name} = ?${at + 4}`).join("")}`;
    this.#sql = {
      insert: `${insert} ON CONFLICT (_key) DO NOTHING`,
      upsert: `${insert} ON CONFLICT (_key) DO UPDATE SET ${set}`,
      update: `UPDATE ${this.name} SET ${set} WHERE _key = ?1 AND _rev = ?${names.length + 4}`,
    };
  }

  /** As it stands in a file that another process writes; nothing when it is not there yet. */
  static find(db: Connection, collection: Collection<never>): Table | undefined {
    const columns = columnsOf(db, `c_${checked(collection.name)}`);
    return columns.size > 0 ? new Table(collection, columns) : undefined;
  }

  /** Makes what is missing, and fills new columns and a changed search table from the documents. */
  static ensure(db: Connection, collection: Collection<never>): Table {
    const name = `c_${checked(collection.name)}`;
    db.run(`CREATE TABLE IF NOT EXISTS ${name} (_key TEXT PRIMARY KEY, _rev INTEGER NOT NULL, doc TEXT NOT NULL)`);
    const present = columnsOf(db, name);
    for (const field of indexedFields(collection)) {
      if (present.has(column(field))) continue;
      db.run(`ALTER TABLE ${name} ADD COLUMN ${column(field)}`);
      db.run(
        `UPDATE ${name} SET ${column(field)} = ` +
          `CASE WHEN json_type(doc, '$.${field}') IN ('object', 'array') THEN NULL ELSE doc ->> '$.${field}' END`,
      );
    }
    for (const fields of collection.indexes) {
      const columns = [...fields.map(column), "_key"].join(", ");
      db.run(`CREATE INDEX IF NOT EXISTS i_${collection.name}__${fields.join("__")} ON ${name} (${columns})`);
    }
    const table = new Table(collection, columnsOf(db, name));
    table.#ensureSearch(db, collection);
    return table;
  }

  /** The SQL for a field: its column, or a look into the document. Undefined for a name that cannot be a field's. */
  field(name: string): string | undefined {
    const safe = identifier(name);
    if (!safe) return undefined;
    return this.#columns.has(column(safe)) ? column(safe) : `doc ->> '$.${safe}'`;
  }

  /** False when the expectation does not hold: `null` means it must be new, a number the revision it must have. */
  put(db: Connection, row: { key: string; rev: number; value: unknown }, expected: number | null | undefined): boolean {
    const { key, rev, value } = row;
    const doc = JSON.stringify(value);
    const record = value as Record<string, Scalar>;
    const values: Bound[] = [key, rev, doc, ...this.#fields.map((field) => bound(record[field]))];
    if (expected === null) return db.run(this.#sql.insert, ...values) > 0;
    if (expected === undefined) return db.run(this.#sql.upsert, ...values) > 0;
    return db.run(this.#sql.update, ...values, expected) > 0;
  }

  index(db: Connection, collection: Collection<never>, key: string, value: unknown): void {
    if (!this.search || !collection.search) return;
    const fields = collection.search.map(checked);
    const record = value as Record<string, unknown>;
    const texts = fields.map((field) => (typeof record[field] === "string" ? record[field] : ""));
    db.run(
      `INSERT OR REPLACE INTO ${this.search} (rowid, ${fields.join(", ")}) ` +
        `SELECT rowid, ${fields.map((_, at) => `?${at + 2}`).join(", ")} FROM ${this.name} WHERE _key = ?1`,
      key,
      ...texts,
    );
  }

  unindex(db: Connection, key: string): void {
    if (!this.search) return;
    db.run(`DELETE FROM ${this.search} WHERE rowid = (SELECT rowid FROM ${this.name} WHERE _key = ?)`, key);
  }

  #ensureSearch(db: Connection, collection: Collection<never>): void {
    if (!this.search || !collection.search) return;
    const fields = collection.search.map(checked).join(", ");
    const known = db.one("SELECT value FROM meta WHERE name = ?", this.search)?.value;
    if (known === fields) return;
    db.run(`DROP TABLE IF EXISTS ${this.search}`);
    db.run(`CREATE VIRTUAL TABLE ${this.search} USING fts5(${fields}, content = '', contentless_delete = 1)`);
    for (const row of db.all(`SELECT _key, doc FROM ${this.name}`)) {
      this.index(db, collection, String(row._key), JSON.parse(String(row.doc)));
    }
    db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", this.search, fields);
  }
}

function indexedFields(collection: Collection<never>): string[] {
  return [...new Set(collection.indexes.flat().map(checked))].toSorted();
}

function columnsOf(db: Connection, table: string): Set<string> {
  return new Set(db.all("SELECT name FROM pragma_table_info(?)", table).map((row) => String(row.name)));
}
