/** The values that are left to one factor while comparisons are laid one over the other. */
import type { Operator } from "../../shared/domain/bundle.ts";

interface Ends {
  readonly low: number;
  readonly high: number;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
}

export class Span implements Ends {
  readonly low: number;
  readonly high: number;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
  /** Set: these alone. */
  readonly #only: readonly number[] | undefined;
  readonly #without: readonly number[];

  constructor(ends: Ends, only: readonly number[] | undefined, without: readonly number[]) {
    const left = only?.filter((value) => isWithin(value, ends) && !without.includes(value));
    this.#only = left;
    this.#without = without;
    // Of a few values the ends are known exactly.
    const { low, high, lowOpen, highOpen } = left && left.length > 0 ? endsOf(left) : ends;
    this.low = low;
    this.high = high;
    this.lowOpen = lowOpen;
    this.highOpen = highOpen;
  }

  get isEmpty(): boolean {
    if (this.#only) return this.#only.length === 0;
    if (this.low > this.high) return true;
    return this.low === this.high && (this.lowOpen || this.highOpen || this.#without.includes(this.low));
  }

  /** The one value that is left. */
  get single(): number | undefined {
    return this.low === this.high && !this.isEmpty ? this.low : undefined;
  }

  /** With `op` against one number, or `in` and `notIn` against several. */
  narrowed(op: Operator, numbers: readonly number[]): Span {
    const value = numbers[0] ?? Number.NaN;
    if (op === "in" || op === "==") return this.#with({}, numbers);
    if (op === "notIn" || op === "!=") return new Span(this, this.#only, [...this.#without, ...numbers]);
    if (op === "<" || op === "<=") {
      const open = op === "<";
      if (value > this.high || (value === this.high && (!open || this.highOpen))) return this;
      return this.#with({ high: value, highOpen: open });
    }
    const open = op === ">";
    if (value < this.low || (value === this.low && (!open || this.lowOpen))) return this;
    return this.#with({ low: value, lowOpen: open });
  }

  #with(ends: Partial<Ends>, among?: readonly number[]): Span {
    const { low, high, lowOpen, highOpen } = this;
    const only = among ? (this.#only?.filter((value) => among.includes(value)) ?? among) : this.#only;
    return new Span({ low, high, lowOpen, highOpen, ...ends }, only, this.#without);
  }
}

export const spanOf = ({ low, high, only }: { low: number; high: number; only?: readonly number[] }): Span =>
  new Span({ low, high, lowOpen: false, highOpen: false }, only, []);

const endsOf = (values: readonly number[]): Ends => ({
  ...{ low: Math.min(...values), high: Math.max(...values) },
  ...{ lowOpen: false, highOpen: false },
});

const isWithin = (value: number, { low, high, lowOpen, highOpen }: Ends): boolean =>
  (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);
