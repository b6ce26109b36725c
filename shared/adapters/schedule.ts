/** Things due later, kept in SQLite; what was claimed and not done is offered again. */
import { assert } from "../errors.ts";
import type { Schedule } from "../kit/ports.ts";
import type { Connection } from "./sqlite/connection.ts";

const CLAIM_MAX = 1_000;

export class SqliteSchedule implements Schedule {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
    db.run(
      "CREATE TABLE IF NOT EXISTS due (queue TEXT, id TEXT, at REAL NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (queue, id)) WITHOUT ROWID",
    );
    db.run("CREATE INDEX IF NOT EXISTS due_by_time ON due (queue, at, id)");
  }

  async put(queue: string, id: string, dueAt: number, payload: unknown): Promise<void> {
    assert(Number.isFinite(dueAt), "what is scheduled has a time");
    const json = JSON.stringify(payload);
    assert(json !== undefined, "a scheduled payload is JSON");
    const sql =
      "INSERT INTO due (queue, id, at, payload) VALUES (?1, ?2, ?3, ?4) " +
      "ON CONFLICT (queue, id) DO UPDATE SET at = ?3, payload = ?4";
    this.#db.run(sql, queue, id, dueAt, json);
  }

  /** A lease is a due time moved into the future, so that a claimer which dies needs no tidying up. */
  async claim(
    queue: string,
    now: number,
    { limit, leaseMs }: { limit: number; leaseMs: number },
  ): Promise<{ id: string; payload: unknown }[]> {
    assert(limit > 0 && leaseMs > 0, "a claim is for some, and for some time");
    const sql = "SELECT id, payload FROM due WHERE queue = ? AND at <= ? ORDER BY at, id LIMIT ?";
    return this.#db.transaction(() => {
      const rows = this.#db.all(sql, queue, now, Math.min(limit, CLAIM_MAX));
      for (const { id } of rows) {
        this.#db.run("UPDATE due SET at = ? WHERE queue = ? AND id = ?", now + leaseMs, queue, String(id));
      }
      return rows.map((row) => ({ id: String(row.id), payload: JSON.parse(String(row.payload)) }));
    });
  }

  async done(queue: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM due WHERE queue = ? AND id = ?", queue, id);
  }
}
