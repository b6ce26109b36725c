/** The embedded store: one SQLite file per owner, documents as JSON, each commit one transaction. */
import { assert, refuse } from "../errors.ts";
import type { Collection, Op, OutboxEntry, Page, Query, Ref, Row, ServiceId, Store } from "../kit/ports.ts";
import { type Bound, Connection } from "./sqlite/connection.ts";
import { plain, Reader } from "./sqlite/reader.ts";
import { Table } from "./sqlite/table.ts";

export interface StoreOptions {
  /** The owner's file, or `:memory:`. Its folder must exist. */
  path: string;
  owner: ServiceId;
  /** Every collection there is; the store makes tables for its own. */
  collections: readonly Collection<never>[];
  /** Where another owner's documents are: its file, its store in this process, or nowhere. */
  others?: (owner: ServiceId) => string | SqliteStore | undefined;
  /** Epoch ms, to number revisions and outbox entries; the machine's clock by default. */
  now?: () => number;
}

const OWNERS: readonly ServiceId[] = Array.from(
  { length: 12 },
  (_, at) => `s${String(at + 1).padStart(2, "0")}` as ServiceId,
);
const FORMAT = 1;
const DAY_MS = 86_400_000;
/** How long a processed message is remembered: far longer than any stream can hand it out again. */
const INBOX_DAYS = 30;
const EXPIRE_BATCH = 1_000;
const REACHED_MAX = 10_000;
const OUTBOX_READ_MAX = 10_000;

const SCHEMA = [
  "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, family TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, traceparent TEXT)",
  "CREATE TABLE IF NOT EXISTS inbox (n INTEGER PRIMARY KEY, stream TEXT NOT NULL, consumers TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, UNIQUE (stream, consumers, id))",
  "CREATE TABLE IF NOT EXISTS edges (child TEXT NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID",
  "CREATE INDEX IF NOT EXISTS edges_by_parent ON edges (parent, child)",
];

/** Opens the owner's file, making what is missing in it; can be run on any older state of it, any number of times. */
export function openStore(options: StoreOptions): SqliteStore {
  return new SqliteStore(options);
}

export class SqliteStore implements Store {
  readonly owner: ServiceId;
  readonly outbox: Store["outbox"];
  readonly #db: Connection;
  readonly #own = new Map<string, Table>();
  readonly #collections: ReadonlyMap<string, Collection<never>>;
  readonly #reader: Reader;
  readonly #others = new Map<ServiceId, Reader>();
  readonly #findOther: NonNullable<StoreOptions["others"]>;
  readonly #now: () => number;
  readonly #wakes: (() => void)[] = [];
  #number: number;

  constructor({ path, owner, collections, others, now }: StoreOptions) {
    this.owner = owner;
    this.#now = now ?? Date.now;
    this.#findOther = others ?? (() => undefined);
    this.#db = new Connection(path, { readonly: false });
    this.#reader = new Reader(() => this.#db);
    this.#collections = new Map(collections.map((collection) => [collection.name, collection]));
    try {
      this.#number = this.#db.transaction(() => this.#prepare(collections));
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.outbox = {
      read: async (limit) => this.#readOutbox(limit),
      forget: async (ids) => this.#forget(ids),
      onCommit: (wake) => void this.#wakes.push(wake),
    };
  }

  async get<T>(collection: Collection<T>, key: string): Promise<Row<T> | undefined> {
    return this.#readerOf(collection)?.get(collection, key);
  }

  async query<T>(collection: Collection<T>, query: Query): Promise<Page<T>> {
    return this.#readerOf(collection)?.query(collection, query) ?? { items: [] };
  }

  async count<T>(collection: Collection<T>, where?: Query["where"]): Promise<number> {
    return this.#readerOf(collection)?.count(collection, where) ?? 0;
  }

  async search<T>(collection: Collection<T>, text: string, limit: number): Promise<Row<T>[]> {
    return this.#readerOf(collection)?.search(collection, text, limit) ?? [];
  }

  async commit(ops: readonly Op[], options: { sync?: "normal" | "full" } = {}): Promise<void> {
    if (ops.length === 0) return;
    this.#db.transaction(() => {
      for (const op of ops) this.#apply(op);
    }, options.sync);
    if (ops.some((op) => op.op === "emit")) for (const wake of this.#wakes) wake();
  }

  async isDone(stream: string, group: string, id: string): Promise<boolean> {
    const sql = "SELECT 1 FROM inbox WHERE stream = ? AND consumers = ? AND id = ?";
    return this.#db.one(sql, stream, group, id) !== undefined;
  }

  /** Breadth first over the edges of all owners; stops at 10 000 documents. */
  async traverse(
    start: Ref,
    direction: "parents" | "children",
    depthMax: number,
  ): Promise<{ ref: Ref; depth: number }[]> {
    const seen = new Set<Ref>([start]);
    const reached: { ref: Ref; depth: number }[] = [];
    let frontier: Ref[] = [start];
    for (let depth = 1; depth <= depthMax && frontier.length > 0 && reached.length < REACHED_MAX; depth++) {
      const next = OWNERS.flatMap((owner) => this.#readerFor(owner)?.neighbours(frontier, direction) ?? []);
      frontier = [...new Set(next)].filter((ref) => !seen.has(ref)).toSorted();
      for (const ref of frontier) {
        seen.add(ref);
        reached.push({ ref, depth });
      }
    }
    return reached.slice(0, REACHED_MAX);
  }

  async expire<T>(collection: Collection<T>, now: number): Promise<number> {
    const table = this.#ownTable(plain(collection));
    this.#db.run(
      "DELETE FROM inbox WHERE n < (SELECT ifnull(min(n), 9e18) FROM inbox WHERE at >= ?)",
      now - INBOX_DAYS * DAY_MS,
    );
    const { retentionDays, retentionField } = collection;
    if (retentionDays === undefined || retentionField === undefined) return 0;
    const field = table.field(retentionField);
    assert(field, `${retentionField} is no field's name`);
    const sql = `SELECT _key FROM ${table.name} WHERE ${field} < ? LIMIT ${EXPIRE_BATCH}`;
    for (let expired = 0; ; ) {
      const keys = this.#db.all(sql, now - retentionDays * DAY_MS).map((row) => String(row._key));
      this.#db.transaction(() => {
        for (const key of keys) this.#delete(table, collection.name, key);
      });
      expired += keys.length;
      if (keys.length < EXPIRE_BATCH) return expired;
    }
  }

  async ping(): Promise<void> {
    this.#db.one("SELECT 1");
  }

  async close(): Promise<void> {
    for (const reader of this.#others.values()) reader.close();
    this.#others.clear();
    this.#db.close();
  }

  #apply(op: Op): void {
    switch (op.op) {
      case "put":
        this.#put(op);
        return;
      case "delete": {
        const { collection, key, expectRev } = op;
        const deleted = this.#delete(this.#ownTable(collection), collection.name, key, expectRev);
        if (expectRev !== undefined && !deleted) changed(collection, key);
        return;
      }
      case "emit":
        this.#emit(op);
        return;
      case "link": {
        const name = op.child.slice(0, op.child.indexOf("/"));
        assert(this.#own.has(name), `${this.owner} writes no edges for ${op.child}`);
        this.#db.run("INSERT OR IGNORE INTO edges (child, parent) VALUES (?, ?)", op.child, op.parent);
        return;
      }
      case "done": {
        const sql = "INSERT INTO inbox (n, stream, consumers, id, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        const fresh = this.#db.run(sql, this.#number++, op.stream, op.group, op.id, this.#now());
        if (fresh === 0) refuse("CONFLICT", `${op.group} has done message ${op.id} of ${op.stream} already.`);
      }
    }
  }

  #put({ collection, value, expectRev }: Op & { op: "put" }): void {
    const table = this.#ownTable(collection);
    const key = collection.key(value as never);
    assert(typeof key === "string" && key !== "", `a document of ${collection.name} has a key`);
    const expected = typeof expectRev === "string" ? Number(expectRev) : expectRev;
    if (!table.put(this.#db, { key, rev: this.#number++, value }, expected)) changed(collection, key);
    table.index(this.#db, collection, key, value);
  }

  #emit({ stream, key, event, traceparent }: Op & { op: "emit" }): void {
    assert(stream.mode === "reliable", `${stream.family} is lossy: it is published, not committed`);
    assert(stream.from === "all" || stream.from.includes(this.owner), `${this.owner} says nothing on ${stream.family}`);
    assert(!stream.keyed || key, `${stream.family} needs a key`);
    const sql = "INSERT INTO outbox (n, family, key, event, traceparent) VALUES (?, ?, ?, ?, ?)";
    this.#db.run(sql, this.#number++, stream.family, key ?? "", JSON.stringify(event), traceparent ?? null);
  }

  #delete(table: Table, name: string, key: string, expectRev?: string): boolean {
    const [where, values]: [string, Bound[]] =
      expectRev === undefined ? ["_key = ?", [key]] : ["_key = ? AND _rev = ?", [key, Number(expectRev)]];
    if (!this.#db.one(`SELECT 1 FROM ${table.name} WHERE ${where}`, ...values)) return false;
    table.unindex(this.#db, key);
    this.#db.run(`DELETE FROM ${table.name} WHERE _key = ?`, key);
    this.#db.run("DELETE FROM edges WHERE child = ?", `${name}/${key}`);
    return true;
  }

  #readOutbox(limit: number): OutboxEntry[] {
    const sql = "SELECT n, family, key, event, traceparent FROM outbox ORDER BY n LIMIT ?";
    return this.#db.all(sql, Math.min(limit, OUTBOX_READ_MAX)).map((row) => ({
      id: `${this.owner}-${row.n}`,
      family: String(row.family),
      key: String(row.key),
      event: JSON.parse(String(row.event)),
      ...(row.traceparent === null ? {} : { traceparent: String(row.traceparent) }),
    }));
  }

  #forget(ids: readonly string[]): void {
    const numbers = ids.map((id) => Number(id.slice(id.indexOf("-") + 1)));
    this.#db.run("DELETE FROM outbox WHERE n IN (SELECT value FROM json_each(?))", JSON.stringify(numbers));
  }

  #ownTable(collection: Collection<never>): Table {
    const table = this.#own.get(collection.name);
    assert(table, `${this.owner} does not own ${collection.name}`);
    return table;
  }

  #readerOf<T>(collection: Collection<T>): Reader | undefined {
    assert(this.#collections.has(collection.name), `${collection.name} is a declared collection`);
    return this.#readerFor(collection.owner);
  }

  #readerFor(owner: ServiceId): Reader | undefined {
    if (owner === this.owner) return this.#reader;
    const known = this.#others.get(owner);
    if (known) return known;
    const other = this.#findOther(owner);
    if (other instanceof SqliteStore) return other.#reader;
    if (other === undefined) return undefined;
    const reader = Reader.ofFile(other);
    this.#others.set(owner, reader);
    return reader;
  }

  /** Makes what is missing; answers the first number of this opening. */
  #prepare(collections: readonly Collection<never>[]): number {
    for (const sql of SCHEMA) this.#db.run(sql);
    this.#checkFormat();
    for (const collection of collections) {
      if (collection.owner === this.owner) this.#own.set(collection.name, Table.ensure(this.#db, collection));
    }
    return this.#firstNumber();
  }

  #checkFormat(): void {
    const format = this.#db.one("SELECT value FROM meta WHERE name = 'format'")?.value;
    if (format === undefined) this.#db.run("INSERT INTO meta (name, value) VALUES ('format', ?)", FORMAT);
    else if (format !== FORMAT) refuse("UNAVAILABLE", `The store's format is ${format}; this version reads ${FORMAT}.`);
  }

  /**
   * Revisions and outbox ids are numbers that never come back, in this file or in one restored from a backup. They
   * start from the time of opening, 1024 to the millisecond: faster than any store writes, so that they stay behind
   * the clock. Where the clock was set back, they go on far above all that the last opening can have used.
   */
  #firstNumber(): number {
    const last = Number(this.#db.one("SELECT value FROM meta WHERE name = 'opened'")?.value ?? 0);
    const clock = Math.floor(this.#now() * 1_024);
    const first = clock > last ? clock : last + 2 ** 32;
    this.#db.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('opened', ?)", first);
    return first;
  }
}

function changed(collection: Collection<never>, key: string): never {
  refuse("CONFLICT", `${collection.name}/${key} has changed meanwhile.`);
}
