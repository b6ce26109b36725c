/** How much counters of other processes have grown since the last scrape, whatever they counted before. */
import type { ServiceId } from "../../shared/kit/ports.ts";
import { type Sample, seriesKey } from "./prometheus.ts";

export interface Grown extends Sample {
  readonly grew: number;
}

export class Increments {
  /** By service: its series' last values. */
  readonly #last = new Map<ServiceId, Map<string, number>>();
  readonly #counts: (metric: string) => boolean;

  /** `counts`: which metrics are followed. */
  constructor(counts: (metric: string) => boolean) {
    this.#counts = counts;
  }

  /** Nothing of a service's first scrape: what it counted before is not of this time. */
  of(service: ServiceId, samples: readonly Sample[]): Grown[] {
    const last = this.#last.get(service);
    const kept = last ?? new Map<string, number>();
    this.#last.set(service, kept);
    return samples
      .filter(({ metric }) => this.#counts(metric))
      .map((sample) => {
        const key = seriesKey(sample);
        const before = kept.get(key) ?? 0;
        kept.set(key, sample.value);
        // One that is less began anew with its process.
        const grew = sample.value < before ? sample.value : sample.value - before;
        return { ...sample, grew: last === undefined ? 0 : grew };
      });
  }
}
