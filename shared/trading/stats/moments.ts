/** Mean, deviation, skewness and kurtosis of a sample, in two passes. */

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Of a sample (divisor n − 1), in the unit of the values; exactly 0 where all are equal but for rounding. */
  readonly deviation: number;
  /** m₃/m₂^1.5 with the divisor n in each moment; 0 for a normal distribution. NaN where there is no deviation. */
  readonly skewness: number;
  /** m₄/m₂², not in excess: 3 for a normal distribution. NaN where there is no deviation. */
  readonly kurtosis: number;
}

/** A deviation this much smaller than the greatest value is what rounding leaves of none. */
const ROUNDING = 1e-12;

/** NaN for no values. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** All but the mean are NaN for fewer than two values. Skewness is g₁, kurtosis g₂ + 3 of Joanes and Gill (1998). */
export function momentsOf(values: readonly number[]): Moments {
  const count = values.length;
  const centre = mean(values);
  if (count < 2) return { count, mean: centre, deviation: Number.NaN, skewness: Number.NaN, kurtosis: Number.NaN };
  let [second, third, fourth, greatest] = [0, 0, 0, 0];
  for (const value of values) {
    const off = value - centre;
    const square = off * off;
    second += square;
    third += square * off;
    fourth += square * square;
    greatest = Math.max(greatest, Math.abs(value));
  }
  const deviation = Math.sqrt(second / (count - 1));
  if (deviation <= ROUNDING * greatest) {
    return { count, mean: centre, deviation: 0, skewness: Number.NaN, kurtosis: Number.NaN };
  }
  const variance = second / count;
  return {
    count,
    mean: centre,
    deviation,
    skewness: third / count / variance ** 1.5,
    kurtosis: fourth / count / variance ** 2,
  };
}
