/** The level's job: judges the readings again and again, keeps what came of it, and tells everybody. */
import { put } from "../../shared/changes.ts";
import { levelChanges, watchMarks } from "../../shared/collections/operations.ts";
import type { ConsistencyCheck, HealthReading } from "../../shared/domain/watching.ts";
import type { Op } from "../../shared/kit/ports.ts";
import type { Metrics } from "../../shared/kit/service.ts";
import { type HealthEffects, type HealthEvent, healthEvents } from "../../shared/streams.ts";
import { decideEffects, type EffectState, initialEffects } from "../../shared/trading/health/effects.ts";
import { judgeReading, type Reading, THRESHOLDS } from "../../shared/trading/health/judge-readings.ts";
import { decideLevel, initialLevel, type LevelState } from "../../shared/trading/health/level.ts";
import { LEVELS } from "../../shared/trading/health/settle.ts";
import type { Ports } from "./parts.ts";
import type { Readings } from "./readings.ts";

const MARK = "health";
/** What did not change is kept again after so long: when a figure last had enough data. */
const KEEP_AGAIN_MS = 60_000;
const SEVERITY = { GREEN: "INFO", YELLOW: "WARN", ORANGE: "WARN", RED: "ERROR" } as const;

const EFFECTS = ["takers_only", "spot_size", "models_off", "careful_routing", "no_entries"] as const;

type JudgePorts = Pick<Ports, "settings" | "store" | "clock" | "metrics" | "peers" | "alert" | "publish">;
interface Known {
  readonly readings: Readings;
  /** What the comparison with backtests says. */
  guard(): { effects: Pick<HealthEffects, "careful_routing" | "no_entries">; checks: ConsistencyCheck[] };
}
interface Kept {
  level: LevelState;
  effects: EffectState;
  /** What everybody was told to do beside the level. */
  told?: HealthEffects;
}
export interface Shown extends HealthEvent {
  effects: HealthEffects;
  readings: HealthReading[];
  consistency: ConsistencyCheck[];
  /** When the level became what it is. */
  since: number;
}
export type Judge = ReturnType<typeof createJudge>;

export function createJudge(ports: JudgePorts, { readings, guard }: Known) {
  const { settings, store, clock, peers, alert, publish } = ports;
  const gauges = gaugesOf(ports.metrics);
  let state: Kept = { level: initialLevel(clock.now()), effects: initialEffects(clock.now()) };
  const patience = { rememberedMs: settings.figuresMs, betterMs: settings.betterMs };
  let keptAt = Number.NEGATIVE_INFINITY;
  /** What everybody has been told; what could not be told is told the next time. */
  let told: { text: string; level: string; at: number } = { text: "", level: state.level.level, at: keptAt };
  let shown: Shown = shownOf(state, { effects: {}, readings: [], reasons: [], checks: [], now: clock.now() });

  async function look(): Promise<Reading[]> {
    const streams = await peers.streams();
    for (const gauge of [gauges.pending, gauges.oldest, gauges.dead]) gauge.forget();
    for (const { stream, group, lag, pending, oldestMs, dead } of streams) {
      gauges.pending.set(lag + pending, { stream, group });
      // Nearly always nothing: two series for every group of every stream would be most of what is kept.
      if (oldestMs > 0) gauges.oldest.set(oldestMs, { stream, group });
      if (dead > 0) gauges.dead.set(dead, { stream, group });
    }
    return readings.read({ now: clock.now(), streams, postsFrom: state.effects.posts_from });
  }
  /** A change is kept before it is told, so that a restart goes on from it. */
  async function keep(next: Kept, reasons: string[], isNews: boolean): Promise<void> {
    const now = clock.now();
    const { level: from } = state.level;
    const { level: to } = next.level;
    if (!isNews && from === to && now - keptAt < KEEP_AGAIN_MS) return;
    const ops: Op[] = [put(watchMarks, { id: MARK, value: next, ts: now })];
    if (from !== to) ops.push(put(levelChanges, { id: `${now}-${to}`, ts: now, from, to, reasons }));
    await store.commit(ops);
    keptAt = now;
  }
  async function tell(isFirst: boolean, reasons: string[]): Promise<void> {
    const { level, effects, ts } = shown;
    const text = JSON.stringify([level, effects]);
    if (!isFirst && text === told.text && ts - told.at < settings.levelAgainMs) return;
    await publish(healthEvents, { level, reasons, effects, ts });
    const isNewLevel = level !== told.level;
    told = { text, level, at: ts };
    if (!isNewLevel) return;
    alert(SEVERITY[level], "HEALTH_LEVEL", `Health is ${level}: ${reasons.join("; ") || "all figures in bounds"}.`);
  }

  return {
    shown: (): Shown => shown,
    /** What a process before this one knew. */
    async load(): Promise<void> {
      const mark = await store.get(watchMarks, MARK);
      if (!mark) return;
      state = mark.value.value as Kept;
      shown = { ...shown, level: state.level.level, since: state.level.changed_at, effects: state.told ?? {} };
      readings.onModels({ of: state.effects.models_of, readings: [] });
      told = { text: "", level: state.level.level, at: Number.NEGATIVE_INFINITY };
    },
    /** Told to everybody when it changes, at the start, and now and again: who hears nothing takes us for gone. */
    async judge(isFirst = false): Promise<void> {
      const measured = await look();
      const now = clock.now();
      const level = decideLevel(state.level, measured, now, patience);
      const figures = decideEffects(state.effects, { readings: measured, models_of: readings.modelsOf() }, now);
      const { effects: consistency, checks } = guard();
      const effects = { ...figures.effects, ...consistency };
      const next: Kept = { level: level.state, effects: figures.state, told: effects };
      const { reasons } = level;
      const isNews = JSON.stringify(effects) !== JSON.stringify(shown.effects);
      await keep(next, reasons, isNews);
      state = next;
      tellEffects(alert, shown.effects, effects);
      shown = shownOf(next, {
        effects,
        readings: measured.map((each) => shownReading(each, now)),
        reasons,
        checks,
        now,
      });
      gauges.level.set(LEVELS.indexOf(level.state.level));
      gauges.reading.forget();
      for (const { name, of = "", value, sample } of measured) if (sample > 0) gauges.reading.set(value, { name, of });
      for (const name of EFFECTS) gauges.effect.set(Number(effects[name] !== undefined), { name });
      await tell(isFirst, reasons);
    },
  };
}

/** Each begins with its name, so that its end is known to be of the same. */
function tellEffects(alert: JudgePorts["alert"], before: HealthEffects, now: HealthEffects): void {
  for (const name of EFFECTS) {
    const [was, is] = [before[name], now[name]];
    if (was === undefined && is !== undefined) {
      const why = typeof is === "string" ? is : is.why;
      alert(name === "no_entries" ? "ERROR" : "WARN", "HEALTH_EFFECT", `${name}: ${why}.`);
    } else if (was !== undefined && is === undefined) {
      alert("INFO", "HEALTH_EFFECT_OVER", `${name}: its figures are back within their limits, or its time is over.`);
    }
  }
}

interface Told {
  effects: HealthEffects;
  readings: HealthReading[];
  reasons: string[];
  checks: ConsistencyCheck[];
  now: number;
}
const shownOf = ({ level }: Kept, { effects, readings, reasons, checks, now }: Told): Shown => ({
  ...{ level: level.level, reasons, effects, readings },
  ...{ consistency: checks, since: level.changed_at, ts: now },
});

function shownReading(reading: Reading, now: number): HealthReading {
  const { name, value, sample } = reading;
  const threshold = THRESHOLDS.find((each) => each.name === name)!;
  const { unit, worse, yellow, orange, red, sampleMin, changes } = threshold;
  const verdict = judgeReading(reading, now);
  return {
    ...{ name, unit, value: sample > 0 ? value : null, sample, sample_min: sampleMin },
    ...{ worse, yellow, orange, red, changes },
    ...(verdict && { level: verdict.level }),
  };
}

const gaugesOf = (metrics: Metrics) => ({
  level: metrics.gauge("health_level", "The health level: 0 green, 1 yellow, 2 orange, 3 red"),
  reading: metrics.gauge("health_reading", "A figure behind the health level, where there is enough to tell it by", [
    ...["name", "of"],
  ]),
  effect: metrics.gauge("health_effect", "1 while health changes what is done beside the level, else 0", ["name"]),
  pending: metrics.gauge("stream_pending", "Entries of a stream that a group has not acknowledged yet", [
    ...["stream", "group"],
  ]),
  oldest: metrics.gauge(
    "stream_oldest_ms",
    "Age of the oldest entry that a group has not acknowledged, where any waits, ms",
    [...["stream", "group"]],
  ),
  dead: metrics.gauge(
    "stream_dead_letters",
    "Entries of a stream that a group put aside, since it failed at them, where there are any",
    [...["stream", "group"]],
  ),
});
