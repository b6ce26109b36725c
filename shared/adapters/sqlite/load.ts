/** Fills an empty file with what another store dumped: all of it or, where a record is broken, nothing. */
import { assert, refuse } from "../../errors.ts";
import type { Collection, StoreRecord } from "../../kit/ports.ts";
import { collectionFor, readRecord } from "../../kit/store-records.ts";
import type { Bound, Connection } from "./connection.ts";
import { countOf, numberOf, OUTBOX_INSERT, outboxRow, TOLD_MARK } from "./outbox.ts";
import type { Table } from "./table.ts";

export interface LoadInto {
  db: Connection;
  /** The head of the ids of its outbox's entries. */
  name: string;
  collections: readonly Collection<never>[];
  tables: ReadonlyMap<string, Table>;
  /** The next revision or number, never given before. */
  next(): number;
}

const SET_MARK = "INSERT INTO meta (name, value) VALUES (?, ?)";

/** Within a transaction that the caller has begun. Answers the highest number that an outbox entry has. */
export async function loadRecords(records: AsyncIterable<StoreRecord>, into: LoadInto): Promise<number> {
  const loading = new Loading(into);
  for await (const record of records) loading.take(readRecord(record));
  loading.end();
  return loading.highest;
}

/** What makes a store one that was used: whatever a dump would name. */
export function isEmpty(db: Connection, tables: Iterable<Table>): boolean {
  const has = (sql: string, ...values: Bound[]) => db.one(`${sql} LIMIT 1`, ...values) !== undefined;
  for (const { name } of tables) if (has(`SELECT 1 FROM ${name}`)) return false;
  if (["edges", "inbox", "outbox"].some((name) => has(`SELECT 1 FROM ${name}`))) return false;
  return !has("SELECT 1 FROM meta WHERE name IN ('told', 'epoch') OR name LIKE 'count %'");
}

class Loading {
  highest = 0;
  #told = 0;
  readonly #into: LoadInto;
  readonly #own: ReadonlyMap<string, Collection<never>>;

  constructor(into: LoadInto) {
    this.#into = into;
    const own = into.collections.filter(({ name }) => into.tables.has(name));
    this.#own = new Map(own.map((collection) => [collection.name, collection]));
  }

  take(record: StoreRecord): void {
    if (record.kind === "document") this.#put(record);
    else if (record.kind === "outbox") this.#keep(record);
    else if (this.#insert(record) === 0) twice(record);
  }

  #insert(record: Exclude<StoreRecord, { kind: "document" | "outbox" }>): number {
    const { db, next } = this.#into;
    switch (record.kind) {
      case "edge": {
        const { child, parent } = record;
        if (!this.#own.has(child.slice(0, child.indexOf("/"))))
          refuse("INVALID", `No edges of ${child} are kept here.`);
        return db.run("INSERT OR IGNORE INTO edges (child, parent) VALUES (?, ?)", child, parent);
      }
      case "done": {
        const sql = "INSERT OR IGNORE INTO inbox (n, stream, consumers, id, at) VALUES (?, ?, ?, ?, ?)";
        return db.run(sql, next(), record.stream, record.group, record.id, record.at);
      }
      case "count":
        return db.run(`${SET_MARK} ON CONFLICT DO NOTHING`, countOf(record.family), record.count);
      case "epoch":
        return db.run(`${SET_MARK} ON CONFLICT DO NOTHING`, "epoch", record.epoch);
    }
  }

  end(): void {
    if (this.#told > 0) this.#into.db.run(SET_MARK, TOLD_MARK, this.#told);
  }

  #put(record: StoreRecord & { kind: "document" }): void {
    const { db, tables, next } = this.#into;
    const collection = collectionFor(record, this.#own);
    const table = tables.get(record.collection);
    assert(table, "every collection of the owner has its table");
    const { key, value } = record;
    if (!table.put(db, { key, rev: next(), value }, null)) twice(record);
    table.index(db, collection, key, value);
  }

  #keep({ told, entry }: StoreRecord & { kind: "outbox" }): void {
    const { db, name } = this.#into;
    const n = numberOf(entry.id);
    if (!Number.isSafeInteger(n) || n <= 0 || entry.id !== `${name}-${n}`) {
      refuse("INVALID", `${entry.id} is no message of ${name}.`);
    }
    if (n <= this.highest) refuse("INVALID", `Message ${entry.id} is out of order.`);
    if (told && this.#told < this.highest) refuse("INVALID", `Message ${entry.id} is told, and one before it is not.`);
    db.run(OUTBOX_INSERT, ...outboxRow(n, entry));
    this.highest = n;
    if (told) this.#told = n;
  }
}

function twice(record: StoreRecord): never {
  refuse("INVALID", `It comes twice: ${JSON.stringify(record).slice(0, 200)}`);
}
