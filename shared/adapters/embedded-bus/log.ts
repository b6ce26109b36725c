/** The reliable streams on disk: entries, each group's place in each stream, and dead letters, in one SQLite file. */
import { type Bound, Connection } from "../sqlite/connection.ts";

/** One full stream; its entries are numbered without gaps, and those from `first` to `last` are kept. */
export interface LogStream {
  readonly n: number;
  readonly name: string;
  readonly family: string;
  readonly key: string;
  first: number;
  last: number;
}

export interface LogEntry {
  readonly seq: number;
  readonly id: string;
  readonly version: number;
  readonly event: string;
  readonly ts: number;
  readonly traceparent?: string;
}

/** Where a group stands in a stream: all up to `seq` is settled, and the next failed `tries` times. */
export interface Place {
  readonly group: string;
  readonly stream: LogStream;
  readonly seq: number;
  readonly tries: number;
}

export interface DeadLetter {
  id: string;
  stream: string;
  reason: string;
  body: string;
}

/** Dead letters kept per family; the oldest go first. */
const DEAD_MAX = 10_000;

const SCHEMA = [
  "CREATE TABLE IF NOT EXISTS epochs (begun REAL PRIMARY KEY)",
  "CREATE TABLE IF NOT EXISTS streams (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, family TEXT NOT NULL, key TEXT NOT NULL, trimmed INTEGER NOT NULL DEFAULT 0)",
  "CREATE TABLE IF NOT EXISTS log (stream INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT, version INTEGER NOT NULL, event TEXT NOT NULL, ts REAL NOT NULL, traceparent TEXT, PRIMARY KEY (stream, seq)) WITHOUT ROWID",
  "CREATE UNIQUE INDEX IF NOT EXISTS log_ids ON log (stream, id) WHERE id IS NOT NULL",
  "CREATE TABLE IF NOT EXISTS listeners (family TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (family, name)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS places (name TEXT NOT NULL, stream INTEGER NOT NULL, seq INTEGER NOT NULL, tries INTEGER NOT NULL, PRIMARY KEY (name, stream)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS dead (n INTEGER PRIMARY KEY, stream INTEGER NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, body TEXT NOT NULL)",
  "CREATE INDEX IF NOT EXISTS dead_by_stream ON dead (stream, name)",
];

/** Entries published without an id are known by their number, marked so that no given id can be mistaken for one. */
const NUMBERED = "@";
const idOf = (row: Record<string, Bound>) => (row.id === null ? `${NUMBERED}${row.seq}` : String(row.id));

const asEntry = (row: Record<string, Bound>): LogEntry => ({
  seq: Number(row.seq),
  id: idOf(row),
  version: Number(row.version),
  event: String(row.event),
  ts: Number(row.ts),
  ...(row.traceparent === null ? {} : { traceparent: String(row.traceparent) }),
});

export class BusLog {
  readonly #db: Connection;
  readonly #streams = new Map<string, LogStream>();

  /** That of the file: another one after somebody has removed it. */
  readonly epoch: string;

  constructor(path: string, now: number) {
    this.#db = new Connection(path, { readonly: false });
    this.#db.transaction(() => {
      for (const sql of SCHEMA) this.#db.run(sql);
      this.#db.run("INSERT INTO epochs (begun) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM epochs)", now);
    });
    this.epoch = `e${this.#db.one("SELECT begun FROM epochs")?.begun}`;
    const sql =
      "SELECT s.*, (SELECT max(seq) FROM log WHERE stream = s.n) AS last, (SELECT min(seq) FROM log WHERE stream = s.n) AS first FROM streams AS s";
    for (const row of this.#db.all(sql)) {
      const trimmed = Number(row.trimmed);
      this.#remember(row, Number(row.first ?? trimmed + 1), Number(row.last ?? trimmed));
    }
  }

  streamsOf(family: string): LogStream[] {
    return [...this.#streams.values()].filter((stream) => stream.family === family);
  }

  find(name: string): LogStream | undefined {
    return this.#streams.get(name);
  }

  create(name: string, family: string, key: string): LogStream {
    this.#db.run("INSERT INTO streams (name, family, key) VALUES (?, ?, ?)", name, family, key);
    return this.#remember(this.#db.one("SELECT * FROM streams WHERE name = ?", name)!, 1, 0);
  }

  /** The new entry's id, on disk when this returns; undefined when the stream has an entry of that id. */
  append(stream: LogStream, entry: Omit<LogEntry, "seq" | "id"> & { id?: string | undefined }): string | undefined {
    const seq = stream.last + 1;
    const { id, version, event, ts, traceparent } = entry;
    const sql =
      "INSERT INTO log (stream, seq, id, version, event, ts, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?) " +
      "ON CONFLICT (stream, id) WHERE id IS NOT NULL DO NOTHING";
    const added = this.#db.run(sql, stream.n, seq, id ?? null, version, event, ts, traceparent ?? null);
    if (added === 0) return undefined;
    stream.last = seq;
    return id ?? `${NUMBERED}${seq}`;
  }

  after(stream: LogStream, seq: number, limit: number): LogEntry[] {
    return this.#db
      .all("SELECT * FROM log WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?", stream.n, seq, limit)
      .map(asEntry);
  }

  since(stream: LogStream, { ts, inclusive }: { ts: number; inclusive: boolean }, limit: number): LogEntry[] {
    const sql = `SELECT * FROM log WHERE stream = ? AND ts ${inclusive ? ">=" : ">"} ? ORDER BY seq LIMIT ?`;
    return this.#db.all(sql, stream.n, ts, limit).map(asEntry);
  }

  seqOf(stream: LogStream, id: string): number | undefined {
    if (id.startsWith(NUMBERED)) {
      const seq = Number(id.slice(NUMBERED.length));
      return seq >= stream.first && seq <= stream.last ? seq : undefined;
    }
    const row = this.#db.one("SELECT seq FROM log WHERE stream = ? AND id = ?", stream.n, id);
    return row && Number(row.seq);
  }

  timeOf(stream: LogStream, seq: number): number | undefined {
    const row = this.#db.one("SELECT ts FROM log WHERE stream = ? AND seq = ?", stream.n, seq);
    return row && Number(row.ts);
  }

  listeners(): { family: string; group: string }[] {
    return this.#db
      .all("SELECT family, name FROM listeners")
      .map((row) => ({ family: String(row.family), group: String(row.name) }));
  }

  addListener(family: string, group: string): void {
    this.#db.run("INSERT INTO listeners (family, name) VALUES (?, ?)", family, group);
  }

  placeOf(group: string, stream: LogStream): { seq: number; tries: number } {
    const row = this.#db.one("SELECT seq, tries FROM places WHERE name = ? AND stream = ?", group, stream.n);
    return row ? { seq: Number(row.seq), tries: Number(row.tries) } : { seq: stream.first - 1, tries: 0 };
  }

  place({ group, stream, seq, tries }: Place): void {
    const sql =
      "INSERT INTO places (name, stream, seq, tries) VALUES (?1, ?2, ?3, ?4) " +
      "ON CONFLICT (name, stream) DO UPDATE SET seq = ?3, tries = ?4";
    this.#db.run(sql, group, stream.n, seq, tries);
  }

  /** Copies an entry to the dead letters, in one step with `settle`. */
  bury({ group, stream, seq }: Omit<Place, "tries">, reason: string, settle: () => void): void {
    this.#db.transaction(() => {
      const row = this.#db.one("SELECT * FROM log WHERE stream = ? AND seq = ?", stream.n, seq)!;
      const sql = "INSERT INTO dead (stream, name, id, reason, body) VALUES (?, ?, ?, ?, ?)";
      this.#db.run(sql, stream.n, group, idOf(row), reason, String(row.event));
      this.#db.run(
        "DELETE FROM dead WHERE n <= (SELECT n FROM dead WHERE stream = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2) AND stream = ?1",
        stream.n,
        DEAD_MAX,
      );
      settle();
    });
  }

  dead(family: string, limit: number): DeadLetter[] {
    const sql =
      "SELECT d.id, s.name AS stream, d.name || ': ' || d.reason AS reason, d.body FROM dead AS d " +
      "JOIN streams AS s ON s.n = d.stream WHERE s.family = ? ORDER BY d.n DESC LIMIT ?";
    const letters = this.#db.all(sql, family, limit).map((row) => ({
      id: String(row.id),
      stream: String(row.stream),
      reason: String(row.reason),
      body: String(row.body),
    }));
    return letters.reverse();
  }

  deadCount(group: string, stream: LogStream): number {
    const sql = "SELECT count(*) AS dead FROM dead WHERE stream = ? AND name = ?";
    return Number(this.#db.one(sql, stream.n, group)?.dead);
  }

  /** Forgets the entries up to `seq`; their numbers are not used again. */
  trim(stream: LogStream, seq: number): void {
    if (seq < stream.first) return;
    this.#db.transaction(() => {
      this.#db.run("DELETE FROM log WHERE stream = ? AND seq <= ?", stream.n, seq);
      this.#db.run("UPDATE streams SET trimmed = ? WHERE n = ?", seq, stream.n);
    });
    stream.first = seq + 1;
  }

  close(): void {
    this.#db.close();
  }

  #remember(row: Record<string, Bound>, first: number, last: number): LogStream {
    const { n, name, family, key } = row;
    const stream = { n: Number(n), name: String(name), family: String(family), key: String(key), first, last };
    this.#streams.set(stream.name, stream);
    return stream;
  }
}

export const isNumbered = (id: string): boolean => id.startsWith(NUMBERED);
