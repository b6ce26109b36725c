/** A quantile of a histogram's buckets, as good as buckets can tell. */

/** `upTo`: observations of at most `le`. */
export interface Bucket {
  readonly le: number;
  readonly upTo: number;
}

/**
 * Straight between a bucket's bounds, as Prometheus' histogram_quantile; what lies above the last finite bound is told
 * as that bound. Null without observations.
 */
export function bucketQuantile(buckets: readonly Bucket[], quantile: number): number | null {
  const sorted = [...buckets].sort((a, b) => a.le - b.le);
  const total = sorted.at(-1)?.upTo ?? 0;
  if (total <= 0) return null;
  const wanted = quantile * total;
  let [below, upToBelow] = [0, 0];
  for (const { le, upTo } of sorted) {
    if (upTo >= wanted && upTo > upToBelow) {
      if (le === Number.POSITIVE_INFINITY) return below;
      return below + (le - below) * ((wanted - upToBelow) / (upTo - upToBelow));
    }
    if (le !== Number.POSITIVE_INFINITY) [below, upToBelow] = [le, Math.max(upTo, upToBelow)];
  }
  return below;
}

export const readBound = (le: string): number => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le));
