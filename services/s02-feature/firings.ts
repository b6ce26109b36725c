/** When strategies fired last before this start: from what was written down, and from the signals made since then. */
import { factorSnapshots } from "../../shared/collections/features.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Clock, Message, Store } from "../../shared/kit/ports.ts";
import type { Firing } from "../../shared/trading/factors/instrument-features.ts";

const DAY_MS = 86_400_000;
const PAGE = 1_000;
const PAGES_MAX = 10;
/** The newest signals that the bus is asked for: a signal is stored some milliseconds after it is told. */
const TOLD_MAX = 1_000;
/** A signal carries the time at which its event came to S1, perhaps on another machine: a little before it was made. */
const OVERLAP_MS = 60_000;

export interface FormerRuns {
  store: Pick<Store, "query">;
  clock: Pick<Clock, "now">;
  /** The newest signals that were told, whether or not they have been stored. */
  told(limit: number): Promise<readonly Message<Signal>[]>;
  /** The bus does not say what was told. */
  failed(error: unknown): void;
}

/**
 * By instrument. `followed`: those of which nothing may have been written down yet. A run that was killed has written
 * down where it stood up to a minute before; its signals since then are in the store, and the last of them, if it was
 * killed before it stored them, on the bus. One that is on neither was heard by nobody, and begins no cool-down.
 */
export async function lastFirings(
  from: FormerRuns,
  followed: Iterable<InstrumentId>,
): Promise<Map<InstrumentId, Firing[]>> {
  const rows = (await from.store.query(factorSnapshots, { limit: PAGE })).items.map(({ value }) => value);
  const written = new Map(rows.map((row) => [row.instrument, row]));
  const found = new Map<InstrumentId, Firing[]>();
  for (const instrument of new Set([...followed, ...written.keys()])) {
    const { fired, ts } = written.get(instrument) ?? {};
    const since = fired && ts !== undefined ? ts - OVERLAP_MS : from.clock.now() - DAY_MS;
    found.set(instrument, [...(fired ?? []), ...(await signalsSince(from.store, { instrument, since }))]);
  }
  for (const { event } of await from.told(TOLD_MAX).catch(none(from))) {
    found.set(event.instrument, [...(found.get(event.instrument) ?? []), firingOf(event)]);
  }
  return found;
}

const none =
  ({ failed }: FormerRuns) =>
  (error: unknown): readonly Message<Signal>[] => {
    failed(error);
    return [];
  };

/** The newest first, so that what is beyond the last page is what matters least. */
async function signalsSince(
  store: FormerRuns["store"],
  { instrument, since }: { instrument: InstrumentId; since: number },
): Promise<Firing[]> {
  const firings: Firing[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { items, next_cursor } = await store.query(signalsSeen, {
      where: { instrument, ts: { gte: since } },
      sort: { field: "ts", order: "desc" },
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    firings.push(...items.map(({ value }) => firingOf(value)));
    cursor = next_cursor;
    if (cursor === undefined) break;
  }
  return firings;
}

const firingOf = ({ strategy_id, trigger }: Signal): Firing => ({ strategy_id, ...trigger });
