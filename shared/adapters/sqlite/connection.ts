/** One SQLite connection: how it is opened, its prepared statements, its transactions and its failures. */
import { Database, SQLiteError, type Statement } from "bun:sqlite";
import { Problem } from "../../errors.ts";
import { requestCheckpoint } from "./checkpoint.ts";

export type Bound = string | number | null;

/** Queries are made of declared parts, so this many different ones means something is generating them. */
const STATEMENTS_MAX = 500;
export const MEMORY = ":memory:";
/** One process writes a file, so a lock held longer than this is a second one, which must not stall all services. */
const BUSY_MS = 250;
/** Where a second one is to be expected, it writes for moments only; the thread that waits for it does nothing else. */
const BUSY_SHARED_MS = 50;
const CACHE_KIB = 8_192;
/** Statements run, BEGIN and COMMIT among them, after which the log is to be folded back: some megabytes of it. */
const CHECKPOINT_RUNS = 4_000;
/** 4 KiB pages in the log at which the writer does that itself, where the thread for it cannot keep up. */
const CHECKPOINT_PAGES_MAX = 50_000;

/** What SQLite says when the machine is in trouble rather than we. */
const TROUBLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|CORRUPT|NOTADB)/;

export class Connection {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement<Record<string, Bound>, Bound[]>>();
  readonly #path: string;
  #sync: "normal" | "full" = "normal";
  #runs = 0;

  /** `isShared`: another process may write the file, for moments. `contents`: in memory, what another one held. */
  constructor(path: string, options: { readonly: boolean; isShared?: boolean; contents?: Uint8Array }) {
    this.#path = path;
    this.#db = attempt(() => {
      if (options.contents) return Database.deserialize(options.contents, { readonly: true });
      return new Database(path, options.readonly ? { readonly: true } : { create: true });
    });
    this.#db.run(`PRAGMA busy_timeout = ${options.isShared ? BUSY_SHARED_MS : BUSY_MS}`);
    if (options.readonly) return;
    try {
      attempt(() => this.#prepareToWrite());
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  all(sql: string, ...values: Bound[]): Record<string, Bound>[] {
    return attempt(() => this.#prepare(sql).all(...values));
  }

  one(sql: string, ...values: Bound[]): Record<string, Bound> | undefined {
    return attempt(() => this.#prepare(sql).get(...values)) ?? undefined;
  }

  /** Answers how many rows changed. */
  run(sql: string, ...values: Bound[]): number {
    const { changes } = attempt(() => this.#prepare(sql).run(...values));
    if (++this.#runs >= CHECKPOINT_RUNS) {
      this.#runs = 0;
      if (this.#path !== MEMORY) requestCheckpoint(this.#path);
    }
    return changes;
  }

  /** All of it or nothing. With `full` the disk has it before this returns; with `normal` the operating system has. */
  transaction<T>(work: () => T, sync: "normal" | "full" = "normal"): T {
    if (sync !== this.#sync) {
      this.#db.run(`PRAGMA synchronous = ${sync}`);
      this.#sync = sync;
    }
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** One that takes its time; whoever begins another meanwhile is refused. */
  async longTransaction<T>(work: () => Promise<T>): Promise<T> {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = await work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** All that is in memory now, to be read by itself. */
  copied(): Connection {
    return new Connection(MEMORY, { readonly: true, contents: this.#db.serialize() });
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
  }

  #prepareToWrite(): void {
    this.#db.run("PRAGMA journal_mode = WAL");
    this.#db.run("PRAGMA synchronous = NORMAL");
    this.#db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES_MAX}`);
    this.#db.run(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.#db.run("PRAGMA temp_store = MEMORY");
  }

  #prepare(sql: string): Statement<Record<string, Bound>, Bound[]> {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENTS_MAX) {
      for (const statement of this.#statements.values()) statement.finalize();
      this.#statements.clear();
    }
    const statement = this.#db.prepare<Record<string, Bound>, Bound[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SQLiteError && TROUBLE.test(error.code ?? "")) {
      throw new Problem("UNAVAILABLE", "The store does not answer.", { cause: error });
    }
    throw error;
  }
}

const NAME = /^[a-z][a-z0-9_]*$/;

/** A name that may stand in SQL text: nothing but lower-case letters, digits and underscores. */
export function identifier(name: string): string | undefined {
  return NAME.test(name) && name.length <= 64 ? name : undefined;
}
