/** What a revision did last before another took its place for all: the sample that its successor is held against. */
import { type IntentRecord, intents } from "../../shared/collections/orders.ts";
import { type DecisionOutcome, decisionOutcomes, decisionsMade } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Collection, Query, Store } from "../../shared/kit/ports.ts";
import { ArmTally } from "../../shared/trading/promotion/arm-tally.ts";
import { isEmpty, isItsDoing } from "./entry-ends.ts";

/** As many of its newest trades and entries, of so many days: older ones tell of another market. */
const NEWEST = 200;
const DAYS_MS = 30 * 86_400_000;
const PAGE = 500;
const PAGES_MAX = 10;

export interface Former {
  rev: number;
  /** When its successor was told to all, epoch ms. */
  until: number;
}

export async function formerTally(store: Store, former: Former): Promise<ArmTally> {
  const tally = new ArmTally(former.rev);
  for (const trade of await lastTrades(store, former)) tally.closed(trade);
  for (const cameToNothing of await lastEntries(store, former)) tally.entry({ cameToNothing });
  return tally;
}

const before = ({ until }: Former) => ({ gte: until - DAYS_MS, lte: until });

/** Oldest first. */
async function lastTrades(store: Store, former: Former) {
  const { items } = await store.query(trades, {
    where: { status: "CLOSED", config_rev: former.rev, closed_at: before(former) },
    sort: { field: "closed_at", order: "desc" },
    limit: NEWEST,
  });
  return items.map(({ value: { closed_at = 0, ...trade } }) => ({ ...trade, closed_at })).toReversed();
}

/** Of each whether it came to nothing. Both kinds from the same time on: the rate is wrong where one goes back further. */
async function lastEntries(store: Store, former: Former): Promise<boolean[]> {
  const isTaken = ({ intent, state }: IntentRecord) =>
    intent.kind === "ENTRY" && intent.config_rev === former.rev && state === "DONE";
  const isRefused = async ({ signal_id, code }: DecisionOutcome) =>
    isItsDoing(code) && (await store.get(decisionsMade, signal_id))?.value.config_rev === former.rev;
  const taken = await newest({ store, collection: intents, field: "created_at" }, former, isTaken);
  const refused = await newest({ store, collection: decisionOutcomes, field: "ts" }, former, isRefused);
  const since = Math.max(taken.since, refused.since);
  return [
    ...taken.all.filter(({ created_at }) => created_at >= since).map(isEmpty),
    ...refused.all.filter(({ ts }) => ts >= since).map(() => true),
  ];
}

interface Kept<T> {
  store: Store;
  collection: Collection<T>;
  field: keyof T & string;
}
/** The newest that it wants; `since`: before that there may be more. */
async function newest<T>(
  { store, collection, field }: Kept<T>,
  former: Former,
  wants: (value: T) => boolean | Promise<boolean>,
): Promise<{ all: T[]; since: number }> {
  const all: T[] = [];
  let oldest = former.until;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query: Query = { where: { [field]: before(former) }, sort: { field, order: "desc" }, limit: PAGE };
    const found = await store.query(collection, cursor === undefined ? query : { ...query, cursor });
    for (const { value } of found.items) {
      oldest = Number(value[field]);
      if (await wants(value)) all.push(value);
      if (all.length === NEWEST) return { all, since: oldest };
    }
    cursor = found.next_cursor;
    if (cursor === undefined) return { all, since: 0 };
  }
  return { all, since: oldest };
}
