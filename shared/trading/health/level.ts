/** The health level: how well the system trades, from measured figures with a least sample and hysteresis. */
import { judgeReadings, REMEMBERED_MS, type Reading, type Said } from "./judge-readings.ts";
import { type Level, RECOVERY_MS, type Settled, settle, settled } from "./settle.ts";

export interface LevelState extends Settled {
  /** When the level became what it is. */
  changed_at: number;
  said: Said;
}
export const initialLevel = (now: number): LevelState => ({ ...settled(now), changed_at: now, said: {} });

/** How long what was said stands without enough data, and how long better must hold before it counts. */
export interface Patience {
  readonly rememberedMs: number;
  readonly betterMs: number;
}
const PATIENCE: Patience = { rememberedMs: REMEMBERED_MS, betterMs: RECOVERY_MS };

/**
 * The next state and why. Any red is RED; any orange or two yellows ORANGE; one yellow YELLOW; else GREEN. Worse counts
 * at once, better after a minute. A reading without enough sample changes nothing.
 */
export function decideLevel(
  state: LevelState,
  readings: readonly Reading[],
  now: number,
  { rememberedMs, betterMs }: Patience = PATIENCE,
): { state: LevelState; reasons: string[] } {
  const { said, verdicts } = judgeReadings(state.said, readings, { changes: "level", now, rememberedMs });
  const next = settle(state, worstOf(verdicts.map((verdict) => verdict.level)), now, betterMs);
  const changed_at = next.level === state.level ? state.changed_at : now;
  return { state: { ...next, changed_at, said }, reasons: verdicts.map(({ reason }) => reason) };
}

function worstOf(levels: readonly Level[]): Level {
  if (levels.includes("RED")) return "RED";
  if (levels.includes("ORANGE") || levels.filter((level) => level === "YELLOW").length >= 2) return "ORANGE";
  return levels.includes("YELLOW") ? "YELLOW" : "GREEN";
}
