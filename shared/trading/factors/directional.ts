/** Directional movement: which way bars reach beyond the bar before, and how steadily. */
import { WILDER_MEMORY } from "./atr.ts";
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

/** Wilder's average: the simple mean of the first n, then `A = A₋₁ + (x − A₋₁)/n`. */
class WilderAverage {
  readonly length: number;
  #count = 0;
  #sum = 0;
  /** NaN before n values. */
  value = Number.NaN;

  constructor(length: number) {
    this.length = length;
  }

  push(x: number): void {
    if (this.#count < this.length) {
      this.#count++;
      this.#sum += x;
      if (this.#count === this.length) this.value = this.#sum / this.length;
    } else this.value += (x - this.value) / this.length;
  }

  keep(memory: Memory): void {
    this.#count = memory.number(this.#count);
    this.#sum = memory.number(this.#sum);
    this.value = memory.number(this.value);
  }
}

type Part = "adx" | "plus" | "minus";

/**
 * Wilder's directional index over n bars, 0 to 100.
 *
 * `+DM = H − H₋₁` where it is positive and greater than `L₋₁ − L`, else 0; `−DM` the other way round;
 * `±DI = 100·A(±DM)/A(TR)`, `DX = 100·|+DI − −DI|/(+DI + −DI)`, `ADX = A(DX)`, A being Wilder's average; a quotient of
 * zeros is 0. Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
 */
class DirectionalMovement implements FactorState {
  #high = Number.NaN;
  #low = Number.NaN;
  #close = Number.NaN;
  #range: WilderAverage;
  #plus: WilderAverage;
  #minus: WilderAverage;
  #index: WilderAverage;
  #part: Part;

  constructor(length: number, part: Part) {
    this.#range = new WilderAverage(length);
    this.#plus = new WilderAverage(length);
    this.#minus = new WilderAverage(length);
    this.#index = new WilderAverage(length);
    this.#part = part;
  }

  onBar({ high, low, close }: Bar): void {
    const up = high - this.#high;
    const down = this.#low - low;
    const before = this.#close;
    this.#high = high;
    this.#low = low;
    this.#close = close;
    if (Number.isNaN(before)) return;
    this.#range.push(Math.max(high - low, Math.abs(high - before), Math.abs(low - before)));
    this.#plus.push(up > down && up > 0 ? up : 0);
    this.#minus.push(down > up && down > 0 ? down : 0);
    if (Number.isNaN(this.#range.value)) return;
    const plus = this.#plus.value;
    const minus = this.#minus.value;
    this.#index.push(plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus));
  }

  read(): number {
    if (this.#part === "adx") return Math.min(this.#index.value, 100);
    const range = this.#range.value;
    const moved = this.#part === "plus" ? this.#plus.value : this.#minus.value;
    return range === 0 ? 0 : Math.min((100 * moved) / range, 100);
  }

  keep(memory: Memory): void {
    this.#high = memory.number(this.#high);
    this.#low = memory.number(this.#low);
    this.#close = memory.number(this.#close);
    for (const average of [this.#range, this.#plus, this.#minus, this.#index]) average.keep(memory);
  }
}

const directional = (part: Part, name: string, formula: string) =>
  family({
    family: name,
    pattern: `${name}_{n}_{tf}`,
    example: `${name}_14_1m`,
    formula,
    source: "Wilder 1978",
    range: [0, 100],
    needs: ["bar"],
    bars: ({ numbers: [n] }: FactorParams) => (part === "adx" ? 2 : 1) * n! * WILDER_MEMORY + 1,
    make: ({ numbers: [n] }) => new DirectionalMovement(n!, part),
  });

export const adx = directional("adx", "adx", "Wilder average of DX = 100·|+DI − −DI|/(+DI + −DI)");
export const plusDi = directional("plus", "di_plus", "100·A(+DM)/A(TR), A Wilder averages over n bars");
export const minusDi = directional("minus", "di_minus", "100·A(−DM)/A(TR), A Wilder averages over n bars");
