/** Copies in the cache of what every request looks up, never behind a change that this process has made. */
import type { Cache, Clock, Random } from "../../shared/kit/ports.ts";

/** How long a copy is believed. Also how long after a change the store alone is asked. */
const COPY_MS = 10_000;
const NAME_BYTES = 8;

export interface CopiesParts {
  cache: Cache;
  clock: Clock;
  random: Random;
}

/**
 * The store is the truth, and the one process that answers for the gateway makes all its changes. So:
 * - A process reads only copies of its own making, under a name that it draws at its start: what another one left
 *   behind, which may have died between its commit and the cache's, is never seen.
 * - What was changed here is read from the store until every copy from before has run out, whether or not the cache
 *   could be told: neither a read that was under way nor a cache that was away brings it back.
 * - A process that was stopped and has been passed believes its copies for COPY_MS at most, and can change nothing.
 * Without a cache all is read from the store.
 */
export function createCopies({ cache, clock, random }: CopiesParts) {
  const own = Buffer.from(random.bytes(NAME_BYTES)).toString("hex");
  const nameOf = (key: string) => `s12/${own}/${key}`;
  /** By key, the oldest first. */
  const changedAt = new Map<string, number>();
  const isChanged = (key: string) => (changedAt.get(key) ?? Number.NEGATIVE_INFINITY) + COPY_MS > clock.mono();

  return {
    /** The document under `key`, from a copy or by `load`. */
    async read<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
      if (isChanged(key)) return load();
      const copy = await cache.get<T>(nameOf(key)).catch(() => undefined);
      // It may have been changed while the cache was asked.
      if (copy !== undefined && !isChanged(key)) return copy;
      const value = await load();
      if (value !== undefined && !isChanged(key)) await cache.set(nameOf(key), value, COPY_MS).catch(() => {});
      return value;
    },

    /** To be called as soon as the store has it, and also when it is not known whether the store has it. */
    async changed(keys: readonly string[]): Promise<void> {
      const now = clock.mono();
      for (const [key, at] of changedAt) {
        if (at + COPY_MS > now) break;
        changedAt.delete(key);
      }
      for (const key of keys) {
        changedAt.delete(key);
        changedAt.set(key, now);
      }
      await Promise.all(keys.map((key) => cache.delete(nameOf(key)).catch(() => {})));
    },
  };
}
export type Copies = ReturnType<typeof createCopies>;
