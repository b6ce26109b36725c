/** What the pages that watch the system ask: health and its history, objectives, calls, channels, silences, actions, logs. */
import { queryOptions } from "@tanstack/react-query";
import type { Channel, ChannelKind, Delivery, Silence } from "../../../../shared/domain/alerting.ts";
import type {
  AutomaticAction,
  CallEdge,
  ConsistencyCheck,
  HealthReading,
  LevelChange,
  LogEvent,
  Slo,
  StrategyEvent,
} from "../../../../shared/domain/watching.ts";
import type { HealthEffects, HealthLevel } from "../../../../shared/streams.ts";
import { get, getAll } from "../api/http.ts";
import { now } from "../api/now.ts";
import { pagesQuery, pathWith } from "../api/report-queries.ts";
import { type Asked, askedOf, periodOf } from "../state/asked.ts";

const WALL_MS = 10_000;
const LIST_MS = 15_000;
const DAY_MS = 86_400_000;
export const BAND_MS = DAY_MS;

export interface HealthTold {
  level: HealthLevel;
  reasons: string[];
  effects?: HealthEffects;
  readings?: HealthReading[];
  consistency?: ConsistencyCheck[];
  since?: number;
  ts: number;
}
export const standingQuery = queryOptions({
  queryKey: ["health", "whole"],
  queryFn: ({ signal }) => get<HealthTold>(pathWith("/health-level", {}), signal),
  refetchInterval: WALL_MS,
});
/** Of the last day; what the level was at its beginning is what the first change came from. */
export const levelHistoryQuery = queryOptions({
  queryKey: ["level-history"],
  queryFn: async () =>
    (await getAll(pathWith("/health-level/history", { from_ts: String(now() - BAND_MS) }))) as LevelChange[],
  refetchInterval: WALL_MS,
});
export const sloQuery = queryOptions({
  queryKey: ["slo"],
  queryFn: ({ signal }) => get<{ items: Slo[] }>(pathWith("/slo", {}), signal),
  refetchInterval: WALL_MS,
});
export const callsQuery = queryOptions({
  queryKey: ["topology"],
  queryFn: ({ signal }) => get<{ items: CallEdge[] }>(pathWith("/topology", {}), signal),
  refetchInterval: WALL_MS,
});

export interface AlertRule {
  code: string;
  means: string;
  done: string;
  look: string;
  act: string;
  runbook: string;
}
/** What each alert means and what is to be done: the same until the system is updated. */
export const rulesQuery = queryOptions({
  queryKey: ["alert-rules"],
  queryFn: async ({ signal }) => (await get<{ items: AlertRule[] }>(pathWith("/alerts/rules", {}), signal)).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: async () => (await getAll(pathWith("/channels", {}))) as Channel[],
  refetchInterval: LIST_MS,
});
export const deliveriesQuery = (channel_id: string) => ({
  ...pagesQuery<Delivery>("deliveries", pathWith("/deliveries", { channel_id })),
  refetchInterval: LIST_MS,
});
export const silencesQuery = queryOptions({
  queryKey: ["silences"],
  queryFn: async () => (await getAll(pathWith("/silences", {}))) as Silence[],
  refetchInterval: LIST_MS,
});

export const ACTION_KINDS = [
  ...(["BREAKER", "ROLLBACK", "RETRY", "KILL", "PAUSE", "STYLE", "SIZE", "ORDER", "OTHER"] as const),
];
export const actionsQuery = (asked: Asked) =>
  pagesQuery<AutomaticAction>(
    "automatic-actions",
    pathWith("/actions", { kind: askedOf(asked.what, ACTION_KINDS), ...periodOf(asked) }),
  );
export const LOG_LEVELS = ["WARN", "ERROR", "FATAL"] as const;
export const logsQuery = (asked: Asked) =>
  pagesQuery<LogEvent>(
    "log-events",
    pathWith("/log-events", {
      level: askedOf(asked.severity, LOG_LEVELS),
      service: asked.source,
      text: asked.q,
      ...periodOf(asked),
    }),
  );
export const strategyEventsQuery = (asked: Asked) =>
  pagesQuery<StrategyEvent>(
    "strategy-events",
    pathWith("/strategy-events", { strategy_id: asked.strategy, instrument: asked.on, ...periodOf(asked) }),
  );

export const CHANNEL_KINDS: readonly ChannelKind[] = ["EMAIL", "WEBHOOK", "SLACK", "TELEGRAM", "SMS"];
