/** How finely metrics are kept, and for how long: scrapes as they came, then by minute, hour and day. */
import {
  type MetricStep,
  metricDays,
  metricHours,
  metricMinutes,
  metricsTimeseries,
} from "../../shared/collections/operations.ts";
import type { Collection } from "../../shared/kit/ports.ts";

const DAY_MS = 86_400_000;

export interface Steps {
  readonly name: "minute" | "hour" | "day";
  readonly ms: number;
  readonly kept: Collection<MetricStep>;
  readonly keptMs: number;
}
const stepsOf = (name: Steps["name"], ms: number, kept: Collection<MetricStep>): Steps => ({
  ...{ name, ms, kept },
  keptMs: (kept.retentionDays as number) * DAY_MS,
});
/** Finest first; each is made of the one before it, the first of scrapes. */
export const STEPS: readonly Steps[] = [
  stepsOf("minute", 60_000, metricMinutes),
  stepsOf("hour", 3_600_000, metricHours),
  stepsOf("day", DAY_MS, metricDays),
];
export const RAW_KEPT_MS = (metricsTimeseries.retentionDays as number) * DAY_MS;
