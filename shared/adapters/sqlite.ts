/** The embedded store: one SQLite file per owner and shard, documents as JSON, each commit one transaction. */
import { assert, refuse } from "../errors.ts";
import type {
  Collection,
  Op,
  Page,
  PortableStore,
  Query,
  Ref,
  Row,
  ServiceId,
  Store,
  StoreRecord,
} from "../kit/ports.ts";
import { type Bound, Connection, MEMORY } from "./sqlite/connection.ts";
import { Documents, type FindSources } from "./sqlite/documents.ts";
import { type DumpOptions, dumpFile, recordsIn } from "./sqlite/dump.ts";
import { Fence } from "./sqlite/fence.ts";
import { isEmpty, loadRecords } from "./sqlite/load.ts";
import { OUTBOX_SCHEMA, Outbox, storeName } from "./sqlite/outbox.ts";
import { plain, Reader } from "./sqlite/reader.ts";
import { Table } from "./sqlite/table.ts";

export interface StoreOptions {
  /** The owner's file, or `:memory:`. Its folder must exist. */
  path: string;
  owner: ServiceId;
  /** Every collection there is; the store makes tables for its own. */
  collections: readonly Collection<never>[];
  /** Where another owner's documents are: its files or its stores in this process, or nowhere. */
  others?: FindSources;
  /** The number of the lease by which the file is written; without it no other process does. */
  fence?: number;
  /** Which of several files of this owner it is: messages of each have ids of their own. */
  shard?: number;
  /** Epoch ms, to number revisions and outbox entries; the machine's clock by default. */
  now?: () => number;
}

const FORMAT = 1;
const DAY_MS = 86_400_000;
/** How long a processed message is remembered: far longer than any stream can hand it out again. */
const INBOX_DAYS = 30;
const EXPIRE_BATCH = 1_000;
/** More numbers than a store gives between two openings. */
const FAR = 2 ** 32;

const SCHEMA = [
  "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
  OUTBOX_SCHEMA,
  "CREATE TABLE IF NOT EXISTS inbox (n INTEGER PRIMARY KEY, stream TEXT NOT NULL, consumers TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, UNIQUE (stream, consumers, id))",
  "CREATE TABLE IF NOT EXISTS edges (child TEXT NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID",
  "CREATE INDEX IF NOT EXISTS edges_by_parent ON edges (parent, child)",
];

/**
 * Opens the owner's file, making what is missing in it; can be run on any older state of it, any number of times.
 * With a fence, Problem FENCED when a newer holder has had it open; the same by every write once one has.
 */
export function openStore(options: StoreOptions): SqliteStore {
  return new SqliteStore(options);
}

export class SqliteStore implements PortableStore {
  readonly owner: ServiceId;
  readonly outbox: Store["outbox"];
  /** What other stores of this process read it by. */
  readonly reader: Reader;
  readonly #kept: DumpOptions;
  readonly #db: Connection;
  readonly #fence: Fence;
  readonly #own = new Map<string, Table>();
  readonly #documents: Documents;
  readonly #now: () => number;
  readonly #wakes: (() => void)[] = [];
  readonly #emitted: Outbox;
  #number: number;

  constructor({ path, owner, collections, others, fence, shard, now }: StoreOptions) {
    this.owner = owner;
    this.#now = now ?? Date.now;
    this.#db = new Connection(path, { readonly: false, isShared: fence !== undefined });
    this.#fence = new Fence(this.#db, owner, fence);
    this.#kept = { path, owner, collections, ...(shard !== undefined && { shard }) };
    this.#emitted = new Outbox(this.#db, storeName(owner, shard), (work) => this.#write(work));
    this.reader = new Reader(() => this.#db);
    this.#documents = new Documents(collections, others ?? (() => undefined), this);
    try {
      this.#number = this.#db.transaction(() => this.#prepare(collections));
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.outbox = {
      read: async (limit) => this.#emitted.read(limit),
      readTold: async (limit, after) => this.#emitted.readTold(limit, after),
      tell: async (upTo) => this.#emitted.tell(upTo),
      forget: async (upTo) => this.#emitted.forget(upTo),
      state: async () => this.#emitted.state(),
      setEpoch: async (epoch) => this.#emitted.setEpoch(epoch),
      onCommit: (wake) => void this.#wakes.push(wake),
    };
  }

  async get<T>(collection: Collection<T>, key: string): Promise<Row<T> | undefined> {
    return this.#documents.get(collection, key);
  }

  async query<T>(collection: Collection<T>, query: Query): Promise<Page<T>> {
    return this.#documents.query(collection, query);
  }

  async count<T>(collection: Collection<T>, where?: Query["where"]): Promise<number> {
    return this.#documents.count(collection, where);
  }

  async search<T>(collection: Collection<T>, text: string, limit: number): Promise<Row<T>[]> {
    return this.#documents.search(collection, text, limit);
  }

  async commit(ops: readonly Op[], options: { sync?: "normal" | "full" } = {}): Promise<void> {
    if (ops.length === 0) return;
    this.#write(() => {
      for (const op of ops) this.#apply(op);
    }, options.sync);
    if (ops.some((op) => op.op === "emit")) for (const wake of this.#wakes) wake();
  }

  async isDone(stream: string, group: string, id: string): Promise<boolean> {
    return this.reader.isDone(stream, group, id);
  }

  async traverse(
    start: Ref,
    direction: "parents" | "children",
    depthMax: number,
  ): Promise<{ ref: Ref; depth: number }[]> {
    return this.#documents.traverse(start, direction, depthMax);
  }

  async expire<T>(collection: Collection<T>, now: number): Promise<number> {
    const table = this.#ownTable(plain(collection));
    const forgetBefore = "DELETE FROM inbox WHERE n < (SELECT ifnull(min(n), 9e18) FROM inbox WHERE at >= ?)";
    this.#write(() => this.#db.run(forgetBefore, now - INBOX_DAYS * DAY_MS));
    const { retentionDays, retentionField } = collection;
    if (retentionDays === undefined || retentionField === undefined) return 0;
    const field = table.field(retentionField);
    assert(field, `${retentionField} is no field's name`);
    const sql = `SELECT _key FROM ${table.name} WHERE ${field} < ? LIMIT ${EXPIRE_BATCH}`;
    for (let expired = 0; ; ) {
      const keys = this.#db.all(sql, now - retentionDays * DAY_MS).map((row) => String(row._key));
      this.#write(() => {
        for (const key of keys) this.#delete(table, collection.name, key);
      });
      expired += keys.length;
      if (keys.length < EXPIRE_BATCH) return expired;
    }
  }

  /** As of when the first record is asked for. */
  dump(): AsyncIterable<StoreRecord> {
    return this.#kept.path === MEMORY ? this.#dumpMemory() : dumpFile(this.#kept);
  }

  /** Nobody else uses the store meanwhile: whoever writes it is refused, whoever reads it sees it half full. */
  async load(records: AsyncIterable<StoreRecord>): Promise<void> {
    const { owner, shard, collections } = this.#kept;
    const next = () => this.#number++;
    await this.#db.longTransaction(async () => {
      this.#fence.check();
      if (!isEmpty(this.#db, this.#own.values())) refuse("CONFLICT", `${owner}'s store is not empty.`);
      const into = { db: this.#db, name: storeName(owner, shard), collections, tables: this.#own, next };
      this.#stayAbove(await loadRecords(records, into));
    });
    this.#emitted.load();
  }

  /** Throws Problem FENCED when a newer holder has opened the file: for what is done outside it. */
  mustBeNewest(): void {
    this.#fence.check();
  }

  async ping(): Promise<void> {
    this.#db.one("SELECT 1");
  }

  async close(): Promise<void> {
    this.#documents.close();
    this.#db.close();
  }

  async *#dumpMemory(): AsyncGenerator<StoreRecord> {
    const copy = this.#db.copied();
    try {
      yield* recordsIn(copy, this.#kept);
    } finally {
      copy.close();
    }
  }

  #write<T>(work: () => T, sync?: "normal" | "full"): T {
    return this.#db.transaction(() => {
      this.#fence.check();
      return work();
    }, sync);
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
    const { family, numbered } = stream;
    const counted = numbered ? { ...(event as object), ...this.#emitted.count(family) } : event;
    const entry = { family, key: key ?? "", event: counted };
    this.#emitted.add(this.#number++, traceparent === undefined ? entry : { ...entry, traceparent });
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

  #ownTable(collection: Collection<never>): Table {
    const table = this.#own.get(collection.name);
    assert(table, `${this.owner} does not own ${collection.name}`);
    return table;
  }

  /** Makes what is missing; answers the first number of this opening. */
  #prepare(collections: readonly Collection<never>[]): number {
    for (const sql of SCHEMA) this.#db.run(sql);
    this.#checkFormat();
    this.#fence.claim();
    this.#emitted.load();
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
    const first = clock > last ? clock : last + FAR;
    this.#setOpened(first);
    return first;
  }

  /** After a load: beyond the messages that came with it, and what their store has told since they were dumped. */
  #stayAbove(highest: number): void {
    if (highest < this.#number) return;
    this.#number = highest + FAR;
    this.#setOpened(this.#number);
  }

  #setOpened(first: number): void {
    this.#db.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('opened', ?)", first);
  }
}

function changed(collection: Collection<never>, key: string): never {
  refuse("CONFLICT", `${collection.name}/${key} has changed meanwhile.`);
}
