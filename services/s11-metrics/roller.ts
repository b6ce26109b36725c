/** Rolls scrapes up into minutes, minutes into hours, hours into days: a little at a time, from where it was left. */
import { put } from "../../shared/changes.ts";
import { type MetricStep, metricsTimeseries, type Scrape, watchMarks } from "../../shared/collections/operations.ts";
import type { Clock, Collection, Query, Store } from "../../shared/kit/ports.ts";
import { Fold } from "./fold.ts";
import { STEPS, type Steps } from "./steps.ts";

/** A scrape that has begun is stored by then: it waits ten seconds at most for one that does not answer. */
const GRACE_MS = 12_000;
/** Rows read at once: others have their turn after each such page, so that none of them takes long. */
const PAGE = 6;

type Span = readonly [from: number, to: number];

export interface RollerParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Whose rows there are. */
  readonly peers: { readonly services: readonly { readonly id: string }[] };
}
export type Roller = ReturnType<typeof createRoller>;

const markOf = ({ name }: Steps): string => `rolled/${name}`;

export function createRoller({ store, clock, peers }: RollerParts) {
  /** Everything before it has been rolled up. */
  const upTo = new Map<Steps["name"], number>();

  /** Each page is short work; the rows of one service and step are never held together. */
  async function fold(source: Collection<Scrape> | Collection<MetricStep>, service: string, [from, to]: Span) {
    const made = new Fold();
    const query: Query = {
      where: { service, ts: { gte: from, lt: to } },
      sort: { field: "ts", order: "asc" },
      limit: PAGE,
    };
    let cursor: string | undefined;
    do {
      const page = await store.query(source as Collection<Scrape | MetricStep>, {
        ...query,
        ...(cursor && { cursor }),
      });
      for (const { value } of page.items) {
        if (source === metricsTimeseries) made.addScrape((value as Scrape).values);
        else made.addStep((value as MetricStep).values);
      }
      cursor = page.next_cursor;
      await clock.sleep(0);
    } while (cursor !== undefined);
    return made.values();
  }

  async function rollStep(steps: Steps, source: Parameters<typeof fold>[0], ts: number): Promise<void> {
    for (const { id: service } of peers.services) {
      const values = await fold(source, service, [ts, ts + steps.ms]);
      if (Object.keys(values).length === 0) continue;
      // One that is done again after a crash is the same again.
      await store.commit([put(steps.kept, { id: `${service}-${ts}`, service, ts, values })]);
    }
    await moveMark(steps, ts + steps.ms);
  }
  async function moveMark(steps: Steps, to: number): Promise<void> {
    await store.commit([put(watchMarks, { id: markOf(steps), value: to, ts: clock.now() })]);
    upTo.set(steps.name, to);
  }
  /** The step of the first row at or after `ts`; undefined: there is none. */
  async function firstStep({ ms }: Steps, source: Collection<{ ts: number }>, ts: number): Promise<number | undefined> {
    const { items } = await store.query(source, {
      where: { ts: { gte: ts } },
      sort: { field: "ts", order: "asc" },
      limit: 1,
    });
    return items[0] && Math.floor(items[0].value.ts / ms) * ms;
  }
  async function rollAll(steps: Steps, source: Parameters<typeof fold>[0], until: number): Promise<void> {
    const end = Math.floor(until / steps.ms) * steps.ms;
    let next = upTo.get(steps.name) ?? 0;
    while (next < end) {
      const found = await firstStep(steps, source as unknown as Collection<{ ts: number }>, next);
      if (found === undefined || found >= end) return void upTo.set(steps.name, end);
      await rollStep(steps, source, found);
      next = found + steps.ms;
    }
  }

  return {
    async load(): Promise<void> {
      for (const steps of STEPS) {
        const mark = await store.get(watchMarks, markOf(steps));
        if (mark) upTo.set(steps.name, Number(mark.value.value));
      }
    },
    /** All that is due by now; after a pause that may be much, and takes as long as it takes. */
    async roll(): Promise<void> {
      let source: Parameters<typeof fold>[0] = metricsTimeseries;
      let until = clock.now() - GRACE_MS;
      for (const steps of STEPS) {
        await rollAll(steps, source, until);
        source = steps.kept;
        until = upTo.get(steps.name) ?? 0;
      }
    },
    upTo: (name: Steps["name"]): number => upTo.get(name) ?? 0,
  };
}
