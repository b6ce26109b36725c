/** Reservations against a limit, kept in SQLite: a restart forgets none of them. */
import { assert } from "../errors.ts";
import type { Quota } from "../kit/ports.ts";
import type { Connection } from "./sqlite/connection.ts";

export class SqliteQuota implements Quota {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
    db.run(
      "CREATE TABLE IF NOT EXISTS reservations (name TEXT, id TEXT, amount INTEGER NOT NULL, PRIMARY KEY (name, id)) WITHOUT ROWID",
    );
    db.run("CREATE TABLE IF NOT EXISTS reserved (name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID");
  }

  async reserve(name: string, id: string, amount: number, limit: number): Promise<boolean> {
    assertAmount(amount);
    return this.#db.transaction(() => {
      if (this.#reserved(name, id) !== undefined) return true;
      if (this.#used(name) + amount > limit) return false;
      this.#db.run("INSERT INTO reservations (name, id, amount) VALUES (?, ?, ?)", name, id, amount);
      this.#add(name, amount);
      return true;
    });
  }

  async release(name: string, id: string): Promise<boolean> {
    return this.#db.transaction(() => {
      const amount = this.#reserved(name, id);
      if (amount === undefined) return false;
      this.#db.run("DELETE FROM reservations WHERE name = ? AND id = ?", name, id);
      this.#add(name, -amount);
      return true;
    });
  }

  async used(name: string): Promise<number> {
    return this.#used(name);
  }

  async set(name: string, id: string, amount: number): Promise<void> {
    assertAmount(amount);
    this.#db.transaction(() => {
      const before = this.#reserved(name, id) ?? 0;
      this.#db.run("INSERT OR REPLACE INTO reservations (name, id, amount) VALUES (?, ?, ?)", name, id, amount);
      this.#add(name, amount - before);
    });
  }

  async list(name: string): Promise<{ id: string; amount: number }[]> {
    const rows = this.#db.all("SELECT id, amount FROM reservations WHERE name = ?", name);
    return rows.map((row) => ({ id: String(row.id), amount: Number(row.amount) }));
  }

  #reserved(name: string, id: string): number | undefined {
    const row = this.#db.one("SELECT amount FROM reservations WHERE name = ? AND id = ?", name, id);
    return row && Number(row.amount);
  }

  #used(name: string): number {
    return Number(this.#db.one("SELECT amount FROM reserved WHERE name = ?", name)?.amount ?? 0);
  }

  #add(name: string, amount: number): void {
    const sql =
      "INSERT INTO reserved (name, amount) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET amount = amount + ?2";
    this.#db.run(sql, name, amount);
  }
}

const assertAmount = (amount: number): void =>
  assert(Number.isSafeInteger(amount) && amount >= 0, "a reserved amount is a whole number, not below zero");
