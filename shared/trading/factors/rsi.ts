/** Relative strength index. */
import { WILDER_MEMORY } from "./atr.ts";
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

/**
 * Wilder's relative strength index over n bars, 0 to 100.
 *
 * Gains and losses are the changes of the close, split by sign; their first averages are the simple means of the first
 * n, then `A = A₋₁ + (x − A₋₁)/n`; `RSI = 100·G/(G + L)`, which is `100 − 100/(1 + G/L)`. Without any change it is 50.
 * Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
 */
export class Rsi implements FactorState {
  #length: number;
  #close = Number.NaN;
  #count = 0;
  #gain = 0;
  #loss = 0;

  constructor(length: number) {
    this.#length = length;
  }

  onBar(bar: Bar): void {
    const change = bar.close - this.#close;
    this.#close = bar.close;
    if (Number.isNaN(change)) return;
    const gain = Math.max(change, 0);
    const loss = Math.max(-change, 0);
    const n = this.#length;
    if (this.#count < n) {
      this.#count++;
      this.#gain += gain / n;
      this.#loss += loss / n;
    } else {
      this.#gain += (gain - this.#gain) / n;
      this.#loss += (loss - this.#loss) / n;
    }
  }

  read(): number {
    if (this.#count < this.#length) return Number.NaN;
    const both = this.#gain + this.#loss;
    return both === 0 ? 50 : (100 * this.#gain) / both;
  }

  keep(memory: Memory): void {
    this.#close = memory.number(this.#close);
    this.#count = memory.number(this.#count);
    this.#gain = memory.number(this.#gain);
    this.#loss = memory.number(this.#loss);
  }
}

export const rsi = family({
  family: "rsi",
  pattern: "rsi_{n}_{tf}",
  example: "rsi_14_15s",
  formula: "100·G/(G+L), G and L Wilder averages of gains and losses; 50 without any change",
  source: "Wilder 1978",
  range: [0, 100],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n! * WILDER_MEMORY + 1,
  make: ({ numbers: [n] }) => new Rsi(n!),
});
