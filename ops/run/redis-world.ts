/** The world of one service's process: Redis between the processes, SQLite files by shard, the others' to read. */
import { fetchNet } from "../../shared/adapters/net.ts";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { openOutside } from "../../shared/adapters/outside.ts";
import { peerNames } from "../../shared/adapters/peer-names.ts";
import { programRunner } from "../../shared/adapters/programs.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { RedisBus } from "../../shared/adapters/redis/bus.ts";
import { redisCoordination } from "../../shared/adapters/redis/coordination.ts";
import type { ShardStore } from "../../shared/kit/instance.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { Clock, Directory, Journal, ServiceId, Store } from "../../shared/kit/ports.ts";
import type { World } from "../../shared/kit/world.ts";
import { buildInfo } from "../build.ts";
import { tellBackups, wantedBackups } from "./backup-figures.ts";
import { openBlobs } from "./blobs.ts";
import { tellCertificate } from "./certificate-figures.ts";
import type { Identity } from "./identity.ts";
import { openJournals } from "./journals.ts";
import { approvalsEnv } from "./origin.ts";
import { pemIn, serviceCa } from "./place.ts";
import { type ProcessSettings, readProcessSettings } from "./process-settings.ts";
import { tellRedis } from "./redis-figures.ts";
import { openingOf } from "./serve-gateway.ts";
import { openStores } from "./stores.ts";
import { openSpans, tellSpans } from "./tracing.ts";
import { workersFor } from "./workers-for.ts";
import { busReports, processMetrics } from "./world-parts.ts";

export interface RedisWorldOptions {
  clock: Clock;
  identity: Identity;
  env: Record<string, string | undefined>;
  /** Takes each line of the log. */
  write(line: string): void;
  owner: ServiceId;
  /** Where no second process can be. */
  place: string;
}

export interface RedisWorld extends Omit<World, "store" | "shard" | "lease"> {
  directory: Directory;
  /** The owner's file of a shard, for whoever holds its lease. */
  openStore(shard: number, fence: number): ShardStore;
  /** What its holder keeps while that is away. */
  openJournal(shard: number, fence: number): Journal;
  /** Everybody's documents, for reading. */
  openReader(): Store;
  close(): Promise<void>;
}

export function redisWorld({ clock, identity, env, write, owner, place }: RedisWorldOptions): RedisWorld {
  const { folder, origin } = identity;
  const log = rootLog(clock, write, env.CHIMERA_LOG ?? "info");
  const settings = readProcessSettings(env);
  const redis = redisAt(settings);
  const build = buildInfo(env);
  const { serviceKey } = identity;
  const spans = openSpans(env, { version: build.version, instance: `${place}-${process.pid}`, serviceKey });
  // Nothing is subscribed before the replica's port is taken, which only one process can have.
  const bus: RedisBus = new RedisBus({ redis, clock, place, ...busReports(() => bus, clock, log) });
  const onError = (error: unknown) => log.warn({ error: String(error) }, "redis");
  const coordination = redisCoordination({ redis, clock, onError });
  const { cache, lock, quota, rateLimit, schedule, directory } = coordination;
  const journals = openJournals(folder);
  const stores = openStores({ folder, origin, env, clock });
  const names = peerNames(serviceCa(settings));
  const random = systemRandom();
  const blobs = openBlobs({ folder, env, clock });
  return {
    ...{ clock, bus, cache, lock, quota, rateLimit, schedule, directory, log },
    openStore: (shard, fence) => stores.openShard(owner, shard, fence),
    openJournal: (shard, fence) => journals.openShard(owner, shard, fence),
    openReader: () => stores.openReader(owner),
    ...{ random, blobs, workers: workersFor(owner, env, { schedule, blobs, clock, random }) },
    ...{ names, net: fetchNet(clock, { trust: names.trust }) },
    outside: openOutside({ clock }),
    inference: onnxInference(clock),
    programs: programRunner(),
    env: {
      ...identity.keys,
      ...approvalsEnv(env),
      ...env,
      CHIMERA_INSTALLATION_TAG: identity.tag,
    },
    serviceKey: identity.serviceKey,
    account: "main",
    mode: origin.mode,
    // In containers all have the same number.
    replica: `${place}-${process.pid}`,
    build,
    ...(spans && { spans }),
    processMetrics: processMetrics({ service: owner }, (registry) => {
      tellSpans(registry, spans);
      if (owner === "s11") {
        tellRedis(registry, coordination.figures);
        tellBackups(registry, clock, wantedBackups(env, clock));
      }
      if (owner === "s12") tellCertificate(registry, async () => (await openingOf(env, folder))?.certificate?.endsAt);
    }),
    async close() {
      await bus.close();
      await coordination.close();
      await spans?.close();
    },
  };
}

/** Throws an Error that names a file which cannot be read. */
export const redisAt = (settings: ProcessSettings) => ({
  url: settings.redisUrl,
  ...(settings.redisUser !== undefined && { username: settings.redisUser }),
  ...(settings.redisPassword !== undefined && { password: settings.redisPassword }),
  ...(settings.redisSentinelPassword !== undefined && { sentinelPassword: settings.redisSentinelPassword }),
  ...(settings.redisCa !== undefined && { ca: pemIn(settings.redisCa, "CHIMERA_REDIS_CA") }),
});
