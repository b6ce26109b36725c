/** Leases with fencing numbers, kept in SQLite so that no number is given twice, not even across restarts. */
import { assert } from "../errors.ts";
import type { Clock, Lease, Lock } from "../kit/ports.ts";
import type { Connection } from "./sqlite/connection.ts";

/** Until when a lease holds that was given back. */
const RELEASED = 0;

export class SqliteLock implements Lock {
  readonly #db: Connection;
  readonly #clock: Pick<Clock, "now">;

  constructor(db: Connection, clock: Pick<Clock, "now">) {
    this.#db = db;
    this.#clock = clock;
    db.run("CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, fence INTEGER NOT NULL, until REAL NOT NULL)");
    const columns = db.all("SELECT name FROM pragma_table_info('locks')").map((row) => row.name);
    if (!columns.includes("holder")) db.run("ALTER TABLE locks ADD COLUMN holder TEXT");
  }

  async acquire(name: string, ttlMs: number, holder?: string): Promise<Lease | undefined> {
    const now = this.#clock.now();
    const until = untilAfter(now, ttlMs);
    const taken = this.#db.one(
      "INSERT INTO locks (name, fence, until, holder) VALUES (?1, ?5, ?2, ?4) ON CONFLICT (name) DO UPDATE " +
        "SET fence = max(fence + 1, ?5), until = ?2, holder = ?4 WHERE until <= ?3 OR holder = ?4 RETURNING fence",
      name,
      until,
      now,
      holder ?? null,
      fenceAt(now),
    );
    return taken && this.#lease(name, Number(taken.fence));
  }

  async newest(name: string): Promise<number> {
    return Number(this.#db.one("SELECT fence FROM locks WHERE name = ?", name)?.fence ?? 0);
  }

  #lease(name: string, fence: number): Lease {
    // A lease that ran out is lost, even if nobody else has it yet: its holder may have been passed meanwhile.
    const move = (until: number) =>
      this.#db.run(
        "UPDATE locks SET until = ? WHERE name = ? AND fence = ? AND until > ?",
        until,
        name,
        fence,
        this.#clock.now(),
      ) > 0;
    return {
      fence,
      renew: async (ttlMs) => move(untilAfter(this.#clock.now(), ttlMs)),
      revive: async (ttlMs) => {
        const until = untilAfter(this.#clock.now(), ttlMs);
        const sql = "UPDATE locks SET until = ? WHERE name = ? AND fence = ? AND until <> ?";
        return this.#db.run(sql, until, name, fence, RELEASED) > 0;
      },
      release: async () => {
        move(RELEASED);
      },
    };
  }
}

/** Microseconds, as the other adapter counts: a folder may be run with either, and its stores refuse smaller ones. */
const fenceAt = (now: number): number => Math.max(1, Math.floor(now * 1_000));

function untilAfter(now: number, ttlMs: number): number {
  assert(ttlMs > 0 && Number.isFinite(ttlMs), "a lease lasts longer than zero");
  return now + ttlMs;
}
