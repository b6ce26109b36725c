/** One process's part in a service: it keeps its share of the shards, hosts each, and answers at one door for all. */
import { createAddresses } from "./addresses.ts";
import { createDoor } from "./door.ts";
import { createFences } from "./fences.ts";
import { createForward } from "./forward.ts";
import { type Hosted, hostService } from "./host.ts";
import { type ShardStore, startInstance } from "./instance.ts";
import { Keeper } from "./keeper.ts";
import { createMetrics } from "./metrics.ts";
import { mergeMetrics } from "./metrics-text.ts";
import type { Cancel, Directory, Journal, ServiceId, Store } from "./ports.ts";
import { createReaching, type Reaching } from "./reaching.ts";
import { replicaHealth } from "./replica-health.ts";
import type { Service } from "./service.ts";
import { readSettings } from "./settings.ts";
import { shard as shardAt } from "./shard.ts";
import { createSpreading } from "./spreading.ts";
import type { World } from "./world.ts";

export interface ReplicaParts {
  all: readonly Service[];
  service: Service;
  /** Without stores: each instance opens its own. */
  world: Omit<World, "store" | "shard" | "lease">;
  directory: Directory;
  count: number;
  leaseMs: number;
  /** Which replica it is, and where others reach it. */
  place: string;
  url: string;
  openStore(shard: number, fence: number): ShardStore;
  openJournal?(shard: number, fence: number): Journal;
  /** Documents of all shards, for reading. */
  openReader(): Store;
}

export interface Replica extends Pick<Hosted, "fetch" | "health"> {
  readonly keeper: Keeper;
  /** Resolves when what it holds runs, or when it stands by; rejects when it cannot run. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Throws when the settings are wrong. */
export async function createReplica(parts: ReplicaParts): Promise<Replica> {
  const { all, service, directory, count, leaseMs, place, url } = parts;
  readSettings(service, parts.world.env);
  const documents = parts.openReader();
  // The process's own figures are told once, by the door; S11, which tells those of all, by itself.
  const { processMetrics, ...rest } = parts.world;
  const tellsAll = service.id === "s11" && processMetrics !== undefined;
  const world: World = { ...rest, store: () => documents, ...(tellsAll && { processMetrics }) };
  const { clock, lock, net, random } = world;
  const fences = createFences(lock);
  const reaching = createReaching(all, () => undefined, world);
  const keeper = new Keeper({
    ...{ service: service.id, count, place, url, leaseMs, clock, lock, directory },
    log: world.log.child({ service: service.id, replica: place }),
    begin: (index, lease, onPassed) =>
      startInstance({
        ...{ service, world, reaching, fences, lease, onPassed },
        shard: shardAt(index, count),
        openStore: parts.openStore,
        ...(parts.openJournal && { openJournal: parts.openJournal }),
      }),
  });
  const listed = createAddresses(world.env[`CHIMERA_URL_${service.id.toUpperCase()}`] ?? "", world);
  const forward = createForward({ service: service.id, keeper, listed, net, clock, random });
  const elsewhere = createSpreading({ service, count, keeper, store: documents, forward });
  const wiring = { ...wiringOf(reaching, service), fences, elsewhere };
  const reader = count === 1 ? undefined : await hostService(service, world, wiring);
  let following: Cancel = () => {};
  let isStopping = false;
  const startedAt = clock.now();
  const health = () => replicaHealth({ service, count, world, keeper, startedAt, isStopping: () => isStopping });
  const metrics = metricsOf({ service, keeper, reader, ...(processMetrics && { processMetrics }) });
  const door = createDoor({ service, count, keeper, forward, clock, random, reader, health, metrics });
  return {
    keeper,
    fetch: door.fetch,
    health,
    async start() {
      const follow = async () => {
        following = (await reader?.follow()) ?? following;
      };
      await Promise.all([keeper.start(), follow()]);
    },
    async stop() {
      isStopping = true;
      following();
      try {
        await keeper.stop();
      } finally {
        await documents.close();
      }
    },
  };
}

const wiringOf = (reaching: Reaching, service: Service) => ({
  reach: reaching.reach(),
  peers: reaching.peers(service.id),
  tokens: reaching.tokens,
});

interface MetricsParts {
  service: Service;
  keeper: Keeper;
  reader: Hosted | undefined;
  processMetrics?(): Promise<string>;
}

/** What the door of a replica measures by itself. */
export function doorMetrics(service: ServiceId) {
  const own = createMetrics(service);
  return { own, held: own.gauge("shards_held", "Shards of its service that this replica holds and answers for") };
}

/** Of this replica: of the door, of each instance by its shard, of the process. */
function metricsOf({ service, keeper, reader, processMetrics }: MetricsParts): () => Promise<string> {
  const { own, held } = doorMetrics(service.id);
  return async () => {
    held.set(keeper.held.length);
    const instances = keeper.held.map((shard) => keeper.instance(shard)?.ask((hosted) => hosted.metrics()));
    const texts = [own.text(), reader?.metrics(), ...instances, processMetrics?.()];
    return mergeMetrics(await Promise.all(texts.map((text) => text?.catch(() => "") ?? "")));
  };
}
