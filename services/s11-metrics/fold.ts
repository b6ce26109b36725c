/** Makes one step of many: of every series its last value, least, greatest, sum and count; counters with their resets. */
import type { MetricStep, Scrape } from "../../shared/collections/operations.ts";

export type Figures = MetricStep["values"][string];

/** Rows are added in order of time. */
export class Fold {
  readonly #series = new Map<string, Figures>();

  addScrape(values: Scrape["values"]): void {
    for (const [key, value] of Object.entries(values)) this.#add(key, [value, value, value, value, 1]);
  }
  addStep(values: MetricStep["values"]): void {
    for (const [key, figures] of Object.entries(values)) this.#add(key, figures);
  }
  values(): MetricStep["values"] {
    return Object.fromEntries(this.#series);
  }

  #add(key: string, [last, least, greatest, sum, count]: Figures): void {
    const kept = this.#series.get(key);
    if (kept === undefined) return void this.#series.set(key, [last, least, greatest, sum, count]);
    kept[0] = last;
    kept[1] = Math.min(kept[1], least);
    kept[2] = Math.max(kept[2], greatest);
    kept[3] += sum;
    kept[4] += count;
  }
}

/**
 * How much a counter grew from `before`, its last value of an earlier step, through this step. It begins anew with its
 * process; told is too little where it did so more than once in the step, or has passed its former height since.
 */
export function increase(before: number, [last, least, greatest]: Readonly<Figures>): number {
  const beganAnew = least < before || last < greatest;
  if (!beganAnew) return last - before;
  if (last === greatest) return last;
  return last + (greatest < before ? greatest : greatest - before);
}
