/** Copies in the cache of what every request looks up, never behind a change that this process has made. */
import { asProblem } from "../../shared/errors.ts";
import type { Cache, Clock, Random } from "../../shared/kit/ports.ts";
import { soon } from "./soon.ts";

/** How long a copy is believed. Also how long after a change the store alone is asked. */
const COPY_MS = 10_000;
/** A cache that takes longer is slower than the store, and is left alone for a while. */
const ANSWER_MS_MAX = 100;
const AWAY_MS = 5_000;
const NAME_BYTES = 8;
/** How long what was read last is believed while the store is away, as long as an access token lasts; and of how many. */
const AWAY_COPY_MS = 900_000;
const KNOWN_MAX = 1_000;

/** `at`: when it was read from the store, by this process's own clock. */
interface Copy<T> {
  at: number;
  value: T;
}
export interface CopiesParts {
  cache: Cache;
  clock: Clock;
  random: Random;
}

/**
 * The store is the truth, and the one process that answers for the gateway makes all its changes. So:
 * - A process reads only copies of its own making, under a name that it draws at its start: what another one left
 *   behind, which may have died between its commit and the cache's, is never seen.
 * - What was changed here is read from the store for COPY_MS, and no copy is believed that was read longer ago:
 *   whatever the cache was told, and however late it took note of it, nothing from before a change comes back.
 * - A process that was stopped and has been passed believes its copies for COPY_MS at most, and can change nothing.
 * While the store is away, nobody can have changed anything, since only this process does: what was read last is
 * believed, for whoever is signed in to turn on the kill switch and to get out.
 * Without a cache, or with one that hangs, all is read from the store.
 */
export function createCopies({ cache, clock, random }: CopiesParts) {
  const own = Buffer.from(random.bytes(NAME_BYTES)).toString("hex");
  const nameOf = (key: string) => `s12/${own}/${key}`;
  /** By key, the oldest first. */
  const changedAt = new Map<string, number>();
  /** By key, what was read last and not changed since. */
  const known = new Map<string, Copy<unknown>>();
  const isChanged = (key: string) => (changedAt.get(key) ?? Number.NEGATIVE_INFINITY) + COPY_MS > clock.mono();
  let awayUntil = Number.NEGATIVE_INFINITY;

  async function ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (awayUntil > clock.mono()) return undefined;
    try {
      return await soon(clock, ANSWER_MS_MAX, work());
    } catch {
      awayUntil = clock.mono() + AWAY_MS;
      return undefined;
    }
  }

  function remember(key: string, copy: Copy<unknown>): void {
    known.delete(key);
    known.set(key, copy);
    if (known.size > KNOWN_MAX) known.delete(known.keys().next().value as string);
  }

  /** What was read last, while the store cannot be asked. */
  function lastKnown<T>(key: string, error: unknown): T {
    const copy = asProblem(error).code === "UNAVAILABLE" ? known.get(key) : undefined;
    if (!copy || copy.at + AWAY_COPY_MS < clock.mono()) throw error;
    return copy.value as T;
  }

  return {
    /** The document under `key`, from a copy or by `load`. */
    async read<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
      if (!isChanged(key)) {
        const copy = await ask(() => cache.get<Copy<T>>(nameOf(key)));
        // It may have been changed while the cache was asked.
        if (copy && copy.at + COPY_MS > clock.mono() && !isChanged(key)) return copy.value;
      }
      const change = changedAt.get(key);
      const at = clock.mono();
      let value: T | undefined;
      try {
        value = await load();
      } catch (error) {
        return lastKnown<T>(key, error);
      }
      if (value === undefined || changedAt.get(key) !== change) return value;
      remember(key, { at, value });
      if (!isChanged(key)) await ask(() => cache.set(nameOf(key), { at, value }, COPY_MS));
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
        known.delete(key);
        changedAt.delete(key);
        changedAt.set(key, now);
      }
      await Promise.all(keys.map((key) => ask(() => cache.delete(nameOf(key)))));
    },
  };
}
export type Copies = ReturnType<typeof createCopies>;
