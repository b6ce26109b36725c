/** The shapes that the feature generator takes and answers with, and its settings. */
import { z } from "@hono/zod-openapi";
import { FeatureJob, FeatureWindow, KeptFeatures } from "../../shared/collections/features.ts";
import { FeatureSet, Signal } from "../../shared/domain/decision.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import { STANDINGS } from "../../shared/trading/factors/engine.ts";
import { FeatureSettings } from "../../shared/trading/factors/feature-settings.ts";

export const Settings = z.object({
  ...FeatureSettings.shape,
  signalFlushMs: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(20)
    .describe("How long a signal waits to be stored in a batch"),
  historyEveryMs: z.number().int().min(100).default(1_000).describe("How often missing history is asked for"),
  snapshotEveryMs: z
    .number()
    .int()
    .min(1_000)
    .default(60_000)
    .describe("How often it is written down where the factors stand"),
  recomputeEveryMs: z.number().int().min(10).default(250).describe("Pause between two parts of a recomputation"),
  historyRetryMsMax: z.number().int().positive().default(60_000).describe("Longest wait between two tries"),
});
export type Settings = z.output<typeof Settings>;

export const FeaturesRequest = z.object({ instrument: InstrumentId });

const FactorFamily = z
  .object({
    /** `{n}` is a count, `{tf}` a timeframe, `{w}` a window such as 10s or 5m. */
    pattern: z.string(),
    example: z.string(),
    family: z.string(),
    version: z.number().int(),
    formula: z.string(),
    source: z.string(),
    /** Least and greatest value; null: unbounded. */
    range: z.tuple([z.number().nullable(), z.number().nullable()]),
    needs: z.array(z.enum(["bar", "trade", "ticker", "depth", "funding"])),
    /** When the value can change: with every event of its inputs, or as a bar closes. */
    frequency: z.enum(["event", "bar"]),
    /** How far behind the market the value is. */
    lag: z.string(),
    owner: z.literal("s02"),
  })
  .openapi("FactorFamily");
export const FactorsAnswer = z.object({
  families: z.array(FactorFamily),
  /** Ids computed under the active revision. */
  active: z.array(z.string()),
  /** Ids that the active revision names but no family knows; always missing. */
  unknown: z.array(z.string()),
});
export type FactorsAnswer = z.output<typeof FactorsAnswer>;

/** The latest features, and of each that is null why it is. */
export const FeaturesAnswer = FeatureSet.extend({
  missing: z.array(z.object({ id: z.string(), why: z.enum(STANDINGS) })),
  /** Since the newest market event, by our clock. */
  age_ms: z.number(),
}).openapi("FeaturesAnswer");
export type FeaturesAnswer = z.output<typeof FeaturesAnswer>;

export const RegimeAnswer = z.object({
  items: z.array(
    z.object({
      instrument: InstrumentId,
      /** Null while there is too little history to tell. */
      regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).nullable(),
      /** As in features: −1 FROZEN, 0 NORMAL, 1 EXTREME. */
      value: z.number().nullable(),
    }),
  ),
});
export type RegimeAnswer = z.output<typeof RegimeAnswer>;

export const SignalsRequest = inOrder(
  z.object({
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(48).optional(),
    ...Period,
    ...Paging,
  }),
);
export type SignalsRequest = z.output<typeof SignalsRequest>;
export const SignalsAnswer = ListOf(Signal);
export type SignalsAnswer = z.output<typeof SignalsAnswer>;

export const HistoryRequest = inOrder(
  z.object({
    instrument: InstrumentId,
    /** Bars of this length. */
    window: FeatureWindow.default("1m"),
    /** Factor ids with commas between them; all that were kept if not given. */
    factors: z.string().min(1).max(2_000).optional(),
    ...Period,
    ...Paging,
  }),
);
export type HistoryRequest = z.output<typeof HistoryRequest>;
export const KeptFeaturesAnswer = ListOf(KeptFeatures);
export type KeptFeaturesAnswer = z.output<typeof KeptFeaturesAnswer>;

const SYMBOLS_MAX = 100;
const moment = z.number().int().min(0).optional();
export const RecomputeRequest = inOrder(
  z.strictObject({
    symbols: z.array(InstrumentId).min(1).max(SYMBOLS_MAX),
    windows: z.array(FeatureWindow).min(1).max(FeatureWindow.options.length),
    /** Ends of bars, both included; if not given, the seven days before `to_ts`, and now. */
    from_ts: moment,
    to_ts: moment,
    /** True: what is there already is computed again too. */
    force: z.boolean().default(false),
  }),
);
export type RecomputeRequest = z.output<typeof RecomputeRequest>;
/** `accepted`: how many bars will be looked at. */
export const RecomputeAnswer = z.object({ job_id: z.string(), accepted: z.number().int() });

export const JobRef = z.object({ job_id: z.string().max(100) });
export const JobsRequest = z.object({ state: FeatureJob.shape.state.optional(), ...Paging });
export const JobsPage = ListOf(FeatureJob);
