/** What can be wrong with a store of large bodies, put before the one in memory: away, silent, slow, full, failing. */
import { Problem } from "../errors.ts";
import type { Blobs, Clock } from "../kit/ports.ts";

/**
 * `down`: refused at once. `silent`: given up on after all tries. `slow`: half a minute for everything. `full`: can be
 * read, not written. `failing`: two of three calls end in an error, half of those have had their effect.
 */
export const BLOB_TROUBLES = ["down", "silent", "slow", "full", "failing"] as const;
export type BlobTrouble = (typeof BLOB_TROUBLES)[number];

const SILENT_MS = 43_000;
const SLOW_MS = 30_000;
const SAID: Record<BlobTrouble, string> = {
  down: "The object store cannot be reached: ECONNREFUSED.",
  silent: "The object store gives no answer in time.",
  slow: "",
  full: "The object store is full: XMinioStorageFull.",
  failing: "The object store is in trouble: 503 SlowDown.",
};
const WRITING: readonly (keyof Blobs)[] = ["put", "append", "write"];
const ALL: readonly (keyof Blobs)[] = [...WRITING, "get", "read", "list", "delete", "link", "ping"];

export class BlobFaults {
  trouble: BlobTrouble | undefined;
  #calls = 0;
  readonly #clock: Clock;

  /** From here on those blobs have whatever trouble there is at the time of each call. */
  constructor(blobs: Blobs, clock: Clock) {
    this.#clock = clock;
    const own = blobs as unknown as Record<string, unknown>;
    for (const name of ALL) {
      const call = (own[name] as (...args: unknown[]) => Promise<unknown>).bind(blobs);
      own[name] = (...args: unknown[]) => this.#call(name, () => call(...args));
    }
  }

  async #call<T>(name: keyof Blobs, call: () => Promise<T>): Promise<T> {
    const { trouble } = this;
    if (!trouble || (trouble === "full" && !WRITING.includes(name))) return call();
    const fails = new Problem("UNAVAILABLE", SAID[trouble]);
    if (trouble === "silent") await this.#clock.sleep(SILENT_MS);
    if (trouble === "slow") {
      await this.#clock.sleep(SLOW_MS);
      return call();
    }
    if (trouble === "failing") {
      this.#calls++;
      if (this.#calls % 3 === 0) return call();
      if (this.#calls % 3 === 1) await call();
    }
    throw fails;
  }
}
