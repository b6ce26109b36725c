/** Fills the book of objectives from S11's own rolled-up counters, so that it outlives restarts as they do. */
import { type MetricStep, metricHours, metricMinutes } from "../../shared/collections/operations.ts";
import type { Clock, Collection, Query, Store } from "../../shared/kit/ports.ts";
import { OBJECTIVES, SLO_WINDOW_MS } from "../../shared/trading/health/slo.ts";
import { increase } from "./fold.ts";
import { readSeriesKey } from "./prometheus.ts";
import type { SeriesNames } from "./series-names.ts";
import { MINUTE_MS, MINUTES_MS, type SloBook } from "./slo-book.ts";
import { SLO_EVENTS } from "./slo-events.ts";

const METRIC = `chimera_${SLO_EVENTS}`;
const SELF = "s11";
const PAGE = 20;

interface ReaderParts {
  readonly store: Pick<Store, "query">;
  readonly clock: Clock;
  readonly book: SloBook;
  readonly names: Pick<SeriesNames, "keyOf">;
  /** Up to when hours are rolled up. */
  hoursUpTo(): number;
}
type Add = (id: (typeof OBJECTIVES)[number]["slo_id"], events: { good: number; total: number }) => void;

export function createSloReader({ store, clock, book, names, hoursUpTo }: ReaderParts) {
  /** Last values of the counters, of the row before. */
  let last: Map<string, number> | undefined;
  let upTo = 0;

  /** Of each objective how much its counters grew from the row before; of the first row what it grew within. */
  function grown({ values }: MetricStep, before: Map<string, number> | undefined, add: Add): Map<string, number> {
    const next = new Map<string, number>();
    for (const [id, figures] of Object.entries(values)) {
      const key = names.keyOf(SELF, id);
      if (!key.startsWith(`${METRIC}{`)) continue;
      const { slo, outcome } = readSeriesKey(key).labels;
      const grew = increase(before === undefined ? figures[1] : (before.get(key) ?? 0), figures);
      next.set(key, figures[0]);
      const about = OBJECTIVES.find(({ slo_id }) => slo_id === slo)?.slo_id;
      if (about && grew > 0) add(about, { good: outcome === "good" ? grew : 0, total: grew });
    }
    return next;
  }
  async function each(kept: Collection<MetricStep>, from: number, take: (row: MetricStep) => void): Promise<void> {
    const where = { service: SELF, ts: { gte: from } };
    const query: Query = { where, sort: { field: "ts", order: "asc" }, limit: PAGE };
    let cursor: string | undefined;
    do {
      const page = await store.query(kept, cursor === undefined ? query : { ...query, cursor });
      for (const { value } of page.items) take(value);
      cursor = page.next_cursor;
      if (cursor !== undefined) await clock.sleep(0);
    } while (cursor !== undefined);
  }
  function takeMinute(row: MetricStep, countsHours: boolean): void {
    last = grown(row, last, (id, events) => {
      book.addMinute(id, row.ts, events);
      if (countsHours) book.addHour(id, row.ts, events);
    });
    upTo = row.ts + MINUTE_MS;
  }

  return {
    /** The month so far. */
    async load(): Promise<void> {
      const now = clock.now();
      let before: Map<string, number> | undefined;
      await each(metricHours, now - SLO_WINDOW_MS, (row) => {
        before = grown(row, before, (id, events) => book.addHour(id, row.ts, events));
      });
      const hours = hoursUpTo();
      await each(metricMinutes, now - MINUTES_MS, (row) => takeMinute(row, row.ts >= hours));
    },
    /** The minutes that have been rolled up since; false: there was none. */
    async readOn(): Promise<boolean> {
      const before = upTo;
      // Where nothing was ever kept, this process counted from zero.
      last ??= new Map();
      await each(metricMinutes, upTo, (row) => takeMinute(row, true));
      book.forget(clock.now());
      return upTo > before;
    },
  };
}
