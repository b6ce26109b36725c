/** How a service hears its streams: under which group, which keys of them, and what it does after news were lost. */
import type { Cancel, Clock, Listen } from "./ports.ts";
import type { Consumer, Faces, Log } from "./service.ts";
import type { Shard } from "./shard.ts";

/**
 * The shards of a service share out the keys of a stream under its name. What has no keys, or is for all of them,
 * each hears in a group of its own, which is kept like the service's: a folder's count of shards never changes.
 */
export function groupOf(id: string, shard: Shard, consumer: Consumer): Pick<Listen<unknown>, "group" | "owns"> {
  if (shard.count === 1) return { group: id };
  const isShared = consumer.scope === "shard" && consumer.stream.keyed;
  return isShared ? { group: id, owns: (key) => shard.owns(key) } : { group: `${id}#${shard.index}` };
}

/** What others tell again has come by then, so that only the rest is looked for. */
const SETTLE_MS = 2_000;
const AGAIN_MS = 5_000;

interface NewsLost {
  lost(): void;
  /** The service has started; a loss from before waits for it. */
  begin(): void;
  stop(): void;
}

/** Runs `onNewsLost` once after each loss, some time after it, until it has worked. */
export function createNewsLost(parts: { faces: Pick<Faces, "onNewsLost">; clock: Clock; log: Log }): NewsLost {
  const { faces, clock, log } = parts;
  let waiting: Cancel | undefined;
  let state: "starting" | "running" | "stopped" = "starting";
  let isLost = false;
  const wait = (ms: number) => {
    waiting?.();
    if (state === "running" && faces.onNewsLost) waiting = clock.after(ms, look);
  };
  async function look(): Promise<void> {
    waiting = undefined;
    try {
      await faces.onNewsLost?.();
      log.info("news were lost: looked for elsewhere");
    } catch (error) {
      log.warn("news were lost, and could not be looked for yet", { error: String(error) });
      if (!waiting) wait(AGAIN_MS);
    }
  }
  return {
    lost() {
      isLost = true;
      wait(SETTLE_MS);
    },
    begin() {
      state = "running";
      if (isLost) wait(SETTLE_MS);
    },
    stop() {
      state = "stopped";
      waiting?.();
    },
  };
}
