/** How far the close has moved over some bars, and how far the last bar reached. */
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

class LogReturn implements FactorState {
  #closes: Float64Array;
  #bars = 0;

  constructor(length: number) {
    this.#closes = new Float64Array(length + 1);
  }

  onBar(bar: Bar): void {
    this.#closes[this.#bars % this.#closes.length] = bar.close;
    this.#bars++;
  }

  read(): number {
    const { length } = this.#closes;
    if (this.#bars < length) return Number.NaN;
    return Math.log(this.#closes[(this.#bars - 1) % length]! / this.#closes[this.#bars % length]!);
  }

  keep(memory: Memory): void {
    memory.numbers(this.#closes);
    this.#bars = memory.number(this.#bars);
  }
}

export const logReturn = family({
  family: "log_ret",
  pattern: "log_ret_{n}_{tf}",
  example: "log_ret_1_1m",
  formula: "ln(C/C n bars ago)",
  source: "Definition",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n! + 1,
  make: ({ numbers: [n] }) => new LogReturn(n!),
});

class TrueRange implements FactorState {
  #close = Number.NaN;
  #range = Number.NaN;

  onBar({ high, low, close }: Bar): void {
    const before = this.#close;
    this.#close = close;
    this.#range = Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  }
  read(): number {
    return this.#range;
  }
  keep(memory: Memory): void {
    this.#close = memory.number(this.#close);
    this.#range = memory.number(this.#range);
  }
}

export const trueRange = family({
  family: "tr",
  pattern: "tr_{tf}",
  example: "tr_1m",
  formula: "max(H−L, |H−C₋₁|, |L−C₋₁|) of the last closed bar, in price",
  source: "Wilder 1978",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: () => 2,
  make: () => new TrueRange(),
});
