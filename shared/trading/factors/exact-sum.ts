/** Sums of quantities and of price × quantity without rounding, so that bars built here equal the exchange's own. */
import type { Memory } from "./memory.ts";

/** The exchange's smallest step of any price or quantity; a product has the square of it. */
const UNITS = 1e8;
/** Splits a number of 53 bits into two of 26 whose products are exact (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/** A quantity, and its worth as the unrounded sum of two numbers, in units of 10⁻¹⁶; one for all trades. */
export class Portion {
  /** Base quantity in units of 10⁻⁸. */
  units = 0;
  high = 0;
  low = 0;

  /** The low part is what multiplying has rounded away (Dekker 1971). */
  set(price: number, qty: number): void {
    const a = Math.round(price * UNITS);
    const b = Math.round(qty * UNITS);
    this.units = b;
    this.high = a * b;
    const ca = SPLITTER * a;
    const cb = SPLITTER * b;
    const ah = ca - (ca - a);
    const bh = cb - (cb - b);
    const al = a - ah;
    const bl = b - bh;
    this.low = al * bl - (this.high - ah * bh - al * bh - ah * bl);
  }
}

/** What was traded: as exact as 2⁵³ units of quantity and 106 bits of worth go, which no bar fills. */
export class TradedSum {
  #units = 0;
  #high = 0;
  #low = 0;

  /** The low part takes what adding has rounded away (Knuth's two-sum), and gives back what it can. */
  add({ units, high, low }: Portion): void {
    this.#units += units;
    const sum = this.#high + high;
    const taken = sum - this.#high;
    const lost = this.#high - (sum - taken) + (high - taken);
    const rest = this.#low + low + lost;
    this.#high = sum + rest;
    this.#low = rest - (this.#high - sum);
  }

  clear(): void {
    this.#units = 0;
    this.#high = 0;
    this.#low = 0;
  }

  /** The number nearest to the exact sum: what its decimals read as a number are; NaN when it was past all numbers. */
  get volume(): number {
    return this.#units / UNITS;
  }
  get quoteVolume(): number {
    if (this.#high === 0) return 0;
    if (!Number.isFinite(this.#high + this.#low)) return Number.NaN;
    return Number(`${BigInt(this.#high) + BigInt(this.#low)}e-16`);
  }

  keep(memory: Memory): void {
    this.#units = memory.number(this.#units);
    this.#high = memory.number(this.#high);
    this.#low = memory.number(this.#low);
  }
}
