/** Running statistics over the last n numbers, without allocation once made. */
import type { Memory } from "./memory.ts";

/** Mean and variance of the last `length` values. */
export class RollingMoments {
  readonly length: number;
  #values: Float64Array;
  #at = 0;
  #count = 0;
  #sum = 0;
  #squares = 0;
  #newest = Number.NaN;
  /** How many of the newest values are equal. */
  #equal = 0;

  constructor(length: number) {
    this.length = length;
    this.#values = new Float64Array(length);
  }

  get full(): boolean {
    return this.#count === this.length;
  }

  push(value: number): void {
    const gone = this.#values[this.#at]!;
    this.#values[this.#at] = value;
    this.#sum += value - gone;
    this.#squares += value * value - gone * gone;
    if (this.#count < this.length) this.#count++;
    this.#equal = value === this.#newest ? this.#equal + 1 : 1;
    this.#newest = value;
    this.#at++;
    if (this.#at === this.length) this.#resum();
  }

  /** NaN before the window is full. */
  get mean(): number {
    return this.full ? this.#sum / this.length : Number.NaN;
  }

  /** With divisor n − 1; NaN before the window is full. */
  get sampleDeviation(): number {
    if (!this.full) return Number.NaN;
    // What adding and taking away has lost must not pass for a deviation.
    if (this.#equal >= this.length) return 0;
    const variance = (this.#squares - (this.#sum * this.#sum) / this.length) / (this.length - 1);
    return Math.sqrt(Math.max(0, variance));
  }

  keep(memory: Memory): void {
    memory.numbers(this.#values);
    this.#at = memory.number(this.#at);
    this.#count = memory.number(this.#count);
    this.#sum = memory.number(this.#sum);
    this.#squares = memory.number(this.#squares);
    this.#newest = memory.number(this.#newest);
    this.#equal = memory.number(this.#equal);
  }

  // Adding and taking away loses bits; summing anew once a turn keeps the loss to what one window can make.
  #resum(): void {
    this.#at = 0;
    this.#sum = 0;
    this.#squares = 0;
    for (const value of this.#values) {
      this.#sum += value;
      this.#squares += value * value;
    }
  }
}

/** The rank of the newest among the last `length` values. */
export class RollingRank {
  readonly length: number;
  #inOrderOfTime: Float64Array;
  #sorted: Float64Array;
  #at = 0;
  #count = 0;
  #newest = Number.NaN;

  constructor(length: number) {
    this.length = length;
    this.#inOrderOfTime = new Float64Array(length);
    this.#sorted = new Float64Array(length);
  }

  push(value: number): void {
    if (this.#count === this.length) this.#take(this.#inOrderOfTime[this.#at]!);
    this.#inOrderOfTime[this.#at] = value;
    this.#at = (this.#at + 1) % this.length;
    const place = this.#below(value);
    this.#sorted.copyWithin(place + 1, place, this.#count);
    this.#sorted[place] = value;
    this.#count++;
    this.#newest = value;
  }

  /** `(C_less + ½·C_equal)/N` of the newest value, itself counted; NaN before the window is full. */
  get percentile(): number {
    if (this.#count < this.length) return Number.NaN;
    const less = this.#below(this.#newest);
    let end = less;
    while (end < this.#count && this.#sorted[end] === this.#newest) end++;
    return (less + (end - less) / 2) / this.length;
  }

  keep(memory: Memory): void {
    memory.numbers(this.#inOrderOfTime);
    memory.numbers(this.#sorted);
    this.#at = memory.number(this.#at);
    this.#count = memory.number(this.#count);
    this.#newest = memory.number(this.#newest);
  }

  #take(value: number): void {
    const place = this.#below(value);
    this.#sorted.copyWithin(place, place + 1, this.#count);
    this.#count--;
  }

  /** How many are less than `value`. */
  #below(value: number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
