/** The world of one service's process: Redis between the processes, this owner's SQLite file, the others' to read. */
import { appendFileSync } from "node:fs";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { RedisBus } from "../../shared/adapters/redis/bus.ts";
import { redisCoordination } from "../../shared/adapters/redis/coordination.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { assert } from "../../shared/errors.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { Clock, ServiceId } from "../../shared/kit/ports.ts";
import { buildInfo } from "../build.ts";
import type { EmbeddedWorld } from "./embedded.ts";
import { type DataFolder, storeFile, storeFiles } from "./folder.ts";
import { busReports, processMetrics } from "./world-parts.ts";

const DEFAULT_REDIS = "redis://127.0.0.1:6379";

export interface RedisWorldOptions {
  clock: Clock;
  folder: DataFolder;
  env: Record<string, string | undefined>;
  logFile: string;
  owner: ServiceId;
}

export function redisWorld({ clock, folder, env, logFile, owner }: RedisWorldOptions): EmbeddedWorld {
  const log = rootLog(clock, (line) => appendFileSync(logFile, line), env.CHIMERA_LOG ?? "info");
  const url = env.CHIMERA_REDIS_URL ?? DEFAULT_REDIS;
  const store = openStore({
    path: storeFile(folder, owner),
    owner,
    collections: COLLECTIONS,
    others: (id) => storeFiles(folder, id),
    now: () => clock.now(),
  });
  const bus: RedisBus = new RedisBus({ redis: { url }, clock, ...busReports(() => bus, clock, log) });
  const onError = (error: unknown) => log.warn({ error: String(error) }, "redis");
  const coordination = redisCoordination({ redis: { url }, clock, onError });
  return {
    clock,
    random: systemRandom(),
    bus,
    store(id) {
      assert(id === owner, `${owner}'s process opens no store of ${id}`);
      return store;
    },
    blobs: new FolderBlobs(folder.blobs),
    cache: coordination.cache,
    lock: coordination.lock,
    quota: coordination.quota,
    rateLimit: coordination.rateLimit,
    schedule: coordination.schedule,
    net: fetchNet(clock),
    env: { ...env, CHIMERA_INSTALLATION_TAG: folder.tag },
    log,
    serviceKey: folder.serviceKey,
    account: "main",
    mode: "paper",
    replica: `${owner}-${process.pid}`,
    build: buildInfo(env),
    processMetrics: processMetrics(),
    async close() {
      await bus.close();
      await coordination.close();
      await store.close();
    },
  };
}
