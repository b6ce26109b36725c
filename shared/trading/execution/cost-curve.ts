/** A slippage curve fitted to our own taker orders, robustly: odd fills must neither bend it nor break it. */
import type { SlippageCurve } from "./cost.ts";

/** One taker order: what it was worth, and its slippage against the mid when it was sent. */
export interface CostSample {
  readonly notionalUsdt: number;
  readonly slippageBps: number;
}

export interface FittedCurve extends SlippageCurve {
  /** Mean absolute error over the samples kept, bps. */
  readonly error_bps: number;
}

/** The newest count; the slopes between all pairs are looked at. */
export const SAMPLES_MAX = 200;
/** Samples further from the first fit than this many (scaled) median deviations do not count for the second. */
const DEVIATIONS_MAX = 3;
/** Makes the median deviation of a normal distribution its standard deviation. */
const MAD_SCALE = 1.4826;
/** Notionals must differ by this much in sqrt(notional/1000) before they say anything about the slope. */
const APART_MIN = 1e-6;

/**
 * Fits `slippage ≈ base + slope·sqrt(notional/1000)`: the median slope between pairs of samples (Theil 1950, Sen 1968),
 * then least squares over what lies within three median deviations of it. Neither part is ever below zero or not
 * finite. Undefined below `samplesMin` usable samples.
 */
export function fitCurve(samples: readonly CostSample[], samplesMin: number): FittedCurve | undefined {
  const points = samples.flatMap(pointOf).slice(-SAMPLES_MAX);
  if (points.length < Math.max(1, samplesMin)) return undefined;
  const rough = medianLine(points);
  const residuals = points.map((point) => Math.abs(point.y - valueAt(rough, point.x)));
  const limit = Math.max(DEVIATIONS_MAX * MAD_SCALE * median(residuals), 1e-9);
  const kept = points.filter((_, at) => (residuals[at] as number) <= limit);
  const line = notBelowZero(leastSquares(kept) ?? rough, kept);
  const errors = kept.map((point) => Math.abs(point.y - valueAt(line, point.x)));
  return { base_bps: line.base, slope_bps: line.slope, error_bps: mean(errors) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}
interface Line {
  readonly base: number;
  readonly slope: number;
}

/** Beyond these lies no order: what says so is broken, and its square might be no number. */
const BPS_MAX = 10_000;
const NOTIONAL_MIN = 0.01;
const NOTIONAL_MAX = 1e12;

function pointOf({ notionalUsdt, slippageBps }: CostSample): Point[] {
  const inRange = notionalUsdt >= NOTIONAL_MIN && notionalUsdt <= NOTIONAL_MAX && Math.abs(slippageBps) <= BPS_MAX;
  return inRange ? [{ x: Math.sqrt(notionalUsdt / 1_000), y: slippageBps }] : [];
}

const valueAt = ({ base, slope }: Line, x: number): number => base + slope * x;
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;

/** Of numbers; 0 of none. */
export function median(values: readonly number[] | Float64Array): number {
  if (values.length === 0) return 0;
  const some = new Float64Array(values);
  const middle = some.length >> 1;
  const upper = selected(some, middle);
  if (some.length % 2 === 1) return upper;
  const lower = some.subarray(0, middle).reduce((most, each) => Math.max(most, each));
  return (lower + upper) / 2;
}

/**
 * What sorting would put at `rank`; around it `values` are left parted in smaller and larger ones (Hoare 1961). A fit
 * looks at 20 000 slopes, and sorting them cost more than all else that a trade takes.
 */
function selected(values: Float64Array, rank: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[rank]!;
    let [left, right] = [low, high];
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const larger = values[left]!;
      values[left++] = values[right]!;
      values[right--] = larger;
    }
    if (right < rank) low = left;
    if (left > rank) high = right;
  }
  return values[rank]!;
}

function medianLine(points: readonly Point[]): Line {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let count = 0;
  for (const [at, a] of points.entries()) {
    for (let other = at + 1; other < points.length; other++) {
      const b = points[other]!;
      if (Math.abs(b.x - a.x) > APART_MIN) slopes[count++] = (b.y - a.y) / (b.x - a.x);
    }
  }
  const slope = median(slopes.subarray(0, count));
  return { slope, base: median(points.map((point) => point.y - slope * point.x)) };
}

/** Undefined where all notionals are alike. */
function leastSquares(points: readonly Point[]): Line | undefined {
  const x = mean(points.map((point) => point.x));
  const y = mean(points.map((point) => point.y));
  const spread = mean(points.map((point) => (point.x - x) ** 2));
  if (spread <= APART_MIN ** 2) return undefined;
  const slope = mean(points.map((point) => (point.x - x) * (point.y - y))) / spread;
  return { slope, base: y - slope * x };
}

/** Crossing a market never pays, and more never costs less: the best line within these bounds. */
function notBelowZero(line: Line, points: readonly Point[]): Line {
  if (line.slope < 0) return { slope: 0, base: Math.max(0, mean(points.map((point) => point.y))) };
  if (line.base >= 0) return line;
  const squares = mean(points.map((point) => point.x ** 2));
  return { base: 0, slope: Math.max(0, mean(points.map((point) => point.x * point.y)) / squares) };
}
