/** The embedded coordination ports together: those that must last share one SQLite file, the others are in memory. */
import type { Cache, Clock, Directory, Lock, Quota, RateLimit, Schedule } from "../kit/ports.ts";
import { MemoryCache } from "./cache.ts";
import { MemoryDirectory } from "./directory.ts";
import { SqliteLock } from "./lock.ts";
import { SqliteQuota } from "./quota.ts";
import { MemoryRateLimit } from "./rate-limit.ts";
import { SqliteSchedule } from "./schedule.ts";
import { Connection } from "./sqlite/connection.ts";

export interface Coordination {
  cache: Cache;
  lock: Lock;
  quota: Quota;
  rateLimit: RateLimit;
  schedule: Schedule;
  directory: Directory;
  close(): void;
}

/** `path`: the file, whose folder exists, or `:memory:`. */
export function embeddedCoordination({ clock, path }: { clock: Clock; path: string }): Coordination {
  const db = new Connection(path, { readonly: false });
  return {
    cache: new MemoryCache(clock),
    lock: new SqliteLock(db, clock),
    quota: new SqliteQuota(db),
    rateLimit: new MemoryRateLimit(clock),
    schedule: new SqliteSchedule(db),
    directory: new MemoryDirectory(clock),
    close: () => db.close(),
  };
}
