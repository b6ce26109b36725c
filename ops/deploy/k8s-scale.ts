/** How many pods of each unit there are, which may be scaled by load, and why the others must not. */
import type { UnitId } from "./units.ts";

export interface Scale {
  /** In the base; the paper overlay runs one of each. */
  readonly replicas: number;
  /** One pod is added before one goes; or, where two at once are of no use, it goes first. */
  readonly rollout: "add-first" | "remove-first";
  /** Up to how many pods load may make of it. */
  readonly loadMax?: number;
  /** Why it has that many, for people. */
  readonly why: string;
}

/** As many pods as shards can work at once; one more would only stand by. */
export const SHARDS = 4;

const standby = (why: string): Scale => ({ replicas: 2, rollout: "add-first", why });
const sharded = (why: string): Scale => ({ replicas: 2, rollout: "add-first", loadMax: SHARDS, why });

const BOOKS = "one holder of the lease writes its books; the second pod stands by and takes over";

export const SCALES: Readonly<Record<UnitId, Scale>> = {
  s01: standby(
    "one account, one key, one set of the exchange's rate limits: more pods would share them out, not add any",
  ),
  s02: standby("one writer of factors in the order of events; whoever takes over warms up from history"),
  s03: sharded("instruments are shared out among the shards; each shard has one holder"),
  s04: sharded("instruments are shared out among the shards; each shard has one holder"),
  s05: standby(`one reconciliation at a time; ${BOOKS}`),
  s06: standby(BOOKS),
  s07: standby(`works through what is due in order; ${BOOKS}`),
  s08: standby(`works through what is due in order; ${BOOKS}`),
  s09: standby(
    "experiments are begun and ended by one holder; their trials go to as many workers as you like (component `research`)",
  ),
  s10: standby("one writer of revisions, so that there is one order of them"),
  s11: standby("one judge of the health level, or there would be two"),
  s12: {
    replicas: 1,
    rollout: "remove-first",
    why: "a gateway standing by could not serve pages or live events; it starts in seconds, and trading goes on meanwhile",
  },
  venue: { replicas: 1, rollout: "remove-first", why: "one exchange with one journal on one volume" },
};
