/** How labels are spread: counts by class, mean, quartiles and a small histogram of `roi_net`. */
import type { LabelClass } from "./outcome.ts";

export interface Labelled {
  readonly roi_net: number;
  readonly class: LabelClass;
  readonly net_usdt: number;
}

export interface Distribution {
  count: number;
  pos: number;
  neutral: number;
  neg: number;
  mean: number;
  min: number;
  q1: number;
  median: number;
  q3: number;
  max: number;
  net_usdt: number;
  /** Labels in each of the spans that `EDGES` bound: below the first, between two, at or above the last. */
  histogram: number[];
}

/** Of `roi_net`; the two in the middle are where the classes part. */
export const EDGES = [-0.1, -0.05, -0.02, -0.005, 0.005, 0.02, 0.05, 0.1] as const;

/** Of at least one label. */
export function distributionOf(labels: readonly Labelled[]): Distribution {
  const sorted = labels.map(({ roi_net }) => roi_net).toSorted((a, b) => a - b);
  const inClass = (name: LabelClass) => labels.filter((label) => label.class === name).length;
  const histogram = Array.from({ length: EDGES.length + 1 }, () => 0);
  for (const roi of sorted) histogram[EDGES.filter((edge) => roi >= edge).length]! += 1;
  return {
    count: sorted.length,
    pos: inClass("pos"),
    neutral: inClass("neutral"),
    neg: inClass("neg"),
    mean: sorted.reduce((a, b) => a + b, 0) / sorted.length,
    min: quantile(sorted, 0),
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
    max: quantile(sorted, 1),
    net_usdt: labels.reduce((total, { net_usdt }) => total + net_usdt, 0),
    histogram,
  };
}

/** Linear between the two nearest ranks: definition 7 of Hyndman and Fan (1996). `sorted` is not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}
