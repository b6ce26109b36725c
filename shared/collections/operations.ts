/** What S11 keeps: alerts and their channels, metrics, and what services did and logged. */
import { z } from "@hono/zod-openapi";
import { Channel, Delivery, Silence } from "../domain/alerting.ts";
import { AutomaticAction, CallEdge, LevelChange, LogEvent, StrategyEvent } from "../domain/watching.ts";
import { Alert } from "../streams.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const AlertRecord = Alert.extend({
  count: z.number().int(),
  first_ts: z.number(),
  state: z.enum(["OPEN", "ACKED", "RESOLVED"]),
  acked_by: z.string().optional(),
  acked_at: z.number().optional(),
  resolved_at: z.number().optional(),
  /** A person, or the code of the alert that told its end. */
  resolved_by: z.string().optional(),
  /** What who saw or resolved it wrote. */
  note: z.string().optional(),
  /** When it came up, since it was last acknowledged or resolved. */
  opened_at: z.number().optional(),
  /** When channels were last to be told. */
  told_at: z.number().optional(),
  /** Nobody had seen it in time, and more were told. */
  escalated_at: z.number().optional(),
  /** By a silence, until then. */
  silenced_until: z.number().optional(),
  runbook: z.string().optional(),
}).openapi("AlertRecord");
export type AlertRecord = z.output<typeof AlertRecord>;
export const alertsKept = collection({
  name: "alerts",
  about: "The inbox: every alert with how often it came, who has seen it, and how it ended",
  owner: "s11",
  schema: AlertRecord,
  key: (a) => a.alert_id,
  indexes: [["ts"], ["severity", "ts"], ["state", "ts"], ["state", "severity", "ts"], ["code", "ts"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
  search: ["message", "code", "source"],
});
/** One scrape of one service: every series, by the short name that S11 has for it, and its value. */
export const Scrape = z.object({
  id: z.string(),
  service: z.string(),
  ts: z.number(),
  values: z.record(z.string(), z.number()),
});
export type Scrape = z.output<typeof Scrape>;
export const metricsTimeseries = collection({
  name: "metrics_timeseries",
  about: "Every scrape of every service, raw",
  owner: "s11",
  schema: Scrape,
  key: (s) => s.id,
  indexes: [["ts"], ["service", "ts"]],
  retentionDays: 2,
  retentionField: "ts",
});

/** What a step of time held of one service: each series' last value, least, greatest, sum and count. */
export const MetricStep = z.object({
  id: z.string(),
  service: z.string(),
  /** The step's beginning. */
  ts: z.number(),
  /** Series, by its short name → [last, min, max, sum, count]. */
  values: z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
});
export type MetricStep = z.output<typeof MetricStep>;
const stepsOf = (name: string, step: string, retentionDays: number) =>
  collection({
    name,
    about: `What each ${step} held of each series`,
    owner: "s11",
    schema: MetricStep,
    key: (step: MetricStep) => step.id,
    indexes: [["ts"], ["service", "ts"]],
    retentionDays,
    retentionField: "ts",
  });
export const metricMinutes = stepsOf("metrics_minutes", "minute", 14);
export const metricHours = stepsOf("metrics_hours", "hour", 120);
export const metricDays = stepsOf("metrics_days", "day", 1_100);

export const silences = collection({
  name: "silences",
  about: "What channels are not to be told for a while",
  owner: "s11",
  schema: Silence,
  key: ({ silence_id }) => silence_id,
  indexes: [["until_ts"], ["created_at"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "until_ts",
});
export const channels = collection({
  name: "channels",
  about: "Channels that alerts are sent to, their secrets sealed under the installation's key",
  owner: "s11",
  schema: Channel.extend({ sealed: z.string().optional() }),
  key: ({ channel_id }) => channel_id,
  indexes: [["created_at"]],
});
export const deliveries = collection({
  name: "deliveries",
  about: "Every message to a channel: when, how often it was tried, what came of it",
  owner: "s11",
  schema: Delivery,
  key: ({ delivery_id }) => delivery_id,
  indexes: [
    ["created_at"],
    ["state", "code"],
    ["channel_id", "created_at"],
    ["channel_id", "state", "next_try_at"],
    ["channel_id", "sent_at"],
  ],
  retentionDays: 90,
  retentionField: "created_at",
});
export const levelChanges = collection({
  name: "level_changes",
  about: "When the health level changed, from what to what and why",
  owner: "s11",
  schema: LevelChange,
  key: ({ id }) => id,
  indexes: [["ts"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
export const serviceCalls = collection({
  name: "service_calls",
  about: "Which service called which, and how often: the observed topology",
  owner: "s11",
  schema: CallEdge,
  key: ({ from, to }) => `${from}/${to}`,
});
export const automaticActions = collection({
  name: "automatic_actions",
  about: "What the system did by itself, with what triggered it",
  owner: "s11",
  schema: AutomaticAction,
  key: ({ action_id }) => action_id,
  indexes: [["ts"], ["kind", "ts"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
export const strategyEvents = collection({
  name: "strategy_events",
  about: "What strategies did and what was done to them",
  owner: "s11",
  schema: StrategyEvent,
  key: ({ event_id }) => event_id,
  indexes: [["ts"], ["strategy_id", "ts"], ["instrument", "ts"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
  search: ["text", "strategy_id", "instrument"],
});
export const logEvents = collection({
  name: "log_events",
  about: "What services logged at WARN and above",
  owner: "s11",
  schema: LogEvent,
  key: ({ log_id }) => log_id,
  indexes: [["ts"], ["service", "ts"], ["level", "ts"]],
  retentionDays: 14,
  retentionField: "ts",
  search: ["message", "service"],
});
export const watchMarks = collection({
  name: "watch_marks",
  about: "Small durable facts of S11: the level, what was read up to where",
  owner: "s11",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: ({ id }) => id,
});
