/** Stores signals behind the tick path: gathered for some milliseconds, then committed in one batch. */
import { put } from "../../shared/changes.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";

/** Signals of one commit, and signals that wait while the store fails; beyond it the oldest are given up. */
const BATCH_MAX = 500;
const WAITING_MAX = 10_000;
const RETRY_MS = 1_000;

interface Parts {
  store: Pick<Store, "commit">;
  clock: Clock;
  flushMs: number;
  /** The store failed; `lost` signals were given up. */
  failed(error: unknown, lost: number): void;
}

export class SignalWriter {
  #parts: Parts;
  #waiting: Signal[] = [];
  #planned = false;
  #writing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** There is room for no other: of one that cannot be kept nobody should hear. */
  get isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX;
  }

  add(signal: Signal): void {
    this.#waiting.push(signal);
    this.#plan(this.#parts.flushMs);
  }

  /** Resolves when everything added before has been stored, or has failed once more. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#writing = this.#write();
    await this.#writing;
  }

  #plan(ms: number): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#parts.clock.after(ms, () => {
      this.#planned = false;
      return this.flush();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        await this.#parts.store.commit(batch.map(keep));
      } catch (error) {
        this.#waiting.unshift(...batch);
        const lost = Math.max(0, this.#waiting.length - WAITING_MAX);
        this.#waiting.splice(0, lost);
        this.#parts.failed(error, lost);
        this.#plan(RETRY_MS);
        return;
      }
    }
  }
}

const keep = (value: Signal): Op => put(signalsSeen, value);
