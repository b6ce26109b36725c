/** What can be wrong with a store, put between a service and the one it has: away, slow, full, or gone in mid-answer. */
import { Problem } from "../errors.ts";
import { instead } from "../kit/instead.ts";
import type { Clock, ServiceId, Store } from "../kit/ports.ts";

/**
 * `down`: nothing is answered. `failing`: every other call fails. `slow`: each commit takes five seconds. `full`, `locked`
 * and `readonly`: everything can be read, nothing written. `deaf`: commits have their effect, and no answer.
 */
export const STORE_TROUBLES = ["down", "failing", "slow", "full", "locked", "readonly", "deaf"] as const;
export type StoreTrouble = (typeof STORE_TROUBLES)[number];

const SLOW_MS = 5_000;

export class StoreFaults {
  trouble: StoreTrouble | undefined;
  private readonly clock: Clock;
  private calls = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The same store, with whatever trouble there is at the time of each call. */
  around(store: Store): Store {
    const reads = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => this.call(call, false);
    const writes = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => this.call(call, true);
    const { outbox } = store;
    return instead<Store>(store, {
      get: reads((...asked) => store.get(...asked)) as Store["get"],
      query: reads((...asked) => store.query(...asked)) as Store["query"],
      count: reads((...asked) => store.count(...asked)) as Store["count"],
      search: reads((...asked) => store.search(...asked)) as Store["search"],
      traverse: reads((...asked) => store.traverse(...asked)),
      isDone: reads((...asked) => store.isDone(...asked)),
      ping: reads(() => store.ping()),
      commit: writes((...asked) => store.commit(...asked)),
      expire: writes((...asked) => store.expire(...asked)) as Store["expire"],
      outbox: {
        read: reads((limit) => outbox.read(limit)),
        readTold: reads((...asked) => outbox.readTold(...asked)),
        state: reads(() => outbox.state()),
        tell: writes((upTo) => outbox.tell(upTo)),
        forget: writes((upTo) => outbox.forget(upTo)),
        setEpoch: writes((epoch) => outbox.setEpoch(epoch)),
        onCommit: (wake) => outbox.onCommit(wake),
      },
    });
  }

  private call<A extends unknown[], T>(call: (...args: A) => Promise<T>, isWrite: boolean) {
    return async (...args: A): Promise<T> => {
      const { trouble } = this;
      this.calls++;
      const fails = trouble === "down" || (trouble === "failing" && this.calls % 2 === 0);
      if (fails || (isWrite && (trouble === "full" || trouble === "locked" || trouble === "readonly"))) {
        throw new Problem("UNAVAILABLE", `The store is ${trouble}.`);
      }
      if (isWrite && trouble === "slow") await this.clock.sleep(SLOW_MS);
      const answer = await call(...args);
      if (isWrite && trouble === "deaf") throw new Problem("UNAVAILABLE", "The store did not say what it did.");
      return answer;
    };
  }
}

/** The stores of all services, each with its own troubles. */
export class FaultyStores {
  private readonly clock: Clock;
  private readonly whole: (owner: ServiceId) => Store;
  private readonly faults = new Map<ServiceId, { faults: StoreFaults; store: Store }>();

  constructor(clock: Clock, whole: (owner: ServiceId) => Store) {
    this.clock = clock;
    this.whole = whole;
  }

  readonly open = (owner: ServiceId): Store => this.of(owner).store;

  /** From now on these are in trouble, or no longer. */
  set(trouble: StoreTrouble | undefined, owners: readonly ServiceId[]): void {
    for (const owner of owners) this.of(owner).faults.trouble = trouble;
  }

  private of(owner: ServiceId): { faults: StoreFaults; store: Store } {
    const kept = this.faults.get(owner);
    if (kept) return kept;
    const faults = new StoreFaults(this.clock);
    const made = { faults, store: faults.around(this.whole(owner)) };
    this.faults.set(owner, made);
    return made;
  }
}
