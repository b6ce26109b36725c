/** Statistics of a market's samples: quantiles, moments, autocorrelation; plain floats, for comparing, never for money. */

/** Ascending, each finite. */
export const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The value below which the share `part` lies, between neighbours in a straight line; NaN for none. */
export function quantile(ascending: readonly number[], part: number): number {
  if (ascending.length === 0) return Number.NaN;
  const at = part * (ascending.length - 1);
  const below = Math.floor(at);
  const low = ascending[below] as number;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number;
  return low + (high - low) * (at - below);
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Around the mean, over n. */
export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

/** m₄/m₂² − 3: zero for a normal distribution, above for fat tails. */
export function excessKurtosis(values: readonly number[]): number {
  const centre = mean(values);
  const second = variance(values);
  return second === 0 ? Number.NaN : mean(values.map((value) => (value - centre) ** 4)) / second ** 2 - 3;
}

/** Σ(xₜ−x̄)(xₜ₊ₗ−x̄) / Σ(xₜ−x̄)² for each lag from 1; NaN where nothing varies. */
export function autocorrelation(values: readonly number[], lagMax: number): number[] {
  const centre = mean(values);
  const off = values.map((value) => value - centre);
  const whole = off.reduce((sum, value) => sum + value * value, 0);
  const result: number[] = [];
  for (let lag = 1; lag <= lagMax; lag++) {
    let sum = 0;
    for (let at = lag; at < off.length; at++) sum += (off[at] as number) * (off[at - lag] as number);
    result.push(whole === 0 ? Number.NaN : sum / whole);
  }
  return result;
}

/** ln(b/a) of neighbours. */
export const logReturns = (prices: readonly number[]): number[] =>
  prices.slice(1).map((price, at) => Math.log(price / (prices[at] as number)));

/** Every `count`-th value, beginning with the first. */
export const everyNth = (values: readonly number[], count: number): number[] =>
  values.filter((_, at) => at % count === 0);
