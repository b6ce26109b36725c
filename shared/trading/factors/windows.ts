/** What happened in the last so many milliseconds of exchange time. */
import type { Memory } from "./memory.ts";

const CAPACITY_MIN = 64;

/** Samples in order of time, each a time and `width` numbers; it grows by doubling and then stays. */
export class TimeRing {
  #stride: number;
  #capacity = CAPACITY_MIN;
  #cells: Float64Array;
  #head = 0;
  size = 0;

  constructor(width: number) {
    this.#stride = width + 1;
    this.#cells = new Float64Array(this.#capacity * this.#stride);
  }

  /** The cell of sample `index`, 0 the oldest; its numbers are in columns 1 to `width`, its time in column 0. */
  get(index: number, column: number): number {
    return this.#cells[this.#cell(index) + column]!;
  }
  set(index: number, column: number, value: number): void {
    this.#cells[this.#cell(index) + column] = value;
  }

  /** Adds a sample of zeros at the end. */
  push(ts: number): void {
    if (this.size === this.#capacity) this.#grow();
    const cell = this.#cell(this.size);
    this.#cells.fill(0, cell, cell + this.#stride);
    this.#cells[cell] = ts;
    this.size++;
  }

  /** Drops the oldest; true once in every turn of the ring. */
  shift(): boolean {
    this.#head = (this.#head + 1) & (this.#capacity - 1);
    this.size--;
    return this.#head === 0;
  }

  /** Where a sample lies in memory leaves no trace in any value but in when sums are made anew, so that is kept too. */
  keep(memory: Memory): void {
    const capacity = memory.number(this.#capacity);
    if (capacity !== this.#capacity) this.#cells = new Float64Array(capacity * this.#stride);
    this.#capacity = capacity;
    this.#head = memory.number(this.#head);
    this.size = memory.number(this.size);
    for (let index = 0; index < this.size; index++) {
      for (let column = 0; column < this.#stride; column++)
        this.set(index, column, memory.number(this.get(index, column)));
    }
  }

  #cell(index: number): number {
    return ((this.#head + index) & (this.#capacity - 1)) * this.#stride;
  }

  #grow(): void {
    const cells = new Float64Array(this.#capacity * 2 * this.#stride);
    const split = this.#head * this.#stride;
    cells.set(this.#cells.subarray(split));
    cells.set(this.#cells.subarray(0, split), this.#cells.length - split);
    this.#cells = cells;
    this.#capacity *= 2;
    this.#head = 0;
  }
}

const BUY = 1;
const SELL = 2;
const COUNT = 3;
/** Quantities are added up as whole numbers of the exchange's smallest step: exact, so the order leaves no trace. */
const UNITS = 1e8;

/**
 * Taker volume and number of trades in `(now − ms, now]`. Trades of one millisecond share a sample, so that memory is
 * bounded by the window's length.
 */
export class TradeWindow {
  readonly ms: number;
  /** From when on every trade is seen. */
  sinceTs: number;
  #ring = new TimeRing(3);
  #buy = 0;
  #sell = 0;
  #count = 0;

  constructor(ms: number, sinceTs: number) {
    this.ms = ms;
    this.sinceTs = sinceTs;
  }

  /** True when the whole window has been seen. */
  covered(now: number): boolean {
    return now - this.ms >= this.sinceTs;
  }

  add(now: number, qty: number, takerBuys: boolean): void {
    this.evict(now);
    const ring = this.#ring;
    if (ring.size === 0 || ring.get(ring.size - 1, 0) < now) ring.push(now);
    const last = ring.size - 1;
    const side = takerBuys ? BUY : SELL;
    const units = Math.round(qty * UNITS);
    ring.set(last, side, ring.get(last, side) + units);
    ring.set(last, COUNT, ring.get(last, COUNT) + 1);
    if (takerBuys) this.#buy += units;
    else this.#sell += units;
    this.#count++;
  }

  evict(now: number): void {
    const ring = this.#ring;
    while (ring.size > 0 && ring.get(0, 0) <= now - this.ms) {
      this.#buy -= ring.get(0, BUY);
      this.#sell -= ring.get(0, SELL);
      this.#count -= ring.get(0, COUNT);
      if (ring.shift() || ring.size === 0) this.#resum();
    }
  }

  /** Base quantity that takers bought; call `evict` first. */
  get buy(): number {
    return this.#buy / UNITS;
  }
  get sell(): number {
    return this.#sell / UNITS;
  }
  get count(): number {
    return this.#count;
  }

  keep(memory: Memory): void {
    this.sinceTs = memory.number(this.sinceTs);
    this.#ring.keep(memory);
    this.#buy = memory.number(this.#buy);
    this.#sell = memory.number(this.#sell);
    this.#count = memory.number(this.#count);
  }

  // Sums beyond 2^53 units lose bits; summing anew once a turn keeps the loss small however long it runs.
  #resum(): void {
    this.#buy = 0;
    this.#sell = 0;
    for (let index = 0; index < this.#ring.size; index++) {
      this.#buy += this.#ring.get(index, BUY);
      this.#sell += this.#ring.get(index, SELL);
    }
  }
}

const VALUE = 1;

/** The last value that held `ms` ago, for a value that changes at moments and holds in between. */
export class Trail {
  readonly ms: number;
  #ring = new TimeRing(1);

  constructor(ms: number) {
    this.ms = ms;
  }

  add(now: number, value: number): void {
    const ring = this.#ring;
    const last = ring.size - 1;
    if (last >= 0 && ring.get(last, VALUE) === value) return;
    this.#evict(now);
    if (ring.size > 0 && ring.get(ring.size - 1, 0) === now) ring.set(ring.size - 1, VALUE, value);
    else {
      ring.push(now);
      ring.set(ring.size - 1, VALUE, value);
    }
  }

  /** NaN when nothing that old is known. */
  before(now: number): number {
    this.#evict(now);
    const ring = this.#ring;
    return ring.size > 0 && ring.get(0, 0) <= now - this.ms ? ring.get(0, VALUE) : Number.NaN;
  }

  keep(memory: Memory): void {
    this.#ring.keep(memory);
  }

  #evict(now: number): void {
    const ring = this.#ring;
    while (ring.size > 1 && ring.get(1, 0) <= now - this.ms) ring.shift();
  }
}
