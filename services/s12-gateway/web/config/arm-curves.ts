/** The line below which a canary is taken back: its own highest so far, less what it may fall. */
import type { ArmFigures } from "../../../../shared/domain/promotion.ts";

/** It begins at nothing earned. */
export function takenBackBelow(curve: ArmFigures["curve"], fallMax: number): [number, number][] {
  let peak = 0;
  return curve.map(([ts, value]) => {
    peak = Math.max(peak, value);
    return [ts, peak - fallMax];
  });
}
