/** What the arms of a promotion have earned, as curves, and the line below which a canary is taken back. */
import type { ArmFigures } from "../../../../shared/domain/promotion.ts";

/** With the moment both began at nothing, so that one trade is a line already. */
export const fromNothing = (curve: ArmFigures["curve"], since: number): [number, number][] => {
  const first = curve[0]?.[0];
  return first !== undefined && first > since ? [[since, 0], ...curve] : [...curve];
};

/** The highest so far, less what it may fall; it begins at nothing earned. */
export function takenBackBelow(curve: ArmFigures["curve"], fallMax: number): [number, number][] {
  let peak = 0;
  return curve.map(([ts, value]) => {
    peak = Math.max(peak, value);
    return [ts, peak - fallMax];
  });
}
