/** What happened of each objective, by minute for some hours and by hour for a month. */
import type { Slo } from "../../shared/domain/watching.ts";
import { burnRate, type Events, SLO_WINDOW_MS } from "../../shared/trading/health/slo.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Windows up to here are counted by minutes. */
export const MINUTES_MS = 6 * HOUR_MS;
const HISTORY_MS = 7 * 24 * HOUR_MS;

type Id = Slo["slo_id"];
interface Cell {
  good: number;
  total: number;
}
type Cells = Map<number, Cell>;

export class SloBook {
  readonly #minutes = new Map<Id, Cells>();
  readonly #hours = new Map<Id, Cells>();

  /** Of the minute that begins then. */
  addMinute(id: Id, ts: number, { good, total }: Events): void {
    add(this.#minutes, id, { ts, good, total });
  }
  /** Of the hour that then belongs to; part by part is as good as at once. */
  addHour(id: Id, ts: number, { good, total }: Events): void {
    add(this.#hours, id, { ts: Math.floor(ts / HOUR_MS) * HOUR_MS, good, total });
  }

  /** What happened in the newest so many ms, as finely as it is kept. */
  within(id: Id, windowMs: number, now: number): Events {
    const [cells, stepMs] =
      windowMs <= MINUTES_MS
        ? ([this.#minutes.get(id), MINUTE_MS] as const)
        : ([this.#hours.get(id), HOUR_MS] as const);
    let [good, total] = [0, 0];
    for (const [ts, cell] of cells ?? []) {
      if (ts + stepMs <= now - windowMs) continue;
      good += cell.good;
      total += cell.total;
    }
    return { good, total };
  }

  /** Burn rates of the hours of the last week in which anything happened. */
  history(id: Id, objective: number, now: number): [number, number][] {
    const hours = [...(this.#hours.get(id) ?? [])].filter(([ts]) => ts > now - HISTORY_MS).sort(([a], [b]) => a - b);
    return hours.flatMap(([ts, cell]): [number, number][] => {
      const rate = burnRate(cell, objective);
      return rate === null ? [] : [[ts, rate]];
    });
  }

  forget(now: number): void {
    for (const [book, keptMs] of [
      [this.#minutes, MINUTES_MS + HOUR_MS],
      [this.#hours, SLO_WINDOW_MS + HOUR_MS],
    ] as const) {
      for (const cells of book.values()) for (const ts of cells.keys()) if (ts < now - keptMs) cells.delete(ts);
    }
  }
}

function add(book: Map<Id, Cells>, id: Id, { ts, good, total }: Events & { ts: number }): void {
  const cells = book.get(id) ?? new Map();
  book.set(id, cells);
  const cell = cells.get(ts) ?? { good: 0, total: 0 };
  cells.set(ts, cell);
  cell.good += good;
  cell.total += total;
}
