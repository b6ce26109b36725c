/** The level's job: judges the readings again and again, and tells everybody what came of it. */
import type { Metrics } from "../../shared/kit/service.ts";
import { type HealthEvent, healthEvents } from "../../shared/streams.ts";
import { decideLevel, initialLevel, type Level } from "../../shared/trading/health/level.ts";
import type { Ports } from "./parts.ts";
import type { Readings } from "./readings.ts";

const LEVELS: readonly Level[] = ["GREEN", "YELLOW", "ORANGE", "RED"];
const SEVERITY = { GREEN: "INFO", YELLOW: "WARN", ORANGE: "WARN", RED: "ERROR" } as const;

type JudgePorts = Pick<Ports, "settings" | "clock" | "metrics" | "peers" | "alert" | "publish">;
export type Judge = ReturnType<typeof createJudge>;

export function createJudge({ settings, clock, metrics, peers, alert, publish }: JudgePorts, readings: Readings) {
  const { gauge, lag } = gauges(metrics);
  let state = initialLevel(clock.now());
  /** What everybody has been told; a level that could not be told is told the next time. */
  let told = state.level;
  let toldAt = Number.NEGATIVE_INFINITY;
  let shown: HealthEvent = { level: state.level, reasons: [], ts: clock.now() };

  return {
    shown: (): HealthEvent => shown,
    /** Told to everybody when it changes, at the start, and now and again: who hears nothing takes us for gone. */
    async judge(isFirst = false): Promise<void> {
      const streams = await peers.streams();
      for (const s of streams) lag.set(s.lag + s.pending, { stream: s.stream, group: s.group });
      const decided = decideLevel(state, readings.read(clock.now(), streams), clock.now());
      state = decided.state;
      shown = { level: state.level, reasons: decided.reasons, ts: clock.now() };
      gauge.set(LEVELS.indexOf(state.level));
      const isNews = state.level !== told;
      if (!isNews && !isFirst && shown.ts - toldAt < settings.levelAgainMs) return;
      await publish(healthEvents, shown);
      told = state.level;
      toldAt = shown.ts;
      if (isFirst || !isNews) return;
      const why = decided.reasons.join("; ") || "all figures in bounds";
      alert(SEVERITY[state.level], "HEALTH_LEVEL", `Health is ${state.level}: ${why}.`);
    },
  };
}

const gauges = (metrics: Metrics) => ({
  gauge: metrics.gauge("health_level", "0 green, 1 yellow, 2 orange, 3 red"),
  lag: metrics.gauge("stream_pending", "Entries not yet acknowledged", ["stream", "group"]),
});
