/** The ROC curve: what share of the positives is found at what share of false alarms, for every cut-off. */
import { refuse } from "../../errors.ts";
import type { Scored } from "./auc.ts";

export interface RocPoint {
  /** Share of the negatives, and of the positives, at or above the threshold. */
  fpr: number;
  tpr: number;
  /** Null at the beginning, where nothing is. */
  threshold: number | null;
}

/**
 * From (0, 0) to (1, 1), a point for each different score, rising. Fawcett, Pattern Recognition Letters 27, 2006. With
 * more than `points` of them evenly spread ones are kept, both ends too. Empty where a kind is missing; refuses a score
 * that is no number with INVALID.
 */
export function rocCurve(scored: readonly Scored[], points = 200): RocPoint[] {
  if (scored.some(({ score }) => Number.isNaN(score))) refuse("INVALID", "A score is no number.");
  const positives = scored.filter(({ positive }) => positive).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const curve: RocPoint[] = [{ fpr: 0, tpr: 0, threshold: null }];
  let [found, alarms] = [0, 0];
  const falling = scored.toSorted((a, b) => b.score - a.score);
  for (const [i, { score, positive }] of falling.entries()) {
    if (positive) found += 1;
    else alarms += 1;
    if (falling[i + 1]?.score !== score)
      curve.push({ fpr: alarms / negatives, tpr: found / positives, threshold: score });
  }
  if (curve.length <= points) return curve;
  return Array.from({ length: points }, (_, i) => curve[Math.round((i * (curve.length - 1)) / (points - 1))]!);
}
