/** Prices of closed bars: volume-weighted average, close and volume. */
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingMoments } from "./rolling.ts";

/** `Σ price·quantity / Σ quantity` of the trades in the last n closed bars; missing when there were none. */
class Vwap implements FactorState {
  #volume: RollingMoments;
  #quote: RollingMoments;
  /** Bars with trades among the last n: a sum of floats need not come back to zero. */
  #busy: RollingMoments;

  constructor(length: number) {
    this.#volume = new RollingMoments(length);
    this.#quote = new RollingMoments(length);
    this.#busy = new RollingMoments(length);
  }

  onBar(bar: Bar): void {
    this.#volume.push(bar.volume);
    this.#quote.push(bar.quoteVolume);
    this.#busy.push(bar.volume > 0 ? 1 : 0);
  }

  read(): number {
    return this.#busy.mean > 0 ? this.#quote.mean / this.#volume.mean : Number.NaN;
  }

  keep(memory: Memory): void {
    this.#volume.keep(memory);
    this.#quote.keep(memory);
    this.#busy.keep(memory);
  }
}

const VWAP = {
  family: "vwap",
  formula: "Σ price·quantity / Σ quantity of the trades in the last n closed bars (n = 1 if not said)",
  source: "Berkowitz, Logue and Noser 1988",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }: FactorParams) => n ?? 1,
  make: ({ numbers: [n] }: FactorParams) => new Vwap(n ?? 1),
} as const;
export const vwapOfBar = family({ ...VWAP, pattern: "vwap_{tf}", example: "vwap_1m" });
export const vwap = family({ ...VWAP, pattern: "vwap_{n}_{tf}", example: "vwap_60_1m" });

class LastBar implements FactorState {
  #field: "close" | "volume";
  #value = Number.NaN;
  constructor(field: "close" | "volume") {
    this.#field = field;
  }
  onBar(bar: Bar): void {
    this.#value = bar[this.#field];
  }
  read(): number {
    return this.#value;
  }
  keep(memory: Memory): void {
    this.#value = memory.number(this.#value);
  }
}

const ofBar = (field: "close" | "volume", formula: string) =>
  family({
    family: field,
    pattern: `${field}_{tf}`,
    example: `${field}_1m`,
    formula,
    source: "Definition",
    range: [0, Number.POSITIVE_INFINITY],
    needs: ["bar"],
    bars: () => 1,
    make: () => new LastBar(field),
  });
export const close = ofBar("close", "close of the last closed bar");
export const volume = ofBar("volume", "base quantity traded in the last closed bar");
