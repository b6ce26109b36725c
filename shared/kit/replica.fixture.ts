/** Replicas of one small service in shards, on the virtual clock: they can be stopped, crash and lose their leases. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import { type Coordination, embeddedCoordination } from "../adapters/coordination.ts";
import { openReadOnly } from "../adapters/read-only-store.ts";
import { openStore } from "../adapters/sqlite.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { put } from "../changes.ts";
import { firstAnswers } from "../collections/first-answers.ts";
import { COLLECTIONS } from "../collections.ts";
import { exchange, router } from "../contracts.ts";
import { Problem } from "../errors.ts";
import { type SleepyClock, sleepyClock } from "../testing/sleepy-clock.ts";
import { type SimWorld, simulatedWorld } from "../testing/world.ts";
import { createFences, LEASE_HEADER } from "./fences.ts";
import type { ShardStore } from "./instance.ts";
import { instead } from "./instead.ts";
import { mortal } from "./mortal.ts";
import { type Directory, type Lock, type Net, NetError, type NetRequest, type NetResponse } from "./ports.ts";
import { connectResponse } from "./problem.ts";
import { createReplica, type Replica } from "./replica.ts";
import { replicasGroup } from "./replicas.ts";
import { answers, type Context, defineService, every, verb } from "./service.ts";

export const LEASE_MS = 1_500;
const ACT_MS = 200;

/** What a resource took: by which fence of which shard. */
export interface Act {
  resource: "store" | "callee";
  shard: number;
  fence: number;
}
export interface Booted {
  replica: Replica;
  clock: SleepyClock;
  /** Until it has started; fails when it cannot. */
  started: Promise<void>;
  crash(): void;
}

export class Replicas {
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 1));
  readonly acts: Act[] = [];
  readonly booted = new Map<string, Booted>();
  readonly requests: NetRequest[] = [];
  readonly count: number;
  readonly world: SimWorld;
  /** Nobody can be asked for leases. */
  isAway = false;
  /** So many of the calls to the callee are long on their way. */
  lateShare = 0;
  /** How long an instance takes to start. */
  startMs = 0;
  /** A shard that cannot be started, and why; at one place only, if it is named. */
  broken: { shard: number; why: string; place?: string } | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), "chimera-replicas-"));
  #coordination: Coordination;
  #fences: ReturnType<typeof createFences>;

  constructor(count: number) {
    this.count = count;
    this.world = simulatedWorld({
      clock: this.clock,
      net: this.#net(),
      seed: 1,
      env: { CHIMERA_URL_S01: "http://s01", CHIMERA_URL_S04: "http://one,http://two,http://three" },
    });
    this.#coordination = embeddedCoordination({ clock: this.clock, path: ":memory:" });
    this.#fences = this.#calleesFences();
  }

  /** As a server that has lost everything it held. */
  forgetLeases(): void {
    this.#coordination.close();
    this.#coordination = embeddedCoordination({ clock: this.clock, path: ":memory:" });
  }

  /** What anybody can say who reaches the directory. */
  say(place: string, about: { url: string; shards: number[] }): Promise<void> {
    return this.#coordination.directory.announce(replicasGroup("s04"), place, JSON.stringify(about), 60_000);
  }

  restartCallee(): void {
    this.#fences = this.#calleesFences();
  }
  #calleesFences(): ReturnType<typeof createFences> {
    const newest = async (name: string) =>
      this.isAway ? Promise.reject(new Error("away")) : this.#coordination.lock.newest(name);
    return createFences({ newest });
  }

  async boot(place: string, count = this.count): Promise<Booted> {
    const clock = sleepyClock(this.clock);
    const asked = <T>(work: () => Promise<T>): Promise<T> =>
      this.isAway ? clock.awake(Promise.reject(new Problem("UNAVAILABLE", "away"))) : clock.awake(this.#carried(work));
    const net = instead<Net>(this.world.net, { fetch: (request) => clock.awake(this.world.net.fetch(request)) });
    const life = mortal({ ...this.world, clock, net, lock: this.#lock(asked), replica: place });
    const told = <T>(work: (directory: Directory) => Promise<T>) =>
      life.alive(() => asked(() => work(this.#coordination.directory)));
    const directory: Directory = {
      announce: (...args) => told((there) => there.announce(...args)),
      members: (group) => told((there) => there.members(group)),
      leave: (...args) => told((there) => there.leave(...args)),
    };
    const service = this.#service();
    const url = `http://${place}`;
    const replica = await createReplica({
      ...{ all: [service], service, count, leaseMs: LEASE_MS, place, url, world: life.world, directory },
      openStore: (shard, fence) => {
        this.#mustNotBeBroken(shard, place);
        return this.#store(shard, fence);
      },
      openReader: () => openReadOnly({ owner: "s04", collections: COLLECTIONS, files: () => this.#files() }),
    });
    const started = replica.start();
    started.catch(() => {});
    const booted = { replica, clock, started, crash: () => life.end() };
    this.booted.set(place, booted);
    return booted;
  }

  async ask(place: string, path: string, init: RequestInit = {}): Promise<Response> {
    const token = await this.#token();
    const headers = new Headers({ authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) });
    if (init.body) headers.set("content-type", "application/json");
    return this.settled(
      (this.booted.get(place) as Booted).replica.fetch(new Request(`http://${place}${path}`, { ...init, headers })),
    );
  }

  /** Lets time go on until it is there. */
  async settled<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    await this.clock.run(() => isDone);
    return done;
  }

  pass(ms: number): Promise<void> {
    return this.clock.run(this.clock.now() + ms);
  }

  held(place: string): number[] {
    return this.booted.get(place)?.replica.keeper.held ?? [];
  }

  end(): void {
    for (const { crash } of this.booted.values()) crash();
    rmSync(this.#folder, { recursive: true });
  }

  async #token(): Promise<string> {
    const { createTokens } = await import("./auth.ts");
    return this.settled(createTokens(this.world.serviceKey, this.clock).mint("s03", "s04"));
  }

  #files(): string[] {
    return Array.from({ length: this.count }, (_, shard) => join(this.#folder, `s04-${shard}.sqlite`));
  }

  #mustNotBeBroken(shard: number, place: string): void {
    const { broken } = this;
    if (broken?.shard === shard && (broken.place ?? place) === place) throw new Error(broken.why);
  }

  #store(shard: number, fence: number): ShardStore {
    const path = this.#files()[shard] as string;
    const store = openStore({
      path,
      owner: "s04",
      collections: COLLECTIONS,
      fence,
      shard,
      now: () => this.clock.now(),
    });
    const commit: typeof store.commit = async (ops, options) => {
      await store.commit(ops, options);
      this.acts.push({ resource: "store", shard, fence });
    };
    const noted = instead(store, { commit });
    return { store: noted, mustBeNewest: () => store.mustBeNewest(), close: () => store.close() };
  }

  #lock(asked: <T>(work: () => Promise<T>) => Promise<T>): Lock {
    return {
      newest: (name) => asked(() => this.#coordination.lock.newest(name)),
      acquire: async (...args) => {
        const lease = await asked(() => this.#coordination.lock.acquire(...args));
        return (
          lease && {
            fence: lease.fence,
            renew: (ms) => asked(() => lease.renew(ms)),
            revive: (ms) => asked(() => lease.revive(ms)),
            release: () => asked(() => lease.release()),
          }
        );
      },
    };
  }

  /** A moment on the way, there and back. */
  async #carried<T>(work: () => Promise<T>): Promise<T> {
    await this.clock.sleep(this.#delayMs());
    const answer = await work();
    await this.clock.sleep(this.#delayMs());
    return answer;
  }
  #delayMs(): number {
    return this.world.random.next() * 20;
  }

  /** Replicas by their places, and S1, which takes whatever is not fenced. */
  #net(): Net {
    const callee = async (request: NetRequest): Promise<NetResponse> => {
      const [, shard, fence] = (/^lease:s04:(\d+);(\d+)$/.exec(request.headers[LEASE_HEADER] ?? "") ?? []).map(Number);
      try {
        await this.#fences.check({ name: `lease:s04:${shard}`, fence: fence as number });
        this.acts.push({ resource: "callee", shard: shard as number, fence: fence as number });
        return { status: 200, headers: {}, body: '{"balances":[]}' };
      } catch (error) {
        const { status, headers, body } = await answerOf(connectResponse(error));
        return { status, headers, body };
      }
    };
    const there = async (request: NetRequest): Promise<NetResponse> => {
      this.requests.push(request);
      const { host } = new URL(request.url);
      if (host === "s01") {
        await this.clock.sleep(this.world.random.next() < this.lateShare ? this.world.random.int(3 * LEASE_MS) : 0);
        return callee(request);
      }
      const booted = this.booted.get(host);
      if (!booted) throw new NetError("refused", "nobody there");
      const { method, url, headers, body } = request;
      const init = { method, headers, ...(body !== undefined && { body }) };
      return answerOf(await booted.clock.awake(booted.replica.fetch(new Request(url, init))));
    };
    return {
      fetch: (request) => this.#carried(() => there(request)),
      connect: () => ({ send: () => {}, close: () => {} }),
    };
  }

  #service() {
    return defineService({
      ...{ id: "s04", name: "s04-router", title: "Split", port: 8084, calls: { exchange }, emits: [] },
      ...{ usesConfig: false, owns: [], sharded: this.count > 1, settings: z.object({}) },
      setup: (context) => ({
        verbs: verbsOf(context),
        start: () => {
          context.log.warn("came up", { shard: context.shard.index });
          return context.clock.sleep(this.startMs);
        },
        jobs: [every(ACT_MS, "act", () => act(context))],
      }),
    });
  }
}

const answerOf = async (response: Response): Promise<NetResponse> => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  body: await response.text(),
});

/** What an order is: a commit, then a call. */
async function act({ store, shard, calls, clock, account }: Context<object, { exchange: typeof exchange }>) {
  await store.commit([put(firstAnswers.s04, note(`act ${shard.index}`, clock.now()))]);
  await calls.exchange.getBalances({ account });
}
const note = (id: string, ts: number) => ({ id, body_hash: "", status: 200, answer: {}, ts });

function verbsOf({ store, shard, clock, id }: Context<object, { exchange: typeof exchange }>) {
  const by = ({ key }: { key: string }) => key;
  return [
    verb({
      name: "keep",
      summary: "Keeps a key in its shard",
      rest: "POST /keys/{key}",
      input: z.object({ key: z.string() }),
      output: z.object({ shard: z.number(), service: z.string() }),
      status: () => 201,
      spread: { by },
      async run({ key }) {
        await store.commit([put(firstAnswers.s04, note(key, clock.now()))]);
        return { shard: shard.index, service: id };
      },
    }),
    verb({
      name: "find",
      summary: "Which key there is",
      rest: "GET /keys/{key}",
      input: z.object({ key: z.string() }),
      output: z.object({ found: z.boolean(), of: z.number() }),
      run: async ({ key }) => ({ found: (await store.get(firstAnswers.s04, key)) !== undefined, of: shard.count }),
    }),
    verb({
      name: "shards",
      summary: "All shards",
      rest: "GET /shards",
      input: z.object({}),
      output: z.object({ shards: z.array(z.number()) }),
      spread: { every: (all) => ({ shards: all.flatMap((one) => one.shards) }) },
      run: () => ({ shards: [shard.index] }),
    }),
    answers(router.methods.setKill, {
      name: "setKill",
      summary: "Asked of every shard",
      spread: { every: (all) => ({ epoch: all[0]?.epoch ?? 0, outstanding: all.flatMap((one) => one.outstanding) }) },
      run: ({ epoch }) => ({ epoch, outstanding: [`shard ${shard.index}`] }),
    }),
    answers(router.methods.getBudget, {
      name: "getBudget",
      summary: "By its account",
      spread: { by: ({ account }) => account },
      run: ({ account }) => ({
        ...{ account, budget_usdt: String(shard.index), used_usdt: "0", reserved_usdt: "0", open_positions: 0 },
      }),
    }),
  ];
}
