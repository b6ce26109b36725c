/** A level that is worse at once and better only after a while, so that it does not flutter. */

export type Level = "GREEN" | "YELLOW" | "ORANGE" | "RED";
export const LEVELS: readonly Level[] = ["GREEN", "YELLOW", "ORANGE", "RED"];
export const isWorse = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b);

export interface Settled {
  level: Level;
  /** What has been seen since `since`, where that is better than `level`. */
  candidate: Level;
  since: number;
}
export const settled = (now: number): Settled => ({ level: "GREEN", candidate: "GREEN", since: now });

/** Better counts after it has held for so long. */
export const RECOVERY_MS = 60_000;

/** A better level that is no longer the same begins its wait anew. */
export function settle(state: Settled, seen: Level, now: number, betterMs = RECOVERY_MS): Settled {
  if (!isWorse(state.level, seen)) return { level: seen, candidate: seen, since: now };
  if (seen !== state.candidate) return { level: state.level, candidate: seen, since: now };
  return now - state.since < betterMs ? state : { level: seen, candidate: seen, since: now };
}
