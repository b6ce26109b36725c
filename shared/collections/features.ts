/** What S2 keeps besides signals: which factors there are, what they were, where they stood, and recomputations. */
import { z } from "@hono/zod-openapi";
import { FeatureValues, Trigger } from "../domain/decision.ts";
import { InstrumentId } from "../domain/instrument.ts";
import { Timeframe } from "../domain/market.ts";
import { featureKey } from "../keys.ts";
import { collection, SNAPSHOTS_DAYS } from "./declare.ts";

/** One factor of the active revision, or of an earlier one, as it is computed. */
export const RegisteredFactor = z.object({
  id: z.string(),
  pattern: z.string(),
  family: z.string(),
  version: z.number().int(),
  formula: z.string(),
  source: z.string(),
  /** Least and greatest value; null: unbounded. */
  range: z.tuple([z.number().nullable(), z.number().nullable()]),
  frequency: z.enum(["event", "bar"]),
  lag: z.string(),
  /** Inputs, then other factors; those of another instrument with their @. */
  dependencies: z.array(z.string()),
  owner: z.literal("s02"),
  /** False: no active revision wants it any more. */
  active: z.boolean(),
  config_rev: z.number().int(),
  ts: z.number(),
});
export type RegisteredFactor = z.output<typeof RegisteredFactor>;
export const factorRegistry = collection({
  name: "factor_registry",
  about: "Every factor that a revision has wanted, as it is computed",
  owner: "s02",
  schema: RegisteredFactor,
  key: (f) => f.id,
  indexes: [["active"]],
});

/** A minute of four instruments is some 3 kB: a month is about 120 MB. */
const FEATURES_DAYS = 30;

/** The windows of which features are kept. */
export const FeatureWindow = Timeframe.extract(["1m", "5m", "15m", "1h", "4h", "1d"]);
export type FeatureWindow = z.output<typeof FeatureWindow>;

/**
 * The factors of one timeframe as a bar of it closed; at 1m those without a timeframe too, where they were seen live.
 */
export const KeptFeatures = z
  .object({
    instrument: InstrumentId,
    window: FeatureWindow,
    /** The bar's end, epoch ms of exchange time. */
    ts: z.number(),
    values: FeatureValues,
    /** `LIVE`: as the market went by. `RECOMPUTED`: the factors of bars are from S1's history. */
    origin: z.enum(["LIVE", "RECOMPUTED"]),
    /** Of the families' versions: with another one they are to be computed again. */
    registry: z.string(),
    config_rev: z.number().int(),
    written_at: z.number(),
  })
  .openapi("KeptFeatures");
export type KeptFeatures = z.output<typeof KeptFeatures>;
export const featureHistory = collection({
  name: "feature_history",
  about: "Factors as each bar closed, seen live or computed again",
  owner: "s02",
  schema: KeptFeatures,
  key: (f) => featureKey(f.instrument, f.window, f.ts),
  indexes: [["instrument", "window", "ts"], ["written_at"]],
  shardKey: "instrument",
  retentionDays: FEATURES_DAYS,
  retentionField: "written_at",
});

/** Where the factors of an instrument stood; the newest alone. `state` is an EngineSnapshot as JSON. */
export const FactorSnapshot = z.object({
  instrument: InstrumentId,
  registry: z.string(),
  exch_ts: z.number(),
  ts: z.number(),
  state: z.string(),
  /** When each trigger of each strategy fired last, 0 for never, so that cool-downs outlive a restart. */
  fired: z.array(Trigger.extend({ strategy_id: z.string() })).optional(),
});
export type FactorSnapshot = z.output<typeof FactorSnapshot>;
export const factorSnapshots = collection({
  name: "factor_snapshots",
  about: "Where the factors of an instrument stood: the newest alone",
  owner: "s02",
  schema: FactorSnapshot,
  key: (s) => s.instrument,
  shardKey: "instrument",
});

/** A recomputation that somebody asked for. Counts are of bars. */
export const FeatureJob = z
  .object({
    job_id: z.string(),
    state: z.enum(["QUEUED", "RUNNING", "DONE", "CANCELED"]),
    symbols: z.array(InstrumentId),
    windows: z.array(FeatureWindow),
    /** Ends of bars, both included. */
    from_ts: z.number(),
    to_ts: z.number(),
    force: z.boolean(),
    /** Factors as they were wanted when it was asked for, and under which revision. */
    factors: z.array(z.string()),
    config_rev: z.number().int(),
    /** Parts in all and parts done; a part is a run of bars of one instrument and window. */
    parts: z.number().int(),
    parts_done: z.number().int(),
    total: z.number().int(),
    done: z.number().int(),
    written: z.number().int(),
    /** There already, and left as they are. */
    skipped: z.number().int(),
    /** Of which there is no market history. */
    without_bars: z.number().int(),
    errors: z.array(
      z.object({ instrument: InstrumentId, window: FeatureWindow, code: z.string(), detail: z.string() }),
    ),
    /** Why it does not go on just now. */
    waiting_for: z.string().optional(),
    actor: z.string(),
    created_at: z.number(),
    started_at: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("FeatureJob");
export type FeatureJob = z.output<typeof FeatureJob>;
export const featureJobs = collection({
  name: "feature_jobs",
  about: "Recomputations of factors that somebody asked for",
  owner: "s02",
  schema: FeatureJob,
  key: (j) => j.job_id,
  indexes: [["state", "created_at"], ["created_at"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "created_at",
});
