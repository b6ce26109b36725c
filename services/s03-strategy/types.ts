/** The shapes that the strategy engine is asked with and answers with. */
import { z } from "@hono/zod-openapi";
import { DecisionOutcome } from "../../shared/collections/signals.ts";
import { Action, Decision, FeatureValues, Trigger } from "../../shared/domain/decision.ts";
import { InstrumentId, PositiveDecimal } from "../../shared/domain/instrument.ts";
import { Timeframe } from "../../shared/domain/market.ts";
import { ModelUse } from "../../shared/domain/model.ts";
import { OrderAnswer } from "../../shared/domain/order.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";

/** Name a signal, or an instrument with or without features of your own. */
export const DecideRequest = z
  .object({
    instrument: InstrumentId.optional(),
    signal_id: z.string().min(1).max(128).optional(),
    /** Default: the first enabled strategy that trades the instrument. */
    strategy_id: z.string().max(64).optional(),
    /** Default: the newest that were published. */
    features: FeatureValues.optional(),
    /** Quotes to size by, where `features` are given; default: the newest published, else `mid`. */
    bid: PositiveDecimal.optional(),
    ask: PositiveDecimal.optional(),
    config_rev: z.union([z.literal("CURRENT"), z.number().int().min(1)]).default("CURRENT"),
    dry_run: z.boolean().default(true),
  })
  .refine((request) => request.signal_id !== undefined || request.instrument !== undefined, {
    message: "name a signal_id or an instrument",
  })
  .openapi("DecideRequest");
export type DecideRequest = z.output<typeof DecideRequest>;

export const DecideAnswer = Decision.extend({
  dry_run: z.boolean(),
  /** S4's first word on each intent, where it was not a dry run. */
  orders: z.array(OrderAnswer).optional(),
}).openapi("DecideAnswer");
export type DecideAnswer = z.output<typeof DecideAnswer>;

export const BATCH_MAX = 100;
/** Rehearsals alone: what trades is asked for one by one. */
export const DecideBatchRequest = z
  .object({ items: z.array(DecideRequest).min(1).max(BATCH_MAX) })
  .refine(({ items }) => items.every((item) => item.dry_run), { path: ["items"], message: "of a batch are dry runs" })
  .openapi("DecideBatchRequest");
export type DecideBatchRequest = z.output<typeof DecideBatchRequest>;
/** In the order asked; one that cannot be decided keeps none of the others from it. */
export const DecideBatchAnswer = z
  .object({
    items: z.array(
      z.union([
        z.object({ ok: z.literal(true), decision: DecideAnswer }),
        z.object({ ok: z.literal(false), code: z.string(), detail: z.string() }),
      ]),
    ),
  })
  .openapi("DecideBatchAnswer");
export type DecideBatchAnswer = z.output<typeof DecideBatchAnswer>;

export const DecisionListRequest = inOrder(
  z.object({
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(64).optional(),
    action: Action.shape.action.optional(),
    /** What ended it, or "open". */
    reason: z.string().min(1).max(100).optional(),
    ...Period,
    ...Paging,
  }),
);
export type DecisionListRequest = z.output<typeof DecisionListRequest>;
export const DecisionListAnswer = ListOf(Decision);
export type DecisionListAnswer = z.output<typeof DecisionListAnswer>;

/** A condition of the bundle, as written there. */
const WrittenCondition = z.record(z.string(), z.unknown());
/** What it was made from, as of its own revision; what nobody keeps any more is missing. */
export const DecisionBasis = z
  .object({
    trigger: Trigger.optional(),
    title: z.string().optional(),
    long: WrittenCondition.optional(),
    short: WrittenCondition.optional(),
    /** Of the strategy's model. */
    cutoffs: ModelUse.shape.cutoffs.optional(),
    /** What the strategy's program remembered until then. */
    state_before: z.unknown().optional(),
    /** Those that were looked at. */
    rules: z.array(z.object({ rule_id: z.string(), when: WrittenCondition, note: z.string().optional() })),
  })
  .openapi("DecisionBasis");
export type DecisionBasis = z.output<typeof DecisionBasis>;

export const DecisionStory = Decision.extend({
  basis: DecisionBasis,
  /** Why S4 did not take the entry. */
  not_taken: DecisionOutcome.optional(),
  /** S4's newest word on the entry that it took. */
  order: OrderAnswer.optional(),
}).openapi("DecisionStory");
export type DecisionStory = z.output<typeof DecisionStory>;

export const RuleHitsRequest = inOrder(
  z.object({
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(64).optional(),
    bucket: Timeframe.extract(["5m", "1h", "1d"]).default("1h"),
    /** Both ends included; if not given, 24 buckets up to now. */
    ...Period,
  }),
);
export type RuleHitsRequest = z.output<typeof RuleHitsRequest>;
export const RuleHitsAnswer = z
  .object({
    /** Where only a part could be counted: since the oldest decision of it. */
    from_ts: z.number(),
    to_ts: z.number(),
    bucket_ms: z.number(),
    decisions: z.number().int(),
    is_part: z.boolean(),
    /** Oldest first. `ts` is the bucket's beginning; `unknown`: a factor of the rule's condition had no value. */
    items: z.array(
      z.object({
        rule_id: z.string(),
        ts: z.number(),
        fired: z.number().int(),
        unfired: z.number().int(),
        unknown: z.number().int(),
      }),
    ),
  })
  .openapi("RuleHitsAnswer");
export type RuleHitsAnswer = z.output<typeof RuleHitsAnswer>;

const strategy_id = z.string().min(1).max(64);
/** Without an instrument: on all of them. */
const Paused = z.object({ strategy_id, instrument: InstrumentId.optional() });
export const PauseRequest = Paused.extend({ reason: z.string().min(1).max(200).default("paused by hand") });
export const ResumeRequest = Paused;
export const PauseAnswer = Paused.extend({
  paused: z.boolean(),
  actor: z.string().optional(),
  reason: z.string().optional(),
  ts: z.number(),
});
