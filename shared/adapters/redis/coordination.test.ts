import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cacheContract } from "../../testing/cache.contract.ts";
import type { Begin } from "../../testing/coordination-world.ts";
import { directoryContract } from "../../testing/directory.contract.ts";
import { lockContract } from "../../testing/lock.contract.ts";
import { quotaContract } from "../../testing/quota.contract.ts";
import { rateLimitContract } from "../../testing/rate-limit.contract.ts";
import { hasRedis, type RedisCluster, RedisServer, startCluster } from "../../testing/redis-server.ts";
import { scheduleContract } from "../../testing/schedule.contract.ts";
import { wallClock } from "../clock.ts";
import { type RedisCoordination, redisCoordination } from "./coordination.ts";

interface Installation {
  url: string;
  flush(): Promise<unknown>;
  stop(): Promise<void>;
}

async function startServer(): Promise<Installation> {
  const server = await RedisServer.start();
  return { url: server.url, flush: () => server.cli("FLUSHALL"), stop: () => server.stop() };
}

function contracts(start: () => Promise<Installation | RedisCluster>): void {
  let installation: Installation;
  beforeAll(async () => {
    installation = await start();
  });
  afterAll(() => installation?.stop());

  const over =
    <P>(pick: (opened: RedisCoordination) => P): Begin<P> =>
    async () => {
      await installation.flush();
      const open = () => redisCoordination({ redis: { url: installation.url }, clock: wallClock() });
      let opened = open();
      return {
        port: pick(opened),
        // The server's clock and ours have whole milliseconds; one more is sure to have passed.
        pass: (ms) => Bun.sleep(Math.min(ms, LONG_MS) + 1),
        async reopen() {
          opened.close();
          opened = open();
          return pick(opened);
        },
        async end() {
          opened.close();
        },
      };
    };
  cacheContract(
    "cache",
    over((opened) => opened.cache),
  );
  lockContract(
    "lock",
    over((opened) => opened.lock),
  );
  quotaContract(
    "quota",
    over((opened) => opened.quota),
  );
  rateLimitContract(
    "rate limit",
    over((opened) => opened.rateLimit),
  );
  scheduleContract(
    "schedule",
    over((opened) => opened.schedule),
  );
  directoryContract(
    "directory",
    over((opened) => opened.directory),
  );

  test("fences grow although the server loses its data again and again", async () => {
    const { lock, close } = redisCoordination({ redis: { url: installation.url }, clock: wallClock() });
    try {
      const fences: number[] = [];
      for (let loss = 0; loss < 20; loss++) {
        await installation.flush();
        // Leases that are taken over faster than the clock's steps must not run ahead of it either.
        for (let taken = 0; taken < 5; taken++) fences.push((await lock.acquire("a", 60_000, "here"))!.fence);
      }
      for (const [at, fence] of fences.entries()) expect(fence).toBeGreaterThan(fences[at - 1] ?? 0);
    } finally {
      close();
    }
  });
}

/** Longer waits than this are only to be sure that all is over. */
const LONG_MS = 1_020;

/** It takes a while to start: the other tests go on meanwhile. */
const starting = hasRedis ? startCluster() : undefined;

describe.skipIf(!hasRedis)("on one Redis server", () => contracts(startServer));
describe.skipIf(!hasRedis)("on a Redis cluster", () => contracts(() => starting!));
