/** Where values of a reading stand on its picture: from good on the left to beyond red on the right. */
import type { HealthReading } from "../../../../shared/domain/watching.ts";

/** Red stands here, of 100. */
const RED_AT = 80;

/**
 * Places on a scale of 0 to 100, never outside it. Where more is worse 0 is on the left; where less is worse, the scale
 * begins at the yellow limit plus as much as lies between yellow and red.
 */
export function placeOn({
  worse,
  yellow,
  red,
}: Pick<HealthReading, "worse" | "yellow" | "red">): (at: number) => number {
  const good = worse === "above" ? Math.min(0, yellow) : yellow + Math.max(yellow - red, Number.EPSILON);
  const span = red - good;
  return (at) => {
    const place = span === 0 ? 0 : ((at - good) / span) * RED_AT;
    return Math.min(99, Math.max(1, place));
  };
}
