/** The greatest or least of the last n numbers, in constant time a number. */
import type { Memory } from "./memory.ts";

/** Keeps only numbers that may still become the extreme: each is greater than all that came after it. */
export class RollingExtreme {
  readonly length: number;
  /** 1: the greatest, −1: the least. */
  #sign: 1 | -1;
  #values: Float64Array;
  #births: Float64Array;
  #head = 0;
  #size = 0;
  #pushed = 0;

  constructor(length: number, sign: 1 | -1) {
    this.length = length;
    this.#sign = sign;
    this.#values = new Float64Array(length);
    this.#births = new Float64Array(length);
  }

  push(value: number): void {
    const x = this.#sign * value;
    if (this.#size > 0 && this.#births[this.#head]! <= this.#pushed - this.length) {
      this.#head = (this.#head + 1) % this.length;
      this.#size--;
    }
    while (this.#size > 0 && this.#values[this.#place(this.#size - 1)]! <= x) this.#size--;
    const place = this.#place(this.#size);
    this.#values[place] = x;
    this.#births[place] = this.#pushed;
    this.#size++;
    this.#pushed++;
  }

  /** NaN before the window is full. */
  get value(): number {
    return this.#pushed < this.length ? Number.NaN : this.#sign * this.#values[this.#head]!;
  }

  keep(memory: Memory): void {
    memory.numbers(this.#values);
    memory.numbers(this.#births);
    this.#head = memory.number(this.#head);
    this.#size = memory.number(this.#size);
    this.#pushed = memory.number(this.#pushed);
  }

  #place(index: number): number {
    return (this.#head + index) % this.length;
  }
}
