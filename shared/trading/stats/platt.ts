/** Platt's calibration: probabilities from a model's scores on rows that it was not trained on. */
import { refuse } from "../../errors.ts";
import type { Scored } from "./auc.ts";
import { minimise, sigmoid } from "./log-loss.ts";
import { momentsOf } from "./moments.ts";

/** p = 1/(1 + exp(−(slope·score + shift))). */
export interface Platt {
  readonly slope: number;
  readonly shift: number;
}

/**
 * Maximum likelihood of p = σ(slope·score + shift), scores in log-odds, with targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2)
 * instead of 1 and 0, which keep it finite where scores separate the classes. Platt 1999; Lin, Lin and Weng, Machine
 * Learning 68, 2007. Refuses no rows and infinite scores with INVALID. Scores that are all equal get the slope 0.
 */
export function fitPlatt(scored: readonly Scored[]): Platt {
  if (scored.length === 0) refuse("INVALID", "There is nothing to calibrate with.");
  if (!scored.every(({ score }) => Number.isFinite(score))) refuse("INVALID", "A score is no number.");
  const positives = scored.filter(({ positive }) => positive).length;
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (scored.length - positives + 2)];
  const { mean, deviation } = momentsOf(scored.map(({ score }) => score));
  const scale = deviation > 0 ? deviation : Number.POSITIVE_INFINITY;
  const { weights, bias } = minimise({
    rows: scored.map(({ score }) => [(score - mean) / scale]),
    targets: scored.map(({ positive }) => (positive ? high : low)),
    counts: scored.map(() => 1),
    l2: 0,
  });
  const slope = weights[0]! / scale;
  return { slope, shift: bias - slope * mean };
}

export const calibrated = ({ slope, shift }: Platt, score: number): number => sigmoid(slope * score + shift);
