/** All that a store's file holds, as of one moment, while its owner goes on writing it. */
import { Database } from "bun:sqlite";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Problem } from "../../errors.ts";
import type { Collection, OutboxEntry, Ref, ServiceId, StoreRecord } from "../../kit/ports.ts";
import { Connection } from "./connection.ts";
import { COUNT_PREFIX, entryOf, storeName } from "./outbox.ts";
import { Table } from "./table.ts";

export interface DumpOptions {
  path: string;
  owner: ServiceId;
  /** Which of several files of this owner it is. */
  shard?: number;
  collections: readonly Collection<never>[];
}

const PAGE = 500;
const TEMPORARY = ".dump-";

/**
 * What the file held when the first record was asked for; nothing of a file that is not there. A copy of it is made
 * beside it first (some 4 s for each GB) and removed at the end: to read the file itself for as long as the records
 * take to be sent somewhere would keep its log of writes from being folded back for as long.
 */
export async function* dumpFile(options: DumpOptions): AsyncGenerator<StoreRecord> {
  const { path } = options;
  if (!existsSync(path)) return;
  removeLeft(path);
  const copy = `${path}${TEMPORARY}${process.pid}-${Bun.nanoseconds()}`;
  try {
    copyTo(path, copy);
    const db = new Connection(copy, { readonly: true });
    try {
      yield* recordsIn(db, options);
    } finally {
      db.close();
    }
  } finally {
    rmSync(copy, { force: true });
  }
}

/** Of a file that nobody writes meanwhile. Some at a time, so that others of the process get their turns. */
export async function* recordsIn(db: Connection, options: Omit<DumpOptions, "path">): AsyncGenerator<StoreRecord> {
  const { owner, shard, collections } = options;
  const own = collections.filter((each) => each.owner === owner).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const collection of own) {
    const table = Table.find(db, collection);
    if (table) yield* documents(db, table, collection.name);
  }
  yield* edges(db);
  yield* done(db);
  yield* outbox(db, storeName(owner, shard));
  const counts = "SELECT name, value FROM meta WHERE substr(name, 1, ?) = ? ORDER BY name";
  for (const { name, value } of db.all(counts, COUNT_PREFIX.length, COUNT_PREFIX)) {
    yield { kind: "count", family: String(name).slice(COUNT_PREFIX.length), count: Number(value) };
  }
  const epoch = db.one("SELECT value FROM meta WHERE name = 'epoch'")?.value;
  if (epoch != null) yield { kind: "epoch", epoch: String(epoch) };
}

async function* documents(db: Connection, table: Table, collection: string): AsyncGenerator<StoreRecord> {
  const sql = `SELECT _key, doc FROM ${table.name} WHERE _key > ? ORDER BY _key LIMIT ${PAGE}`;
  for (let after = ""; ; ) {
    const rows = db.all(sql, after);
    for (const { _key, doc } of rows) {
      yield { kind: "document", collection, key: String(_key), value: JSON.parse(String(doc)) };
    }
    if (rows.length < PAGE) return;
    after = String(rows.at(-1)?._key);
  }
}

async function* edges(db: Connection): AsyncGenerator<StoreRecord> {
  const sql = `SELECT child, parent FROM edges WHERE (child, parent) > (?, ?) ORDER BY child, parent LIMIT ${PAGE}`;
  for (let after: [string, string] = ["", ""]; ; ) {
    const rows = db.all(sql, ...after);
    for (const { child, parent } of rows) yield { kind: "edge", child: child as Ref, parent: parent as Ref };
    if (rows.length < PAGE) return;
    const last = rows.at(-1);
    after = [String(last?.child), String(last?.parent)];
  }
}

/** In the order in which they were done: what comes to a store that grows comes at the end. */
async function* done(db: Connection): AsyncGenerator<StoreRecord> {
  const sql = `SELECT n, stream, consumers, id, at FROM inbox WHERE n > ? ORDER BY n LIMIT ${PAGE}`;
  for (let after = -1; ; ) {
    const rows = db.all(sql, after);
    for (const { stream, consumers, id, at } of rows) {
      yield { kind: "done", stream: String(stream), group: String(consumers), id: String(id), at: Number(at) };
    }
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.n);
  }
}

async function* outbox(db: Connection, name: string): AsyncGenerator<StoreRecord> {
  const told = Number(db.one("SELECT value FROM meta WHERE name = 'told'")?.value ?? 0);
  const sql = `SELECT * FROM outbox WHERE n > ? ORDER BY n LIMIT ${PAGE}`;
  for (let after = 0; ; ) {
    const rows = db.all(sql, after);
    for (const row of rows) {
      const entry: OutboxEntry = entryOf(row, name);
      yield { kind: "outbox", told: Number(row.n) <= told, entry };
    }
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.n);
  }
}

/** One statement reads all as of one moment, in the file's own write-ahead log; the owner's commits go on. */
function copyTo(path: string, copy: string): void {
  try {
    const db = new Database(path, { readonly: true });
    try {
      db.run("VACUUM INTO ?", [copy]);
    } finally {
      db.close();
    }
  } catch (error) {
    throw new Problem("UNAVAILABLE", `No copy of ${path} could be made beside it: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What dumps that were killed have left. */
function removeLeft(path: string): void {
  const head = `${basename(path)}${TEMPORARY}`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(head)) continue;
    const pid = Number.parseInt(name.slice(head.length), 10);
    if (pid !== process.pid && !isAlive(pid)) rmSync(join(dirname(path), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
