/** The fencing number in a store's file: only the newest lease's holder writes; one who slept past its term is refused. */
import { assert, refuse } from "../../errors.ts";
import type { ServiceId } from "../../kit/ports.ts";
import type { Connection } from "./connection.ts";

const READ = "SELECT value FROM meta WHERE name = 'fence'";
const WRITE = "INSERT OR REPLACE INTO meta (name, value) VALUES ('fence', ?)";

export class Fence {
  readonly #db: Connection;
  readonly #owner: ServiceId;
  readonly #ours: number | undefined;

  /** `ours`: the lease's number; without one the file has a single process, and nothing is checked. */
  constructor(db: Connection, owner: ServiceId, ours: number | undefined) {
    assert(ours === undefined || (Number.isSafeInteger(ours) && ours > 0), "a fence is a whole number above zero");
    this.#db = db;
    this.#owner = owner;
    this.#ours = ours;
  }

  /** In the transaction that opens the file. Throws Problem FENCED when a newer holder has had it open. */
  claim(): void {
    const stored = this.#stored();
    if (this.#ours === undefined) {
      // Whoever held a lease on the file before may still wake up.
      if (stored !== undefined) this.#db.run(WRITE, stored + 1);
      return;
    }
    if (stored !== undefined && stored > this.#ours) this.#refuse(stored);
    if (stored !== this.#ours) this.#db.run(WRITE, this.#ours);
  }

  /** In every transaction that writes, before all else. Throws Problem FENCED when the file was passed on. */
  check(): void {
    if (this.#ours === undefined) return;
    const stored = this.#stored();
    if (stored !== this.#ours) this.#refuse(stored);
  }

  #stored(): number | undefined {
    const value = this.#db.one(READ)?.value;
    return value === undefined ? undefined : Number(value);
  }

  #refuse(stored: number | undefined): never {
    refuse("FENCED", `${this.#owner}'s store was passed on: its fence is ${stored}, the caller's ${this.#ours}.`);
  }
}
