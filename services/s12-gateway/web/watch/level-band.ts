/** The level over a span of time, as stretches of one level each. */
import type { LevelChange } from "../../../../shared/domain/watching.ts";

export interface Stretch {
  readonly level: string;
  readonly from: number;
  readonly to: number;
}

/** `changes` in any order; `level` is that of now, for a span in which nothing changed. */
export function bandOf(
  changes: readonly LevelChange[],
  { from, to, level }: { from: number; to: number; level: string },
): Stretch[] {
  const within = changes.filter(({ ts }) => ts > from && ts < to).toSorted((a, b) => a.ts - b.ts);
  const stretches: Stretch[] = [];
  let [at, now] = [from, within[0]?.from ?? level];
  for (const change of within) {
    stretches.push({ level: now, from: at, to: change.ts });
    [at, now] = [change.ts, change.to];
  }
  stretches.push({ level: now, from: at, to });
  return stretches;
}
