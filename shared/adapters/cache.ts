/** The in-process cache: bounded, least recently used out first, each entry with its time to live. */
import { assert } from "../errors.ts";
import type { Cache, Clock } from "../kit/ports.ts";

const ENTRIES_MAX = 10_000;

/** Values are kept as JSON, so that nobody's later change to one reaches another reader. */
export class MemoryCache implements Cache {
  readonly #clock: Pick<Clock, "now">;
  readonly #entriesMax: number;
  /** In order of use, the latest last. */
  readonly #entries = new Map<string, { json: string; until: number }>();

  constructor(clock: Pick<Clock, "now">, entriesMax = ENTRIES_MAX) {
    this.#clock = clock;
    this.#entriesMax = entriesMax;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#clock.now()) return undefined;
    this.#entries.set(key, entry);
    return JSON.parse(entry.json) as T;
  }

  async set<T>(key: string, value: T, ttlMs: number): Promise<void> {
    assert(ttlMs > 0, "a time to live is above zero");
    const json = JSON.stringify(value);
    assert(json !== undefined, "a cached value is JSON");
    this.#entries.delete(key);
    this.#entries.set(key, { json, until: this.#clock.now() + ttlMs });
    if (this.#entries.size <= this.#entriesMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }
}
