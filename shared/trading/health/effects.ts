/** What figures change beside the level: how orders are posted, the size on spot, whether models have a say. */
import { judgeReadings, type Reading, type Said, THRESHOLDS, type Verdict } from "./judge-readings.ts";
import { isWorse, type Level, type Settled, settle, settled } from "./settle.ts";

/** Takers only for so long; then posts are tried afresh, and only those made from then on count. */
export const TAKERS_ONLY_MS = 3_600_000;
/** New spot size by how often the balance was too small. */
export const SPOT_SIZE: Readonly<Record<Level, number>> = { GREEN: 1, YELLOW: 0.8, ORANGE: 0.5, RED: 0.25 };

export interface EffectState {
  said: Said;
  takers?: { until: number; why: string };
  /** Posts made before it do not count. */
  posts_from: number;
  spot: Settled;
  models: Settled;
  /** Which models that is said of: nothing of it holds for others. */
  models_of: string;
  /** Why each is as it is, as long as it is. */
  why: { spot: string; models: string };
}
export const initialEffects = (now: number): EffectState => ({
  ...{ said: {}, posts_from: 0, models_of: "", why: { spot: "", models: "" } },
  ...{ spot: settled(now), models: settled(now) },
});

export interface FigureEffects {
  takers_only?: string;
  spot_size?: { mult: number; why: string };
  models_off?: string;
}

export interface Measured {
  readonly readings: readonly Reading[];
  /** The models in force. */
  readonly models_of: string;
}

/** Too little data changes none of them. */
export function decideEffects(
  before: EffectState,
  { readings, models_of }: Measured,
  now: number,
): { state: EffectState; effects: FigureEffects } {
  const state = before.models_of === models_of ? before : withModels(before, models_of, now);
  const style = judgeReadings(state.said, readings, { changes: "style", now });
  const spot = judgeReadings(state.said, readings, { changes: "spot_size", now });
  const models = judgeReadings(state.said, readings, { changes: "models", now });
  const [spotNow, modelsNow] = [settle(state.spot, worst(spot), now), settle(state.models, worst(models), now)];
  const takers = takersOf(state, style.verdicts[0], now);
  const next: EffectState = {
    ...takers,
    // What made takers rest is not held against the fresh try.
    said: { ...(takers.takers ? {} : style.said), ...spot.said, ...models.said },
    ...{ spot: spotNow, models: modelsNow, models_of },
    why: { spot: whyOf(spot) || state.why.spot, models: whyOf(models) || state.why.models },
  };
  return { state: next, effects: effectsOf(next, now) };
}

/** Others than before: they have their say until something is known of them. */
function withModels(state: EffectState, models_of: string, now: number): EffectState {
  const names = THRESHOLDS.filter(({ changes }) => changes === "models").map(({ name }) => name);
  const said = Object.fromEntries(Object.entries(state.said).filter(([name]) => !names.includes(name)));
  return { ...state, said, models: settled(now), models_of };
}

function takersOf(
  state: EffectState,
  verdict: Verdict | undefined,
  now: number,
): Pick<EffectState, "takers" | "posts_from"> {
  const { takers, posts_from } = state;
  if (takers && now < takers.until) return { takers, posts_from };
  if (!verdict || !isWorse(verdict.level, "YELLOW")) return { posts_from };
  const until = now + TAKERS_ONLY_MS;
  return { takers: { until, why: verdict.reason }, posts_from: until };
}

function effectsOf({ takers, spot, models, why }: EffectState, now: number): FigureEffects {
  return {
    ...(takers && now < takers.until && { takers_only: takers.why }),
    ...(spot.level !== "GREEN" && { spot_size: { mult: SPOT_SIZE[spot.level], why: why.spot } }),
    ...(isWorse(models.level, "YELLOW") && { models_off: why.models }),
  };
}

type Judged = ReturnType<typeof judgeReadings>;
const whyOf = ({ verdicts }: Judged): string => verdicts.map(({ reason }) => reason).join("; ");
const worst = ({ verdicts }: Judged): Level =>
  verdicts.reduce<Level>((found, { level }) => (isWorse(level, found) ? level : found), "GREEN");
