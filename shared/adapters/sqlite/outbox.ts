/** What a store's commits emitted: told in order, then kept for a while, to be told again should the bus lose it. */
import type { OutboxEntry, ServiceId } from "../../kit/ports.ts";
import type { Bound, Connection } from "./connection.ts";

const READ_MAX = 10_000;
const FORGET_MAX = 500;
export const TOLD_MARK = "told";
const EPOCH = "epoch";

export const OUTBOX_SCHEMA =
  "CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, family TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, traceparent TEXT)";

export const OUTBOX_INSERT = "INSERT INTO outbox (n, family, key, event, traceparent) VALUES (?, ?, ?, ?, ?)";

/**
 * Entries are told in the order of their numbers, so that one number says which of them were. A file of a version
 * that did not say so has told none of those it holds: the bus knows their ids.
 */
export class Outbox {
  readonly #db: Connection;
  /** The head of its entries' ids. */
  readonly #name: string;
  readonly #write: <T>(work: () => T) => T;
  #told = 0;

  constructor(db: Connection, name: string, write: <T>(work: () => T) => T) {
    this.#db = db;
    this.#name = name;
    this.#write = write;
  }

  load(): void {
    this.#told = Number(this.#mark(TOLD_MARK) ?? 0);
  }

  add(n: number, entry: Omit<OutboxEntry, "id">): void {
    this.#db.run(OUTBOX_INSERT, ...outboxRow(n, entry));
  }

  /** Whose it is, and the next number of a family that is counted; to be called in the commit that adds its entry. */
  count(family: string): { owner: string; owner_seq: number } {
    const sql =
      "INSERT INTO meta (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value";
    return { owner: this.#name, owner_seq: Number(this.#db.one(sql, countOf(family))?.value) };
  }

  read(limit: number): OutboxEntry[] {
    const sql = "SELECT * FROM outbox WHERE n > ? ORDER BY n LIMIT ?";
    return this.#db.all(sql, this.#told, Math.min(limit, READ_MAX)).map((row) => this.#entryOf(row));
  }

  readTold(limit: number, after?: string): OutboxEntry[] {
    const sql = "SELECT * FROM outbox WHERE n > ? AND n <= ? ORDER BY n LIMIT ?";
    const from = after === undefined ? 0 : numberOf(after);
    return this.#db.all(sql, from, this.#told, Math.min(limit, READ_MAX)).map((row) => this.#entryOf(row));
  }

  tell(upTo: string): void {
    const told = Math.max(this.#told, numberOf(upTo));
    this.#write(() => this.#setMark(TOLD_MARK, told));
    this.#told = told;
  }

  /** What was not told stays. Some at a time, in a millisecond or two: others wait for the file meanwhile. */
  forget(upTo: string): boolean {
    const sql = `DELETE FROM outbox WHERE n IN (SELECT n FROM outbox WHERE n <= ? ORDER BY n LIMIT ${FORGET_MAX})`;
    const n = Math.min(this.#told, numberOf(upTo));
    return this.#write(() => this.#db.run(sql, n)) === FORGET_MAX;
  }

  state(): { epoch?: string; told?: string } {
    const epoch = this.#mark(EPOCH);
    return {
      ...(epoch !== undefined && { epoch: String(epoch) }),
      ...(this.#told > 0 && { told: this.#idOf(this.#told) }),
    };
  }

  setEpoch(epoch: string): void {
    this.#write(() => this.#setMark(EPOCH, epoch));
  }

  #mark(name: string): string | number | undefined {
    return this.#db.one("SELECT value FROM meta WHERE name = ?", name)?.value ?? undefined;
  }

  #setMark(name: string, value: string | number): void {
    this.#db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  #idOf(n: number): string {
    return `${this.#name}-${n}`;
  }

  #entryOf(row: Record<string, Bound>): OutboxEntry {
    return entryOf(row, this.#name);
  }
}

/** The head of a file's entries' ids: `s04`, and `s04.2` for shard 2 of several. */
export const storeName = (owner: ServiceId, shard?: number): string =>
  shard === undefined ? owner : `${owner}.${shard}`;

export const outboxRow = (n: number, { family, key, event, traceparent }: Omit<OutboxEntry, "id">): Bound[] => [
  n,
  family,
  key,
  JSON.stringify(event),
  traceparent ?? null,
];

/** A row as the entry that it is in a file of that name. */
export const entryOf = (row: Record<string, Bound>, name: string): OutboxEntry => ({
  id: `${name}-${Number(row.n)}`,
  family: String(row.family),
  key: String(row.key),
  event: JSON.parse(String(row.event)),
  ...(row.traceparent === null ? {} : { traceparent: String(row.traceparent) }),
});

export const COUNT_PREFIX = "count ";
/** What a family's count is filed under in `meta`. */
export const countOf = (family: string): string => `${COUNT_PREFIX}${family}`;

/** How many events of a family that is counted a file's owner has committed. */
export const countIn = (db: Connection, family: string): number =>
  Number(db.one("SELECT value FROM meta WHERE name = ?", countOf(family))?.value ?? 0);

export const numberOf = (id: string): number => Number(id.slice(id.indexOf("-") + 1));
