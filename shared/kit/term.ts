/** A lease with its term: how long it is held by our own clock, which stands still for nobody and asks nobody. */
import type { Clock, Lease } from "./ports.ts";
import type { HeldLease } from "./world.ts";

/** Part of the term by which we stop relying on it before anybody else can begin. */
const MARGIN = 0.1;
/** Renewed this often in each term, so that one that is lost on the way costs nothing. */
const RENEWALS = 3;

export interface TermParts {
  name: string;
  lease: Lease;
  ttlMs: number;
  clock: Pick<Clock, "mono">;
  /** When the lease was asked for, on the clock's monotonic time: it may have begun right then. */
  askedAt: number;
}

export class Term implements HeldLease {
  readonly name: string;
  readonly #lease: Lease;
  readonly #ttlMs: number;
  readonly #clock: Pick<Clock, "mono">;
  #renewedAt: number;

  constructor({ name, lease, ttlMs, clock, askedAt }: TermParts) {
    this.name = name;
    this.#lease = lease;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#renewedAt = askedAt;
  }

  get fence(): number {
    return this.#lease.fence;
  }

  isHeld(): boolean {
    return this.#clock.mono() < this.#renewedAt + this.#ttlMs * (1 - MARGIN);
  }

  isDue(): boolean {
    return this.#clock.mono() >= this.#renewedAt + this.#ttlMs / RENEWALS;
  }

  /** False: somebody else has had it since. Throws when nobody can be asked. */
  async renew(): Promise<boolean> {
    // Counted from before the question: the answer may have been long on its way.
    const askedAt = this.#clock.mono();
    if (!(await this.#lease.revive(this.#ttlMs))) return false;
    this.#renewedAt = askedAt;
    return true;
  }

  release(): Promise<void> {
    return this.#lease.release();
  }
}
