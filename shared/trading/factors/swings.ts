/** Zigzag: the swings of the price, each turning where the price has come back far enough from its last extreme. */
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

/** Turning points remembered: an impulse of five waves has begun at the oldest. */
const POINTS = 5;
const BPS = 1e4;
/** How far back a swing may reach is not known; this many bars find the same swings but on very quiet markets. */
const SWING_BARS = 500;

/**
 * A swing up ends at its highest high once a later bar's low is `reversal` below it, a swing down at its lowest low
 * once a later high is `reversal` above it. A bar that makes a new extreme does not turn the swing: which of its two
 * ends came first is not known. The first swing begins when the price is `reversal` away from where it has been.
 */
export class Swings {
  /** 1 up, −1 down, 0 before the first. */
  direction = 0;
  /** Where the present swing has reached; NaN before the first. */
  extreme = Number.NaN;
  #reversal: number;
  #points = new Float64Array(POINTS);
  #count = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;

  /** As a fraction of the price. */
  constructor(reversal: number) {
    this.#reversal = reversal;
  }

  onBar({ high, low }: Bar): void {
    if (this.direction === 0) this.#begin(high, low);
    else if (this.direction > 0) {
      if (high > this.extreme) this.extreme = high;
      else if (low <= this.extreme * (1 - this.#reversal)) this.#turn(-1, low);
    } else if (low < this.extreme) this.extreme = low;
    else if (high >= this.extreme * (1 + this.#reversal)) this.#turn(1, high);
  }

  /** A turning point's price, 0 the newest; NaN when there are not so many. */
  point(back: number): number {
    return back < Math.min(this.#count, POINTS) ? this.#points[(this.#count - 1 - back) % POINTS]! : Number.NaN;
  }

  keep(memory: Memory): void {
    this.direction = memory.number(this.direction);
    this.extreme = memory.number(this.extreme);
    memory.numbers(this.#points);
    this.#count = memory.number(this.#count);
    this.#least = memory.number(this.#least);
    this.#most = memory.number(this.#most);
  }

  #begin(high: number, low: number): void {
    if (high >= this.#least * (1 + this.#reversal)) {
      this.extreme = this.#least;
      this.#turn(1, high);
    } else if (low <= this.#most * (1 - this.#reversal)) {
      this.extreme = this.#most;
      this.#turn(-1, low);
    }
    this.#least = Math.min(this.#least, low);
    this.#most = Math.max(this.#most, high);
  }

  #turn(direction: number, extreme: number): void {
    this.#points[this.#count % POINTS] = this.extreme;
    this.#count++;
    this.direction = direction;
    this.extreme = extreme;
  }
}

export class OfSwings implements FactorState {
  readonly swings: Swings;
  #read: (swings: Swings) => number;

  constructor({ numbers: [bps] }: FactorParams, read: (swings: Swings) => number) {
    this.swings = new Swings(bps! / BPS);
    this.#read = read;
  }
  onBar(bar: Bar): void {
    this.swings.onBar(bar);
  }
  read(): number {
    return this.#read(this.swings);
  }
  keep(memory: Memory): void {
    this.swings.keep(memory);
  }
}

/** What every family of swings has in common. */
export const OF_SWINGS = {
  needs: ["bar"],
  lag: "a swing is known to have turned only once the price has come back by n bps",
  bars: () => SWING_BARS,
} as const;

const ofSwings = (
  name: string,
  { formula, range }: { formula: string; range: readonly [number, number] },
  read: (swings: Swings) => number,
) =>
  family({
    ...OF_SWINGS,
    family: name,
    pattern: `${name}_{n}_{tf}`,
    example: `${name}_50_5m`,
    formula,
    source: "Zigzag of highs and lows; Merrill, Filtered Waves, 1977",
    range,
    make: (params) => new OfSwings(params, read),
  });

export const swingDirection = ofSwings(
  "swing_dir",
  {
    formula: "1 in a swing up, −1 down; it turns n bps from its extreme; missing before the first swing",
    range: [-1, 1],
  },
  ({ direction }) => (direction === 0 ? Number.NaN : direction),
);

export const swingTurn = ofSwings(
  "swing_turn",
  { formula: "price at which the present swing began; swings turn n bps from their extreme", range: [0, Infinity] },
  (swings) => swings.point(0),
);

export const swingRetrace = ofSwings(
  "swing_retrace",
  {
    formula: "length of the present swing / length of the one before; swings turn n bps from their extreme",
    range: [0, Infinity],
  },
  (swings) => Math.abs(swings.extreme - swings.point(0)) / Math.abs(swings.point(0) - swings.point(1)),
);
