/** The relay from a store's outbox to the bus: woken by the commit, in order, repeated after a crash without doubling. */
import type { Bus, Cancel, Clock, Store, Stream } from "./ports.ts";
import type { Log } from "./service.ts";

const BATCH_MAX = 200;
const RETRY_MS = [50, 200, 1_000, 5_000];

export interface Relay {
  /** Resolves when the outbox is empty, or when publishing fails. */
  flush(): Promise<void>;
  stop(): Promise<void>;
  /** Entries published since the start. */
  published(): number;
}

export function startRelay(parts: {
  store: Store;
  bus: Bus;
  clock: Clock;
  log: Log;
  streams: ReadonlyMap<string, Stream>;
}): Relay {
  const { store, bus, clock, log, streams } = parts;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let failures = 0;
  let published = 0;
  let retry: Cancel | undefined;
  let waking = false;

  async function drain(): Promise<void> {
    do {
      again = false;
      const entries = await store.outbox.read(BATCH_MAX);
      for (const entry of entries) {
        const stream = streams.get(entry.family);
        if (!stream) throw new Error(`outbox names an undeclared stream: ${entry.family}`);
        const { key, traceparent } = entry;
        await bus.publish(stream, entry.event, {
          id: `${store.owner}-${entry.id}`,
          ...(key !== "" && { key }),
          ...(traceparent !== undefined && { traceparent }),
        });
        published++;
      }
      if (entries.length > 0) await store.outbox.forget(entries.map((entry) => entry.id));
      again ||= entries.length === BATCH_MAX;
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
  return {
    flush: wake,
    async stop() {
      stopped = true;
      retry?.();
      await running;
    },
    published: () => published,
  };
}
