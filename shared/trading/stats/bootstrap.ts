/** How far a statistic might have come out otherwise: intervals by drawing the sample anew, many times. */
import { refuse } from "../../errors.ts";
import { quantile } from "../labels/distribution.ts";
import type { Chance } from "./chance.ts";
import { atOnce, type InParts } from "./in-parts.ts";
import { normalCdf, normalQuantile } from "./normal.ts";

/** How rows of a sample are drawn anew. */
export interface Resampling {
  /** Rows in the sample. */
  readonly count: number;
  /** About how many neighbours hang together: 1 where rows are independent. */
  readonly block: number;
  /** Fills `rows` with row numbers. */
  draw(chance: Chance, rows: Uint32Array): void;
}

const whole = (chance: Chance, below: number): number => Math.floor(chance.next() * below);

/** Every row by itself, with replacement: for rows that know nothing of each other. Efron 1979. */
export function independentRows(count: number): Resampling {
  requireRows(count);
  const draw = (chance: Chance, rows: Uint32Array) => {
    for (let i = 0; i < rows.length; i++) rows[i] = whole(chance, count);
  };
  return { count, block: 1, draw };
}

/**
 * Blocks of random, geometric length with the mean `block`, run in a circle: for series whose neighbours hang together,
 * such as returns. Politis and Romano, JASA 89, 1994. `blockOf(count)` is a plain choice of the length.
 */
export function stationaryRows(count: number, block: number): Resampling {
  requireRows(count);
  if (!(block >= 1 && block <= count)) refuse("INVALID", `A mean block lies between 1 and ${count} rows: ${block}`);
  const draw = (chance: Chance, rows: Uint32Array) => {
    let row = whole(chance, count);
    for (let i = 0; i < rows.length; i++) {
      rows[i] = row;
      row = chance.next() < 1 / block ? whole(chance, count) : (row + 1) % count;
    }
  };
  return { count, block, draw };
}

/** n^(1/3), rounded up: the rate at which the best length grows (Politis and White 2004), with the constant 1. */
export const blockOf = (count: number): number => Math.ceil(Math.cbrt(count) - 1e-9);

function requireRows(count: number): void {
  if (!(Number.isSafeInteger(count) && count >= 1)) refuse("INVALID", `A sample has at least one row: ${count}`);
}

/** Of the rows named; null or NaN where they have no such thing. */
export type Statistic = (rows: Uint32Array) => number | null;

export interface BootstrapOptions {
  readonly chance: Chance;
  readonly resamples?: number;
  /** Of the two-sided interval: 0.95 leaves 2.5 % outside on either side. */
  readonly level?: number;
  readonly method?: "percentile" | "bca";
}

export interface Interval {
  /** Of the sample itself. */
  estimate: number | null;
  /** Null where the sample or more than half of what was drawn has no such statistic. */
  low: number | null;
  high: number | null;
  /** Drawn without a statistic, and left out. */
  undefined_resamples: number;
}

export const RESAMPLES = 2_000;
const RESAMPLES_MAX = 1_000_000;
/** Rows looked at in a part of some milliseconds. */
const PART_ROWS = 100_000;

/**
 * The percentile interval, or BCa, which corrects it for bias z₀ = Φ⁻¹(share of draws below the estimate; one equal
 * to it counts half) and acceleration a = Σ(θ̄ − θᵢ)³/(6·(Σ(θ̄ − θᵢ)²)^1.5), θᵢ without the i-th row (or block of
 * rows that hang together): its ends are the quantiles at Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))). Efron, JASA 82, 1987;
 * Efron and Tibshirani 1993, ch. 13 and 14. Refuses options out of range with INVALID.
 */
export const bootstrapInterval = (sample: Resampling, statistic: Statistic, options: BootstrapOptions): Interval =>
  atOnce(bootstrapInParts(sample, statistic, options));

/** The same interval for large samples, which take seconds. */
export function* bootstrapInParts(
  sample: Resampling,
  statistic: Statistic,
  options: BootstrapOptions,
): InParts<Interval> {
  const { level = 0.95, method = "bca", resamples = RESAMPLES } = options;
  if (!(level > 0 && level < 1)) refuse("INVALID", `A level lies between 0 and 1: ${level}`);
  if (!(Number.isSafeInteger(resamples) && resamples >= 1 && resamples <= RESAMPLES_MAX)) {
    refuse("INVALID", `1 to ${RESAMPLES_MAX} resamples: ${resamples}`);
  }
  const estimate = defined(statistic(allRows(sample.count)));
  const drawn = yield* drawnAnew(sample, statistic, { chance: options.chance, resamples });
  const undefined_resamples = resamples - drawn.length;
  if (estimate === null || drawn.length * 2 < resamples)
    return { estimate, low: null, high: null, undefined_resamples };
  const outside = (1 - level) / 2;
  const ends =
    method === "bca"
      ? yield* corrected({ sample, statistic, drawn, estimate }, outside)
      : ([outside, 1 - outside] as const);
  return { estimate, low: quantile(drawn, ends[0]), high: quantile(drawn, ends[1]), undefined_resamples };
}

const defined = (value: number | null): number | null => (value === null || Number.isNaN(value) ? null : value);

function allRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** In rising order. */
function* drawnAnew(
  sample: Resampling,
  statistic: Statistic,
  { chance, resamples }: { chance: Chance; resamples: number },
): InParts<number[]> {
  const rows = new Uint32Array(sample.count);
  const drawn: number[] = [];
  const atATime = Math.ceil(PART_ROWS / sample.count);
  for (let i = 0; i < resamples; i++) {
    if (i % atATime === atATime - 1) yield;
    sample.draw(chance, rows);
    const value = defined(statistic(rows));
    if (value !== null) drawn.push(value);
  }
  return drawn.sort((a, b) => a - b);
}

interface Drawn {
  readonly sample: Resampling;
  readonly statistic: Statistic;
  readonly drawn: readonly number[];
  readonly estimate: number;
}

function* corrected(
  { sample, statistic, drawn, estimate }: Drawn,
  outside: number,
): InParts<readonly [number, number]> {
  const below = drawn.filter((value) => value < estimate).length;
  const equal = drawn.filter((value) => value === estimate).length;
  // All on one side would put the bias at infinity: half a draw is left on the other.
  const share = Math.min(Math.max((below + equal / 2) / drawn.length, 0.5 / drawn.length), 1 - 0.5 / drawn.length);
  const bias = normalQuantile(share);
  const skew = yield* accelerationInParts(sample, statistic);
  const end = (at: number) => {
    const z = bias + normalQuantile(at);
    const room = 1 - skew * z;
    // Past the pole the end is the last there is.
    return room > 0 ? normalCdf(bias + z / room) : at < 0.5 ? 0 : 1;
  };
  return [end(outside), end(1 - outside)];
}

/** By leaving out a row, or a block of neighbours where rows hang together; 0 where that changes nothing. */
export const acceleration = (sample: Pick<Resampling, "count" | "block">, statistic: Statistic): number =>
  atOnce(accelerationInParts(sample, statistic));

function* accelerationInParts(
  { count, block }: Pick<Resampling, "count" | "block">,
  statistic: Statistic,
): InParts<number> {
  const length = Math.min(count, Math.max(1, Math.round(block)));
  const all = allRows(count);
  const values: number[] = [];
  const atATime = Math.ceil(PART_ROWS / count);
  for (let from = 0; from < count; from += length) {
    if ((from / length) % atATime === atATime - 1) yield;
    const next = Math.min(count, from + length);
    const rows = new Uint32Array(count - (next - from));
    rows.set(all.subarray(0, from));
    rows.set(all.subarray(next), from);
    const value = rows.length === 0 ? null : defined(statistic(rows));
    if (value !== null) values.push(value);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}
