/** The last closes of one timeframe without holes, for factors that are made of two instruments. */
import type { Memory } from "./memory.ts";

/** Twice the longest window, so that one instrument may be ahead of the other. */
const CAPACITY = 1_000;

export class Closes {
  readonly ms: number;
  /** Where the newest bar begins, epoch ms; NaN before the first. */
  newestTs = Number.NaN;
  #cells = new Float64Array(CAPACITY);
  #count = 0;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Where the oldest bar begins that is still known. */
  get oldestTs(): number {
    return this.newestTs - (this.#count - 1) * this.ms;
  }

  /** A bar that does not follow the newest one begins the series anew. */
  push(openTs: number, close: number): void {
    if (openTs !== this.newestTs + this.ms) this.#count = 0;
    this.newestTs = openTs;
    this.#cells[this.#place(openTs)] = close;
    if (this.#count < CAPACITY) this.#count++;
  }

  /** NaN for a bar that is not known. */
  at(openTs: number): number {
    const isKnown = openTs <= this.newestTs && openTs >= this.oldestTs;
    return isKnown ? this.#cells[this.#place(openTs)]! : Number.NaN;
  }

  clear(): void {
    this.newestTs = Number.NaN;
    this.#count = 0;
  }

  keep(memory: Memory): void {
    this.newestTs = memory.number(this.newestTs);
    this.#count = memory.number(this.#count);
    for (let back = this.#count - 1; back >= 0; back--) {
      const place = this.#place(this.newestTs - back * this.ms);
      this.#cells[place] = memory.number(this.#cells[place]!);
    }
  }

  #place(openTs: number): number {
    return (openTs / this.ms) % CAPACITY;
  }
}

/** A bar more than this many bars old is not the newest of anything: one of the two has stopped. */
const BARS_OLD_MAX = 3;

/** Where the newest bar begins that both have closed; NaN when there is none, or none that is new at `now`. */
export function newestOfBoth(now: number, one: Closes | undefined, other: Closes | undefined): number {
  if (one === undefined || other === undefined) return Number.NaN;
  const ts = Math.min(one.newestTs, other.newestTs);
  const isBoth = ts >= one.oldestTs && ts >= other.oldestTs;
  return isBoth && now < ts + BARS_OLD_MAX * one.ms ? ts : Number.NaN;
}
