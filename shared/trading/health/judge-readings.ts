/** What measured figures say of health: each against its limits, with a least sample, and remembered while data is short. */
import type { Level } from "./settle.ts";

/** One measured figure; `sample` is how many observations are behind it. */
export interface Reading {
  name: string;
  value: number;
  sample: number;
  /** When the newest observation that is bad by itself was made, where single ones are: an error, a slow answer. */
  badAt?: number | undefined;
  /** What it is of, where there are several: a model. */
  of?: string | undefined;
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
  /** What it changes: the level, or one effect and never the level. */
  changes: "level" | "style" | "spot_size" | "models";
}

const limits = (yellow: number, orange: number, red: number) => ({ yellow, orange, red });
const level = { changes: "level" } as const;
export const THRESHOLDS: readonly Threshold[] = [
  { name: "ack_p95_ms", unit: "ms", worse: "above", ...limits(1_200, 2_000, 3_000), sampleMin: 50, ...level },
  { name: "unacked_age_ms", unit: "ms", worse: "above", ...limits(1_000, 5_000, 30_000), sampleMin: 1, ...level },
  { name: "submit_error_share", unit: "", worse: "above", ...limits(0.005, 0.02, 0.1), sampleMin: 50, ...level },
  { name: "reconciliation_agreement", unit: "", worse: "below", ...limits(1, 0.98, 0.9), sampleMin: 1, ...level },
  { name: "maker_fill_ratio", unit: "", worse: "below", ...limits(0.55, 0.45, 0.35), sampleMin: 30, changes: "style" },
  {
    ...{ name: "spot_balance_short_share", unit: "", worse: "above", sampleMin: 30, changes: "spot_size" },
    ...limits(0.03, 0.06, 0.1),
  },
  // The interval's better end: the model is surely no better than this.
  { name: "model_auc", unit: "", worse: "below", ...limits(0.6, 0.55, 0.5), sampleMin: 300, changes: "models" },
  { name: "model_brier", unit: "", worse: "above", ...limits(0.22, 0.25, 0.28), sampleMin: 300, changes: "models" },
];

/** What a figure says, with the reason in words. */
export interface Verdict {
  readonly level: Level;
  readonly reason: string;
}
/** What a figure said when there was last enough data, and when that was. */
export type Said = Readonly<Record<string, Verdict & { readonly at: number }>>;

/**
 * What was said with enough data stands while there is too little, since that says neither better nor worse; for so
 * long, which is as far back as figures look. Then it is about another time.
 */
export const REMEMBERED_MS = 6 * 3_600_000;
/**
 * Red is said while it happens: with nothing bad by itself for so long the worst is orange. RED lets no entry through,
 * and without entries there would be no orders to say that it is over.
 */
export const RED_FRESH_MS = 30 * 60_000;

/** Of one figure as it is now; undefined: too little data. */
export function judgeReading({ name, value, sample, badAt, of }: Reading, now: number): Verdict | undefined {
  const threshold = THRESHOLDS.find((t) => t.name === name);
  if (!threshold || sample < threshold.sampleMin || !Number.isFinite(value)) return undefined;
  const { worse, unit } = threshold;
  const isPast = (limit: number) => (worse === "above" ? value > limit : value < limit);
  const passed = (["red", "orange", "yellow"] as const).find((which) => isPast(threshold[which]));
  if (passed === undefined) return { level: "GREEN", reason: "" };
  const shown = Math.round(value * 1000) / 1000;
  const what = of === undefined ? name : `${name} of ${of}`;
  const reason = `${what} ${shown}${unit} is ${worse === "above" ? "over" : "under"} ${threshold[passed]}${unit}`;
  const isOver = passed === "red" && badAt !== undefined && now - badAt >= RED_FRESH_MS;
  if (isOver) return { level: "ORANGE", reason: `${reason}, but not in the last ${RED_FRESH_MS / 60_000} min` };
  return { level: passed.toUpperCase() as Level, reason };
}

/** All figures of one kind, those with too little data as they were last known. */
export function judgeReadings(
  said: Said,
  readings: readonly Reading[],
  { changes, now, rememberedMs = REMEMBERED_MS }: { changes: Threshold["changes"]; now: number; rememberedMs?: number },
): { said: Said; verdicts: Verdict[] } {
  const next: Record<string, Verdict & { at: number }> = {};
  for (const { name } of THRESHOLDS.filter((threshold) => threshold.changes === changes)) {
    const reading = readings.find((each) => each.name === name);
    const verdict = reading && judgeReading(reading, now);
    const before = said[name];
    if (verdict) next[name] = { ...verdict, at: now };
    else if (before && now - before.at < rememberedMs) next[name] = before;
  }
  const verdicts = Object.values(next).map(({ level, reason, at }) => ({
    level,
    reason: at === now ? reason : `${reason}; too little has been measured since`,
  }));
  return { said: next, verdicts: verdicts.filter((verdict) => verdict.level !== "GREEN") };
}
