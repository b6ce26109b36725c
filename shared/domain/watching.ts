/** What the system says of itself: figures behind the health level, objectives, who calls whom, what it did by itself. */
import { z } from "@hono/zod-openapi";

const Level = z.enum(["GREEN", "YELLOW", "ORANGE", "RED"]);

/** One figure behind the health level. Without its least sample it says nothing, and `level` is absent. */
export const HealthReading = z
  .object({
    name: z.string(),
    unit: z.string(),
    value: z.number().nullable(),
    sample: z.number().int(),
    sample_min: z.number().int(),
    worse: z.enum(["above", "below"]),
    yellow: z.number(),
    orange: z.number(),
    red: z.number(),
    level: Level.optional(),
    /** What it changes: the level, or one effect. */
    changes: z.enum(["level", "style", "spot_size", "models", "routing"]),
  })
  .openapi("HealthReading");
export type HealthReading = z.output<typeof HealthReading>;

/** How far what happens is from what backtests assume. */
export const ConsistencyCheck = z
  .object({
    name: z.enum(["slippage_mape", "taker_share_difference", "latency_p95_difference_ms"]),
    value: z.number().nullable(),
    limit: z.number(),
    sample: z.number().int(),
    sample_min: z.number().int(),
    state: z.enum(["OK", "BEYOND", "NOT_ENOUGH"]),
    detail: z.string(),
  })
  .openapi("ConsistencyCheck");
export type ConsistencyCheck = z.output<typeof ConsistencyCheck>;

export const LevelChange = z
  .object({ id: z.string(), ts: z.number(), from: Level, to: Level, reasons: z.array(z.string()) })
  .openapi("LevelChange");
export type LevelChange = z.output<typeof LevelChange>;

/** An objective over 30 days with the rate at which its error budget burns: 1 uses it up exactly. */
export const Slo = z
  .object({
    slo_id: z.enum(["order_success", "ack_latency", "market_data", "store_commit", "risk_gate"]),
    title: z.string(),
    /** Share of good events, or "none may be bad". */
    objective: z.number(),
    good: z.number(),
    total: z.number(),
    /** good / total; null without events. */
    value: z.number().nullable(),
    /** Of the error budget, what is left; below 0: overspent. */
    budget_left: z.number().nullable(),
    /** PAGE at 14.4 over 1 h and 5 min, or 6 over 6 h and 30 min; TICKET at 3 over 24 h and 2 h, or 1 over 72 h and 6 h. */
    burn: z.array(z.object({ window_ms: z.number(), rate: z.number().nullable() })),
    state: z.enum(["OK", "TICKET", "PAGE", "NO_DATA"]),
    since: z.number().optional(),
    /** Burn rate over an hour, by time, for a picture. */
    history: z.array(z.tuple([z.number(), z.number()])).max(300),
  })
  .openapi("Slo");
export type Slo = z.output<typeof Slo>;

/** Calls of one service to another over the last hour. */
export const CallEdge = z
  .object({
    from: z.string(),
    to: z.string(),
    /** Since the start. */
    count: z.number(),
    per_minute: z.number(),
    errors_per_minute: z.number(),
    mean_ms: z.number().nullable(),
    p95_ms: z.number().nullable(),
    /** False: nobody planned that these two talk. */
    planned: z.boolean(),
    last_ts: z.number(),
  })
  .openapi("CallEdge");
export type CallEdge = z.output<typeof CallEdge>;

/** Something that the system did without being asked, with what made it do so. */
export const AutomaticAction = z
  .object({
    action_id: z.string(),
    ts: z.number(),
    kind: z.enum(["BREAKER", "ROLLBACK", "RETRY", "KILL", "PAUSE", "STYLE", "SIZE", "ORDER", "OTHER"]),
    source: z.string(),
    /** What was done, and what made it so. */
    what: z.string(),
    trigger: z.string(),
    /** An alert, a promotion, an instrument. */
    ref: z.string().optional(),
  })
  .openapi("AutomaticAction");
export type AutomaticAction = z.output<typeof AutomaticAction>;

/** What strategies did that people would look for: entries, exits, moved stops, pauses. */
export const StrategyEvent = z
  .object({
    event_id: z.string(),
    ts: z.number(),
    kind: z.string(),
    strategy_id: z.string(),
    instrument: z.string(),
    text: z.string(),
    /** `trades/…` or `decisions/…`. */
    ref: z.string(),
    config_rev: z.number().int().optional(),
  })
  .openapi("StrategyEvent");
export type StrategyEvent = z.output<typeof StrategyEvent>;

/** A line that a service logged at WARN or above. */
export const LogEvent = z
  .object({
    log_id: z.string(),
    ts: z.number(),
    level: z.enum(["WARN", "ERROR", "FATAL"]),
    service: z.string(),
    replica: z.string().optional(),
    message: z.string(),
    trace_id: z.string().optional(),
    fields: z.record(z.string(), z.unknown()),
  })
  .openapi("LogEvent");
export type LogEvent = z.output<typeof LogEvent>;
