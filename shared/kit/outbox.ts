/** The relay from a store's outbox to the bus: woken by the commit, in order, repeated after a crash without doubling. */
import { createKeeper, type Keeper } from "./outbox-keeper.ts";
import type { Bus, Cancel, Clock, OutboxEntry, Store, Stream } from "./ports.ts";
import type { Log } from "./service.ts";

const BATCH_MAX = 200;
const RETRY_MS = [50, 200, 1_000, 5_000];

export interface Relay {
  /** Resolves when the outbox is empty, or when publishing fails. */
  flush(): Promise<void>;
  stop(): Promise<void>;
  /** Entries published since the start, those told again not counted. */
  published(): number;
}

interface RelayParts {
  store: Store;
  bus: Bus;
  clock: Clock;
  log: Log;
  streams: ReadonlyMap<string, Stream>;
  /** The reliable streams that the store's owner speaks on. */
  families: readonly string[];
  /** How many entries are kept at most, whoever has not heard them. */
  keepMax?: number;
  /** The bus had lost news; of them all that is kept here was told again. */
  onToldAgain?(): void;
}

export function startRelay(parts: RelayParts): Relay {
  const { store, bus, clock, log } = parts;
  const keeper = createKeeper(parts);
  const teller = createTeller(parts, keeper);
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let failures = 0;
  let retry: Cancel | undefined;
  let waking = false;

  async function drain(): Promise<void> {
    do {
      again = false;
      again = (await teller.tell(() => stopped)) || again;
    } while (again && !stopped);
    failures = 0;
  }

  function wake(): Promise<void> {
    if (stopped) return Promise.resolve();
    if (running) {
      again = true;
      return running;
    }
    running = drain()
      .catch((error: unknown) => {
        again = false;
        if (stopped) return;
        const waitMs = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] as number;
        log.warn("outbox: publishing failed, will retry", { error: String(error), wait_ms: waitMs });
        retry?.();
        retry = clock.after(waitMs, () => void wake());
      })
      .finally(() => {
        running = undefined;
        // A commit that came while the last entries went out found us running: look once more.
        if (again) void wake();
      });
    return running;
  }

  // After the turn of the commit: what the commit was for, an order about to be sent, goes before the news of it.
  store.outbox.onCommit(() => {
    if (waking) return;
    waking = true;
    clock.after(0, () => {
      waking = false;
      void wake();
    });
  });
  const unhear = bus.onLoss((now) => {
    teller.lost(now);
    void wake();
  });
  const unkeep = keeper.start(() => (running ? undefined : teller.toldIn()));
  return {
    flush: wake,
    async stop() {
      stopped = true;
      retry?.();
      unhear();
      unkeep();
      await running;
    },
    published: teller.published,
  };
}

interface Teller {
  /** Some entries, after what has to be told again; true when there may be more. */
  tell(isStopped: () => boolean): Promise<boolean>;
  lost(epoch: string): void;
  /** The bus's epoch in which all that is kept was told; undefined while that is not so. */
  toldIn(): string | undefined;
  published(): number;
}

/**
 * What was told is kept for a while, and told again, before anything new, when the bus's epoch is another than the
 * one it was told in: also when that changed while this process was not there.
 */
function createTeller({ store, bus, log, streams, onToldAgain }: RelayParts, keeper: Keeper): Teller {
  let published = 0;
  /** Undefined: not asked yet. */
  let epoch: string | undefined;
  let toldIn: string | undefined;

  function publish({ id, family, key, event, traceparent }: OutboxEntry, again: boolean): Promise<unknown> {
    const stream = streams.get(family);
    if (!stream) throw new Error(`outbox names an undeclared stream: ${family}`);
    return bus.publish(stream, event, {
      id: `${store.owner}-${id}`,
      ...(key !== "" && { key }),
      ...(traceparent !== undefined && { traceparent }),
      ...(again && { again }),
    });
  }

  async function tellAgain(now: string, isStopped: () => boolean): Promise<void> {
    let count = 0;
    let entries: OutboxEntry[] = [];
    do {
      entries = await store.outbox.readTold(BATCH_MAX, entries.at(-1)?.id);
      for (const entry of entries) await publish(entry, true);
      count += entries.length;
    } while (entries.length > 0 && epoch === now && !isStopped());
    log.warn("outbox: the bus has lost news, what is kept was told again", { entries: count });
  }

  async function catchUp(isStopped: () => boolean): Promise<void> {
    toldIn ??= (await store.outbox.state()).epoch;
    while (!isStopped()) {
      epoch ??= await bus.epoch();
      const now = epoch;
      if (toldIn === now) return;
      const isLoss = toldIn !== undefined;
      if (isLoss) await tellAgain(now, isStopped);
      if (epoch !== now || isStopped()) continue;
      await store.outbox.setEpoch(now);
      toldIn = now;
      if (isLoss) onToldAgain?.();
    }
  }

  return {
    async tell(isStopped) {
      if (epoch === undefined || epoch !== toldIn) await catchUp(isStopped);
      const entries = await store.outbox.read(BATCH_MAX);
      let last: OutboxEntry | undefined;
      try {
        for (const entry of entries) {
          // What follows a loss waits until all before it has been told again.
          if (epoch !== toldIn) break;
          await publish(entry, false);
          last = entry;
          published++;
          keeper.told(entry);
        }
      } finally {
        if (last) await store.outbox.tell(last.id);
      }
      return entries.length === BATCH_MAX || epoch !== toldIn;
    },
    lost: (now) => {
      epoch = now;
    },
    toldIn: () => (epoch === toldIn ? toldIn : undefined),
    published: () => published,
  };
}
