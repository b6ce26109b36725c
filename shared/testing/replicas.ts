/** Services in shards as they run in real life, in one process: replicas behind their doors, reached by requests alone. */
import { MemoryDirectory } from "../adapters/directory.ts";
import { openReadOnly } from "../adapters/read-only-store.ts";
import { openStore, type SqliteStore } from "../adapters/sqlite.ts";
import type { VirtualClock } from "../adapters/virtual-clock.ts";
import { COLLECTIONS } from "../collections.ts";
import { createTokens } from "../kit/auth.ts";
import { type Constellation, constellation } from "../kit/constellation.ts";
import type { Net, NetRequest, NetResponse, ServiceId } from "../kit/ports.ts";
import { NetError } from "../kit/ports.ts";
import { createReplica, type Replica } from "../kit/replica.ts";
import type { Role, Service } from "../kit/service.ts";
import { type SimWorld, simulatedWorld } from "./world.ts";

const LEASE_MS = 10_000;

interface Parts {
  clock: VirtualClock;
  /** Whole ones, each once. */
  whole: readonly Service[];
  /** Those in shards, with two replicas each. */
  split: readonly Service[];
  count: number;
}

export class ReplicatedWorld {
  readonly world: SimWorld;
  /** By place: `s04-1`. */
  readonly replicas = new Map<string, Replica>();
  private readonly parts: Parts;
  private readonly stores = new Map<ServiceId, SqliteStore[]>();
  private readonly directory: MemoryDirectory;
  private neighbours: Constellation | undefined;

  constructor(parts: Parts) {
    const { clock, whole, split, count } = parts;
    this.parts = parts;
    this.directory = new MemoryDirectory(clock);
    const urls = [
      ...whole.map(({ id }) => [id, `http://${id}`] as const),
      ...split.map(({ id }) => [id, `http://${id}-1,http://${id}-2`] as const),
    ];
    const env = Object.fromEntries(urls.map(([id, url]) => [`CHIMERA_URL_${id.toUpperCase()}`, url]));
    const net: Net = { fetch: (request) => this.fetch(request), connect: () => ({ send() {}, close() {} }) };
    this.world = simulatedWorld({ clock, net, seed: 5, env });
    for (const { id } of split) {
      const shards = Array.from({ length: count }, (_, shard) => shard);
      const open = (shard: number) =>
        openStore({
          ...{ path: ":memory:", owner: id, shard, collections: COLLECTIONS, now: () => clock.now() },
          others: (owner) => this.filesOf(owner),
        });
      this.stores.set(id, shards.map(open));
    }
  }

  async start(): Promise<void> {
    const { whole, split } = this.parts;
    const all = [...whole, ...split];
    this.neighbours = await constellation(
      all,
      whole.map(({ id }) => id),
      this.world,
    );
    await this.finish(this.neighbours.start());
    for (const service of split) {
      for (const number of [1, 2]) await this.finish(this.add(service, `${service.id}-${number}`));
    }
    await this.untilSplit();
  }

  /** The first to come has taken all shards, and hands half of them over. */
  private async untilSplit(): Promise<void> {
    const fair = this.parts.count / 2;
    for (let tries = 0; tries < 60; tries++) {
      if ([...this.replicas.values()].every(({ keeper }) => keeper.held.length === fair)) break;
      await this.pass(1_000);
    }
    await this.pass(1_000);
  }

  /** One shard's own file. */
  storeOf(id: ServiceId, shard: number): SqliteStore {
    return this.stores.get(id)?.[shard] as SqliteStore;
  }

  /** A person's request to one replica's door, as the gateway would pass it on. */
  async ask(place: string, what: string, { body, role = "trader" }: { body?: unknown; role?: Role } = {}) {
    const [method, path] = what.split(" ") as [string, string];
    const tokens = createTokens(this.world.serviceKey, this.parts.clock);
    const token = await this.finish(tokens.mint("s12", place.slice(0, 3) as ServiceId, { id: "ann", role }));
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const request = new Request(`http://${place}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await this.finish((this.replicas.get(place) as Replica).fetch(request));
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  pass(ms: number): Promise<unknown> {
    const { clock } = this.parts;
    return clock.run(clock.now() + ms);
  }

  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await this.parts.clock.run(() => done);
    return work;
  }

  /** In order: what it held is free for the other. */
  async stopReplica(place: string): Promise<void> {
    const replica = this.replicas.get(place) as Replica;
    this.replicas.delete(place);
    await this.finish(replica.stop());
  }

  async stop(): Promise<void> {
    for (const place of [...this.replicas.keys()]) await this.stopReplica(place);
    await this.finish(this.neighbours?.stop() ?? Promise.resolve());
  }

  private async add(service: Service, place: string): Promise<void> {
    const { whole, split, count } = this.parts;
    const { store: _store, ...world } = this.world;
    const replica = await createReplica({
      all: [...whole, ...split],
      service,
      world: { ...world, replica: place },
      directory: this.directory,
      count,
      leaseMs: LEASE_MS,
      place,
      url: `http://${place}`,
      openStore: (shard) => ({ store: this.storeOf(service.id, shard), mustBeNewest() {}, async close() {} }),
      openReader: () =>
        openReadOnly({ owner: service.id, collections: COLLECTIONS, files: (owner) => this.filesOf(owner) }),
    });
    this.replicas.set(place, replica);
    await replica.start();
  }

  private filesOf(owner: ServiceId): SqliteStore | readonly SqliteStore[] {
    return this.stores.get(owner) ?? (this.world.store(owner) as SqliteStore);
  }

  private async fetch({ url, method, headers, body }: NetRequest): Promise<NetResponse> {
    const place = new URL(url).hostname;
    const there = this.replicas.get(place) ?? this.neighbours?.hosted.get(place as ServiceId);
    if (!there) throw new NetError("refused", `nobody at ${place}`);
    const request = new Request(url, { method, headers, ...(body !== undefined && method !== "GET" && { body }) });
    const answer = await there.fetch(request);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  }
}
