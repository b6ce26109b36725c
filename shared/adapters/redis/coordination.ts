/** The coordination ports on Redis together, over one connection. */
import type { Cache, Clock, Directory, Lock, Quota, RateLimit, Schedule } from "../../kit/ports.ts";
import { RedisCache } from "./cache.ts";
import { RedisConnection, type RedisSettings } from "./connection.ts";
import { RedisDirectory } from "./directory.ts";
import { RedisLock } from "./lock.ts";
import { RedisQuota } from "./quota.ts";
import { RedisRateLimit } from "./rate-limit.ts";
import { RedisSchedule } from "./schedule.ts";
import { type ServerFigures, serverFigures } from "./server-figures.ts";

export interface RedisCoordination {
  cache: Cache;
  lock: Lock;
  quota: Quota;
  rateLimit: RateLimit;
  schedule: Schedule;
  directory: Directory;
  /** Rejects where the server does not answer in time. */
  figures(): Promise<ServerFigures>;
  close(): void;
}

export function redisCoordination(options: {
  redis: Omit<RedisSettings, "onError">;
  clock: Clock;
  /** The server is away; each port says so to its callers too. */
  onError?(error: unknown): void;
}): RedisCoordination {
  const { redis, clock, onError } = options;
  const connection = new RedisConnection({ ...redis, ...(onError && { onError }) });
  return {
    cache: new RedisCache(connection, { clock }),
    lock: new RedisLock(connection),
    quota: new RedisQuota(connection),
    rateLimit: new RedisRateLimit(connection),
    schedule: new RedisSchedule(connection),
    directory: new RedisDirectory(connection),
    figures: () => serverFigures(connection),
    close: () => connection.close(),
  };
}
