/** The health level: how well the system trades, from measured figures with a least sample and hysteresis. */

export type Level = "GREEN" | "YELLOW" | "ORANGE" | "RED";
const ORDER: readonly Level[] = ["GREEN", "YELLOW", "ORANGE", "RED"];

/** One measured figure; `sample` is how many observations are behind it. */
export interface Reading {
  name: string;
  value: number;
  sample: number;
}
/** Limits that the value must pass; `sampleMin` observations are needed before it counts at all. */
export interface Threshold {
  name: string;
  unit: string;
  /** Which side of a limit is the bad one. */
  worse: "above" | "below";
  yellow: number;
  orange: number;
  red: number;
  sampleMin: number;
}

export const THRESHOLDS: readonly Threshold[] = [
  { name: "ack_p95_ms", unit: "ms", worse: "above", yellow: 1_200, orange: 2_000, red: 3_000, sampleMin: 50 },
  { name: "unacked_age_ms", unit: "ms", worse: "above", yellow: 1_000, orange: 5_000, red: 30_000, sampleMin: 1 },
  { name: "submit_error_share", unit: "", worse: "above", yellow: 0.005, orange: 0.02, red: 0.1, sampleMin: 50 },
  { name: "reconciliation_agreement", unit: "", worse: "below", yellow: 1, orange: 0.98, red: 0.9, sampleMin: 1 },
];

export interface LevelState {
  level: Level;
  /** What the readings have said since `since`, when that differs from `level`. */
  candidate: Level;
  since: number;
}
export const initialLevel = (now: number): LevelState => ({ level: "GREEN", candidate: "GREEN", since: now });

/** Worse counts at once; better only after it has held for this long, so that the level does not flutter. */
export const RECOVERY_MS = 60_000;

/**
 * The next state and why. Any red is RED; any orange or two yellows ORANGE; one yellow YELLOW; else GREEN.
 * A reading without enough sample says nothing.
 */
export function decideLevel(
  state: LevelState,
  readings: readonly Reading[],
  now: number,
): { state: LevelState; reasons: string[] } {
  const judged = readings.flatMap((reading) => judge(reading));
  const seen = verdict(judged.map((j) => j.level));
  const reasons = judged.map((j) => j.reason);
  if (ORDER.indexOf(seen) >= ORDER.indexOf(state.level)) {
    return { state: { level: seen, candidate: seen, since: now }, reasons };
  }
  if (seen !== state.candidate) return { state: { ...state, candidate: seen, since: now }, reasons };
  if (now - state.since < RECOVERY_MS) return { state, reasons };
  return { state: { level: seen, candidate: seen, since: now }, reasons };
}

function judge({ name, value, sample }: Reading): { level: Level; reason: string }[] {
  const threshold = THRESHOLDS.find((t) => t.name === name);
  if (!threshold || sample < threshold.sampleMin || !Number.isFinite(value)) return [];
  const { worse, unit } = threshold;
  const isPast = (limit: number) => (worse === "above" ? value > limit : value < limit);
  const level: Level = isPast(threshold.red)
    ? "RED"
    : isPast(threshold.orange)
      ? "ORANGE"
      : isPast(threshold.yellow)
        ? "YELLOW"
        : "GREEN";
  if (level === "GREEN") return [];
  const limit = threshold[level.toLowerCase() as "yellow" | "orange" | "red"];
  const shown = Math.round(value * 1000) / 1000;
  return [{ level, reason: `${name} ${shown}${unit} is ${worse === "above" ? "over" : "under"} ${limit}${unit}` }];
}

function verdict(levels: readonly Level[]): Level {
  if (levels.includes("RED")) return "RED";
  if (levels.includes("ORANGE") || levels.filter((level) => level === "YELLOW").length >= 2) return "ORANGE";
  return levels.includes("YELLOW") ? "YELLOW" : "GREEN";
}
