/** Average true range. */
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

/**
 * Wilder's average true range over n bars, in price.
 *
 * `TR = max(H−L, |H−C₋₁|, |L−C₋₁|)` from the second bar on; the first ATR is the simple mean of the first n TR, then
 * `ATR = ATR₋₁ + (TR − ATR₋₁)/n`. Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
 */
export class Atr implements FactorState {
  #length: number;
  #close = Number.NaN;
  #count = 0;
  #sum = 0;
  #atr = Number.NaN;

  constructor(length: number) {
    this.#length = length;
  }

  onBar(bar: Bar): void {
    const before = this.#close;
    this.#close = bar.close;
    if (Number.isNaN(before)) return;
    const range = Math.max(bar.high - bar.low, Math.abs(bar.high - before), Math.abs(bar.low - before));
    if (this.#count < this.#length) {
      this.#count++;
      this.#sum += range;
      if (this.#count === this.#length) this.#atr = this.#sum / this.#length;
    } else this.#atr += (range - this.#atr) / this.#length;
  }

  read(): number {
    return this.#atr;
  }

  keep(memory: Memory): void {
    this.#close = memory.number(this.#close);
    this.#count = memory.number(this.#count);
    this.#sum = memory.number(this.#sum);
    this.#atr = memory.number(this.#atr);
  }
}

// (1 − 1/n)^(20n) < 3·10⁻⁹: what is left of the first bar.
export const WILDER_MEMORY = 20;

export const atr = family({
  family: "atr",
  pattern: "atr_{n}_{tf}",
  example: "atr_14_1m",
  formula: "TR = max(H−L, |H−C₋₁|, |L−C₋₁|); first ATR = mean of the first n TR, then ATR₋₁ + (TR − ATR₋₁)/n",
  source: "Wilder 1978",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n! * WILDER_MEMORY + 1,
  make: ({ numbers: [n] }) => new Atr(n!),
});
