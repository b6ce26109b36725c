/** One shard's service while its lease lasts: started, stopped in order, or left at once as if its process had died. */
import { Problem, refuse } from "../errors.ts";
import type { Fences } from "./fences.ts";
import { type Hosted, hostService } from "./host.ts";
import { instead } from "./instead.ts";
import { type Mortal, mortal } from "./mortal.ts";
import type { Bus, Journal, Net, Quota, Store } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Reaching } from "./reaching.ts";
import type { Service } from "./service.ts";
import type { Shard } from "./shard.ts";
import type { HeldLease, World } from "./world.ts";

/** How long an end in order waits for what is in hand. */
const DRAIN_MS_MAX = 10_000;
const DRAIN_LOOK_MS = 20;

/** A shard's store, opened by its lease's fence. */
export interface ShardStore {
  store: Store;
  /** Throws Problem FENCED when a newer holder has opened it. */
  mustBeNewest(): void | Promise<void>;
  close(): Promise<void>;
}

export interface Instance {
  /** Rejects when it cannot start, with NOT_OWNER when it is left before. */
  readonly started: Promise<void>;
  isStarted(): boolean;
  /** Fails with NOT_OWNER when the instance was stopped or left before, with TIMEOUT when it is left meanwhile. */
  ask<T>(question: (hosted: Hosted) => Promise<T>): Promise<T>;
  /** In order: what is in hand is finished, what is committed is told. */
  stop(): Promise<void>;
  /** At once: from here on it writes, sends and answers nothing. */
  leave(): void;
}

export interface InstanceParts {
  service: Service;
  world: World;
  reaching: Reaching;
  fences: Fences;
  shard: Shard;
  lease: HeldLease;
  openStore(shard: number, fence: number): ShardStore;
  /** The journal of one holder of the shard; it reads those of earlier ones too. */
  openJournal?(shard: number, fence: number): Journal;
  /** A newer holder has been met, in the store or at a callee; the instance has left already. */
  onPassed(where: string): void;
}

/** Throws when the store cannot be opened. */
export function startInstance(parts: InstanceParts): Instance {
  const { service, world, reaching, fences, shard, lease } = parts;
  const opened = parts.openStore(shard.index, lease.fence);
  const journal = parts.openJournal?.(shard.index, lease.fence);
  let isLeft = false;
  const leave = () => {
    if (isLeft) return;
    isLeft = true;
    life.end();
    void opened.close();
    void journal?.close();
  };
  const watch = watcher(lease, opened, (where) => {
    leave();
    parts.onPassed(where);
  });
  const life: Mortal = mortal({
    ...world,
    shard,
    lease,
    // A life of its own in whatever is named after it: chance, places in streams.
    random: world.random.fork(`${lease.name};${lease.fence}`),
    replica: `${world.replica}.${shard.index}.${lease.fence}`,
    net: watchedNet(world.net, watch),
    quota: watchedQuota(world.quota, watch),
    bus: watchedBus(world.bus, watch),
    store: () => watchedStore(opened.store, watch),
    ...(journal && { journal: () => journal }),
  });
  const reach: Reach = (from, contract, method) => {
    const call = reaching.reach(lease)(from, contract, method);
    return (input, options) =>
      life.alive(() => watch.passing(`calling ${contract.id}`, () => watch.holding(() => call(input, options))));
  };
  const wiring = { reach, peers: reaching.peers(service.id), tokens: reaching.tokens, fences };
  const hosting = hostService(service, life.world, wiring);
  let hosted: Hosted | undefined;
  let isStarted = false;
  let isStopping = false;
  let inHand = 0;
  const starting = hosting
    .then((made) => {
      hosted = made;
      return life.alive(() => made.start());
    })
    .then(() => {
      isStarted = true;
    });
  const started = life.untilOver(starting);
  return {
    started,
    isStarted: () => isStarted,
    async ask(question) {
      if (isStopping) refuse("NOT_OWNER", "It is being passed on; ask again.", { retryAfterMs: 1_000 });
      inHand++;
      try {
        return await life.untilAnswered(() => (hosted ? question(hosted) : hosting.then(question)));
      } finally {
        inHand--;
      }
    },
    async stop() {
      isStopping = true;
      const deadline = world.clock.mono() + DRAIN_MS_MAX;
      while (isStarted && !isLeft && inHand > 0 && world.clock.mono() < deadline)
        await world.clock.sleep(DRAIN_LOOK_MS);
      // What has not started has nothing to finish.
      if (isStarted && hosted) await life.untilOver(hosted.stop()).catch(unlessLeft(() => isLeft));
      leave();
    },
    leave,
  };
}

const unlessLeft = (isLeft: () => boolean) => (error: unknown) => {
  if (!isLeft()) throw error;
};

interface Watch {
  /** Runs what acts outside the store: past the term only when the store says that nobody else has begun. */
  holding<T>(act: () => Promise<T>): Promise<T>;
  /** Runs `act`, and takes FENCED as the word that we were passed. */
  passing<T>(where: string, act: () => Promise<T>): Promise<T>;
}

function watcher(lease: HeldLease, opened: ShardStore, passed: (where: string) => void): Watch {
  const isFenced = (error: unknown) => error instanceof Problem && error.code === "FENCED";
  const told = (where: string, error: unknown): never => {
    if (isFenced(error)) passed(where);
    throw error;
  };
  async function checked<T>(act: () => Promise<T>): Promise<T> {
    try {
      await opened.mustBeNewest();
    } catch (error) {
      return told("past the term", error);
    }
    return act();
  }
  return {
    // Within the term it acts at once: what is lossy is delivered by the time this returns.
    holding(act) {
      return lease.isHeld() ? act() : checked(act);
    },
    async passing(where, act) {
      try {
        return await act();
      } catch (error) {
        return told(where, error);
      }
    },
  };
}

/** What is asked of others than our services knows no fences: nobody but the sender can be kept from it. */
const watchedNet = (net: Net, watch: Watch): Net =>
  instead<Net>(net, { fetch: async (request) => watch.holding(() => net.fetch(request)) });

/** Nor does a limit that all share: what one that was passed gives back may have been reserved again since. */
const watchedQuota = (quota: Quota, watch: Watch): Quota =>
  instead<Quota>(quota, {
    reserve: async (...asked) => watch.holding(() => quota.reserve(...asked)),
    release: async (...asked) => watch.holding(() => quota.release(...asked)),
    set: async (...asked) => watch.holding(() => quota.set(...asked)),
  });

const watchedBus = (bus: Bus, watch: Watch): Bus =>
  instead<Bus>(bus, {
    publish: (stream, event, options) => watch.holding(() => bus.publish(stream, event, options)),
  });

const watchedStore = (store: Store, watch: Watch): Store =>
  instead<Store>(store, {
    commit: (ops, options) => watch.passing("writing", () => store.commit(ops, options)),
    expire: (collection, now) => watch.passing("writing", () => store.expire(collection, now)),
    outbox: watchedOutbox(store.outbox, watch),
  });

/** Each of its methods may write. */
function watchedOutbox(outbox: Store["outbox"], watch: Watch): Store["outbox"] {
  const { onCommit, ...rest } = outbox;
  const watched = Object.entries(rest).map(([name, method]) => {
    const ask = (...args: unknown[]) =>
      watch.passing("writing", () => (method as (...args: unknown[]) => Promise<unknown>)(...args));
    return [name, ask] as const;
  });
  return { ...(Object.fromEntries(watched) as Omit<Store["outbox"], "onCommit">), onCommit };
}
