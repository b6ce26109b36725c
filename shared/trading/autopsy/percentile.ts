/** Where a value stands among others: its percentile rank, and the quartiles around it. */

/** `(less + ½·equal) / N · 100` of the others; undefined where there are none. */
export function percentileRank(value: number, others: readonly number[]): number | undefined {
  if (others.length === 0) return undefined;
  const less = others.filter((other) => other < value).length;
  const equal = others.filter((other) => other === value).length;
  return ((less + equal / 2) / others.length) * 100;
}

export interface Quartiles {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

/** Linear between the nearest ranks (type 7 of Hyndman and Fan, 1996); undefined where there are none. */
export function quartilesOf(values: readonly number[]): Quartiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const rank = share * (sorted.length - 1);
    const low = sorted[Math.floor(rank)] as number;
    const high = sorted[Math.ceil(rank)] as number;
    return low + (high - low) * (rank - Math.floor(rank));
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}
