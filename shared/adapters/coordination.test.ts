import { expect, test } from "bun:test";
import { join } from "node:path";
import { cacheContract } from "../testing/cache.contract.ts";
import type { Begin } from "../testing/coordination-world.ts";
import { directoryContract } from "../testing/directory.contract.ts";
import { newFolder, removeFolder } from "../testing/folder.ts";
import { lockContract } from "../testing/lock.contract.ts";
import { quotaContract } from "../testing/quota.contract.ts";
import { rateLimitContract } from "../testing/rate-limit.contract.ts";
import { scheduleContract } from "../testing/schedule.contract.ts";
import { MemoryCache } from "./cache.ts";
import { type Coordination, embeddedCoordination } from "./coordination.ts";
import { VirtualClock } from "./virtual-clock.ts";

const over =
  <P>(pick: (opened: Coordination, clock: VirtualClock) => P): Begin<P> =>
  async () => {
    const folder = newFolder();
    const clock = new VirtualClock(1_700_000_000_000);
    const open = () => embeddedCoordination({ clock, path: join(folder, "coordination.sqlite") });
    let opened = open();
    return {
      port: pick(opened, clock),
      pass: (ms) => clock.run(clock.now() + ms),
      async reopen() {
        opened.close();
        opened = open();
        return pick(opened, clock);
      },
      async end() {
        opened.close();
        removeFolder(folder);
      },
    };
  };

cacheContract(
  "cache in memory",
  over((_, clock) => new MemoryCache(clock, 100)),
);
lockContract(
  "lock in SQLite",
  over((opened) => opened.lock),
);
quotaContract(
  "quota in SQLite",
  over((opened) => opened.quota),
);
rateLimitContract(
  "rate limit in memory",
  over((opened) => opened.rateLimit),
);
scheduleContract(
  "schedule in SQLite",
  over((opened) => opened.schedule),
);
directoryContract(
  "directory in memory",
  over((opened) => opened.directory),
);

test("a full cache forgets what was used longest ago", async () => {
  const cache = new MemoryCache(new VirtualClock(), 3);
  for (const key of ["a", "b", "c"]) await cache.set(key, key, 1_000);
  await cache.get("a");
  await cache.set("d", "d", 1_000);
  const left = await Promise.all(["a", "b", "c", "d"].map((key) => cache.get<string>(key)));
  expect(left).toEqual(["a", undefined, "c", "d"]);
});

test("a rate limit that sees ever new keys forgets none that is in use", async () => {
  const clock = new VirtualClock();
  const { rateLimit } = embeddedCoordination({ clock, path: ":memory:" });
  const rule = { limit: 1, windowMs: 1_000_000 };
  await rateLimit.take("in use", rule);
  for (let at = 0; at < 25_000; at++) await rateLimit.take(`passing ${at}`, { limit: 1, windowMs: 1 });
  await clock.run(10);
  for (let at = 0; at < 25_000; at++) await rateLimit.take(`again ${at}`, { limit: 1, windowMs: 1 });
  expect((await rateLimit.take("in use", rule)).allowed).toBe(false);
});
