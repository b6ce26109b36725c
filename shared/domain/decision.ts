/** Signals and decisions: a moment to look, what was seen, what was decided and why. */
import { z } from "@hono/zod-openapi";
import { ArmMark } from "./arms.ts";
import { Account, Decimal, InstrumentId } from "./instrument.ts";
import { ModelResult } from "./model.ts";
import { Intent, Side } from "./order.ts";
import { ProgramResult } from "./program.ts";

/** Factor id → value; null where the factor is missing, stale or not a number. */
export const FeatureValues = z.record(z.string(), z.number().nullable());
export type FeatureValues = z.output<typeof FeatureValues>;

/** The latest factors of one instrument. `ts` is our clock, `exch_ts` the exchange time of the newest input. */
export const FeatureSet = z
  .object({
    instrument: InstrumentId,
    ts: z.number(),
    exch_ts: z.number(),
    values: FeatureValues,
    stale: z.boolean(),
    quality: z.array(z.string()),
    bid: z.string().optional(),
    ask: z.string().optional(),
    config_rev: z.number().int(),
  })
  .openapi("FeatureSet");
export type FeatureSet = z.output<typeof FeatureSet>;

export const Trigger = z.object({ kind: z.enum(["bar", "cross"]), what: z.string(), exch_ts: z.number() });
export type Trigger = z.output<typeof Trigger>;

/** A moment to decide on, with the features as they were. */
export const Signal = z
  .object({
    signal_id: z.string(),
    account: Account,
    strategy_id: z.string(),
    instrument: InstrumentId,
    trigger: Trigger,
    features: FeatureSet,
    ts: z.number(),
    config_rev: z.number().int(),
    /** While a promotion was under way: the arm that its trigger belonged to. */
    arm: ArmMark.optional(),
  })
  .openapi("Signal");
export type Signal = z.output<typeof Signal>;

export const GuardResult = z.object({
  name: z.string(),
  passed: z.boolean(),
  value: z.union([z.number(), z.string(), z.boolean()]).nullable(),
  limit: z.union([z.number(), z.string(), z.boolean()]).nullable(),
});
export type GuardResult = z.output<typeof GuardResult>;

/** `fired` is null when the rule's condition was unknown. */
export const RuleResult = z.object({
  rule_id: z.string(),
  fired: z.boolean().nullable(),
  effect: z.string(),
});
export type RuleResult = z.output<typeof RuleResult>;

export const Action = z.object({
  action: z.enum(["open", "skip"]),
  side: Side.optional(),
  size_mult: z.number(),
  tp_mult: z.number(),
  sl_mult: z.number(),
  max_adds: z.number().int().optional(),
  /** The guard, rule or condition that ended it, or "open". */
  reason: z.string(),
});
export type Action = z.output<typeof Action>;

/** The arithmetic of the size, stop and target, in the order it was done. */
export const Sizing = z.object({
  notional_usdt: Decimal,
  qty: Decimal,
  entry_price: Decimal,
  stop_price: Decimal.optional(),
  take_profit_price: Decimal.optional(),
  margin_usdt: Decimal,
  leverage: z.number(),
  worst_loss_usdt: Decimal,
  steps: z.array(z.string()),
});
export type Sizing = z.output<typeof Sizing>;

/** What was decided about a signal, with everything needed to explain it. */
export const Decision = z
  .object({
    signal_id: z.string(),
    account: Account,
    strategy_id: z.string(),
    instrument: InstrumentId,
    decision: Action,
    intents: z.array(Intent),
    rules: z.array(RuleResult),
    guards: z.array(GuardResult),
    /** Where the strategy has a model and nothing before it ended the entry. */
    model: ModelResult.optional(),
    /** Where the strategy is a program and its guards passed. */
    program: ProgramResult.optional(),
    sizing: Sizing.optional(),
    features: FeatureValues,
    config_rev: z.number().int(),
    /** Where the account's limits and the weights of health are another revision's: the one in force for all. */
    limits_rev: z.number().int().optional(),
    /** That of its signal. */
    arm: ArmMark.optional(),
    /** The health level it was made at, and the effects that counted. */
    health: z.object({ level: z.enum(["GREEN", "YELLOW", "ORANGE", "RED"]), effects: z.array(z.string()) }).optional(),
    ts: z.number(),
    /** Microseconds from the market frame's arrival to this decision, where known. */
    latency_us: z.number().optional(),
  })
  .openapi("Decision");
export type Decision = z.output<typeof Decision>;
