/** Mean and deviation of the last n numbers that lie close together and far from zero, as prices do. */
import type { Memory } from "./memory.ts";

/**
 * Sums are of differences from a value of the window itself, so that squaring prices loses no digits; a window of
 * equal values has a deviation of exactly zero.
 */
export class RollingDeviation {
  readonly length: number;
  #values: Float64Array;
  #at = 0;
  #count = 0;
  #origin = 0;
  #sum = 0;
  #squares = 0;
  #newest = Number.NaN;
  /** How many of the newest values are equal. */
  #equal = 0;

  constructor(length: number) {
    this.length = length;
    this.#values = new Float64Array(length);
  }

  push(value: number): void {
    if (this.#count === 0) this.#origin = value;
    const x = value - this.#origin;
    const gone = this.#count === this.length ? this.#values[this.#at]! - this.#origin : 0;
    this.#values[this.#at] = value;
    this.#sum += x - gone;
    this.#squares += x * x - gone * gone;
    if (this.#count < this.length) this.#count++;
    this.#equal = value === this.#newest ? this.#equal + 1 : 1;
    this.#newest = value;
    this.#at++;
    if (this.#at === this.length) this.#resum();
  }

  get newest(): number {
    return this.#newest;
  }

  /** NaN before the window is full. */
  get mean(): number {
    if (this.#count < this.length) return Number.NaN;
    return this.#isFlat ? this.#newest : this.#origin + this.#sum / this.length;
  }

  /** The divisor is n − 1 for a sample's deviation, n for a population's; NaN before the window is full. */
  deviation(divisor: number): number {
    if (this.#count < this.length) return Number.NaN;
    if (this.#isFlat) return 0;
    return Math.sqrt(Math.max(0, this.#squares - (this.#sum * this.#sum) / this.length) / divisor);
  }

  keep(memory: Memory): void {
    memory.numbers(this.#values);
    this.#at = memory.number(this.#at);
    this.#count = memory.number(this.#count);
    this.#origin = memory.number(this.#origin);
    this.#sum = memory.number(this.#sum);
    this.#squares = memory.number(this.#squares);
    this.#newest = memory.number(this.#newest);
    this.#equal = memory.number(this.#equal);
  }

  get #isFlat(): boolean {
    return this.#equal >= this.length;
  }

  // Once a turn, from the mean of the window: what adding and taking away has lost is never more than one turn's.
  #resum(): void {
    this.#at = 0;
    this.#origin += this.#sum / this.length;
    this.#sum = 0;
    this.#squares = 0;
    for (const value of this.#values) {
      const x = value - this.#origin;
      this.#sum += x;
      this.#squares += x * x;
    }
  }
}
