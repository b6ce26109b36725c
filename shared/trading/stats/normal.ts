/** The standard normal distribution: density, cumulative probability and quantile, to 12 digits and better. */

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
/** Up to here the series is short and loses nothing; beyond it the continued fraction is. */
const SERIES_MAX = 2;
/** Its truncation error falls as exp(−2·x·√(2n)): below 10⁻²⁴ at x = 2. */
const FRACTION_TERMS = 100;
/** Beyond it the probability is below the smallest number. */
const TAIL_MAX = 39;

/** exp(−x²/2)/√(2π). */
export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x - HALF_LOG_TAU);

/**
 * Φ(x) = P(X ≤ x), with a relative error below 10⁻¹² wherever it is no denormal number: by the series
 * ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004) near zero, and by Laplace's continued fraction
 * φ(x)/(x + 1/(x + 2/(x + 3/…))) of the upper tail (Abramowitz and Stegun 26.2.14) elsewhere.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) < SERIES_MAX) return 0.5 + normalDensity(x) * oddSeries(x);
  return x < 0 ? upperTail(-x) : 1 - upperTail(x);
}

/** P(X > x): exact to as many digits in the upper tail as `normalCdf` is in the lower. */
export const normalTail = (x: number): number => normalCdf(-x);

function oddSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON * 0.1; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return sum;
}

function upperTail(x: number): number {
  if (x > TAIL_MAX) return 0;
  let denominator = x;
  for (let k = FRACTION_TERMS; k > 0; k--) denominator = x + k / denominator;
  return normalDensity(x) / denominator;
}

/** Each step trebles the right digits: 4·10⁻⁴ to 10⁻¹⁰ to all there are, and one more for the far tails. */
const HALLEY_STEPS = 4;

/**
 * The x with Φ(x) = p; −∞ at 0, ∞ at 1, NaN outside. A rational start (Abramowitz and Stegun 26.2.23), then Halley's
 * steps on the smaller tail.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let x = above / below - t;
  for (let step = 0; step < HALLEY_STEPS; step++) {
    const error = (normalCdf(x) - p) / normalDensity(x);
    // At the smallest numbers the density is no better than its own rounding.
    if (!Number.isFinite(error)) break;
    x -= error / (1 + 0.5 * x * error);
  }
  return x;
}
