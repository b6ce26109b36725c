/** The config bundle: every number the system trades by, as one versioned document. */
import { z } from "@hono/zod-openapi";
import { FactorId } from "./factor-id.ts";
import { InstrumentId, PositiveDecimal } from "./instrument.ts";
import { Timeframe } from "./market.ts";
import { ModelUse } from "./model.ts";
import { ProgramUse } from "./program.ts";

export const CONDITION_DEPTH_MAX = 8;
export const CONDITION_LIST_MAX = 64;

export const Operator = z.enum(["<", "<=", ">", ">=", "==", "!=", "in", "notIn"]);
export type Operator = z.output<typeof Operator>;
const Literal = z.union([z.number(), z.string(), z.boolean()]);

/** Data, never code: a comparison of a factor with a literal (`v`) or another factor (`vf`), or a combination of such. */
export type Condition =
  | { f: string; op: Operator; v: z.output<typeof Literal> | z.output<typeof Literal>[] }
  | { f: string; op: Operator; vf: string }
  | { allOf: Condition[] }
  | { anyOf: Condition[] }
  | { not: Condition };
export const Condition: z.ZodType<Condition> = z
  .lazy(() =>
    z.union([
      z.strictObject({ f: FactorId, op: Operator, v: z.union([Literal, z.array(Literal).max(CONDITION_LIST_MAX)]) }),
      z.strictObject({ f: FactorId, op: Operator, vf: FactorId }),
      z.strictObject({ allOf: z.array(Condition).min(1).max(CONDITION_LIST_MAX) }),
      z.strictObject({ anyOf: z.array(Condition).min(1).max(CONDITION_LIST_MAX) }),
      z.strictObject({ not: Condition }),
    ]),
  )
  .openapi("Condition");

const Trigger = z.union([
  z.strictObject({ kind: z.literal("bar"), timeframe: Timeframe, cooldown_ms: z.number().int().min(0).default(0) }),
  z.strictObject({
    kind: z.literal("cross"),
    factor: FactorId,
    level: z.number(),
    direction: z.enum(["up", "down"]),
    cooldown_ms: z.number().int().min(0).default(1_000),
  }),
]);
export type BundleTrigger = z.output<typeof Trigger>;

const Regimes = z.strictObject({ FROZEN: z.number(), NORMAL: z.number(), EXTREME: z.number() });

/** How a trade's size, stop and target are made; a strategy may differ from `flags.sizing` in any of them. */
const SizingRules = z.strictObject({
  margin_usdt: PositiveDecimal,
  leverage: z.number().int().min(1).max(125),
  /** The factor whose value is the ATR of the stop. */
  atr: FactorId,
  /** Stop distance in ATRs by regime. */
  stop_atrs: Regimes,
  loss_cap_usdt: PositiveDecimal,
  /** Net profit after fees and expected funding, as a fraction of margin. */
  take_profit_roe: z.number().positive().max(10),
  /** Quote budget of a spot entry. */
  spot_notional_usdt: PositiveDecimal,
});
export type SizingRules = z.output<typeof SizingRules>;
const SIZING_DEFAULTS: SizingRules = {
  margin_usdt: "20",
  leverage: 20,
  atr: "atr_14_1m",
  stop_atrs: { FROZEN: 1, NORMAL: 1.5, EXTREME: 2 },
  loss_cap_usdt: "1.2",
  take_profit_roe: 0.1,
  spot_notional_usdt: "100",
};

/** How an open trade is managed; kept with the trade as it was when it opened. */
const PositionRules = z.strictObject({
  /** At this ROE the stop goes to break-even (entry plus fees). */
  break_even_roe: z.number().positive(),
  /** Locked-profit steps, as ROE: past each, the stop locks the step before it. */
  lock_steps_roe: z.array(z.number().positive()).max(20),
  /** At ROE `roe` close `close` of the entry quantity. */
  stages: z.array(z.strictObject({ roe: z.number().positive(), close: z.number().positive().max(1) })).max(8),
  adds_max: z.number().int().min(0).max(2),
  /** An add wants this ROE, and as much again on top for each one after it. */
  add_roe: z.number().positive(),
  /** Of the first entry's quantity. */
  add_share: z.number().positive().max(1),
  /** A trade that has gone nowhere for this long is closed. */
  stagnate_ms: z.number().int().positive(),
  /** "Nowhere": its ROE stayed below this. */
  stagnate_roe: z.number(),
  liquidation_distance_min: z.number().positive(),
});
export type PositionRules = z.output<typeof PositionRules>;
const POSITION_DEFAULTS: PositionRules = {
  break_even_roe: 0.05,
  lock_steps_roe: [0.05, 0.1, 0.2, 0.4],
  stages: [
    { roe: 0.06, close: 0.3 },
    { roe: 0.08, close: 0.3 },
  ],
  adds_max: 0,
  add_roe: 0.04,
  add_share: 0.5,
  stagnate_ms: 4 * 3_600_000,
  stagnate_roe: 0.02,
  liquidation_distance_min: 0.015,
};

const Strategy = z.strictObject({
  strategy_id: z.string().regex(/^[a-z][a-z0-9-]{0,47}$/),
  title: z.string().max(120).default(""),
  enabled: z.boolean().default(true),
  instruments: z.array(InstrumentId).min(1).max(100),
  triggers: z.array(Trigger).min(1).max(10),
  long: Condition.optional(),
  short: Condition.optional(),
  /** In place of both conditions. */
  program: ProgramUse.optional(),
  /** Has its say after the rules. */
  model: ModelUse.optional(),
  sizing: SizingRules.partial().default({}),
  position: PositionRules.partial().default({}),
});
export type Strategy = z.output<typeof Strategy>;

export const RuleEffect = z.strictObject({
  size_mult: z.number().min(0.5).max(1.2).optional(),
  tp_mult: z.number().min(0.5).max(1.5).optional(),
  sl_mult: z.number().min(0.8).max(2.5).optional(),
  skip_entry: z.boolean().optional(),
  max_adds_override: z.number().int().min(0).max(2).optional(),
});
export type RuleEffect = z.output<typeof RuleEffect>;
const Rule = z.strictObject({
  rule_id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  priority: z.number().int().default(100),
  enabled: z.boolean().default(true),
  /** Empty: all of them. */
  strategies: z.array(z.string()).default([]),
  when: Condition,
  effect: RuleEffect,
  note: z.string().max(400).optional(),
});
export type Rule = z.output<typeof Rule>;

const BundleInstrument = z.strictObject({
  instrument: InstrumentId,
  enabled: z.boolean().default(true),
  spread_bps_max: z.number().positive().default(3),
  depth_top1_usdt_min: z.number().min(0).default(2_000),
});
export type BundleInstrument = z.output<typeof BundleInstrument>;

const ExecutionFlags = z.strictObject({
  maker_spread_bps_max: z.number().default(3),
  maker_depth_usdt_min: z.number().default(20_000),
  maker_wait_ms: z.number().int().default(1_200),
  maker_wait_add_ms: Regimes.default({ FROZEN: 800, NORMAL: 0, EXTREME: -600 }),
  maker_fill_min: z.number().default(0.7),
  /** Share of a posted quantity that is expected to be filled, until so many posts of our own tell. */
  maker_fill_share: z.number().min(0).max(1).default(0.5),
  maker_posts_min: z.number().int().min(1).default(30),
  /** Below this share filled in the newest posts there are takers only for so long, then a fresh try. */
  maker_ratio_min: z.number().min(0).max(1).default(0.45),
  maker_rest_ms: z.number().int().min(0).default(3_600_000),
  maker_fee: z.number().default(0.0002),
  taker_fee: z.number().default(0.0005),
  spot_maker_fee: z.number().default(0.001),
  spot_taker_fee: z.number().default(0.001),
  /** Expected slippage of a taker order, bps of notional; refitted from fills later. */
  taker_slippage_bps: z.number().default(0.5),
  /** Notional up to `[0]` goes in `[1]` slices. */
  twap_slices: z.array(z.tuple([z.number(), z.number().int()])).default([
    [300, 1],
    [1500, 3],
    [5000, 5],
    [20000, 8],
  ]),
  twap_interval_ms: z.number().int().default(1_000),
  /** Each slice comes earlier or later by up to this share of the interval. */
  twap_jitter: z.number().min(0).max(1).default(0.2),
  /** A slice waits while the spread is more than this many times its hourly mean, at most `twap_wait_ms_max`. */
  twap_spread_factor: z.number().min(1).default(2),
  twap_wait_ms_max: z.number().int().default(10_000),
  /** Too little balance: the order shrinks, at most so often, with waits that double from here. */
  shrink_tries_max: z.number().int().min(0).default(5),
  shrink_wait_ms: z.number().int().default(200),
  /** Own fills that a cost curve wants before it is believed over `taker_slippage_bps`. */
  cost_fills_min: z.number().int().default(30),
  entry_valid_ms: z.number().int().default(5_000),
  breaker_fail_share: z.number().default(0.2),
  breaker_window_ms: z.number().int().default(60_000),
  breaker_open_ms: z.number().int().default(300_000),
});
export type ExecutionFlags = z.output<typeof ExecutionFlags>;

const RiskFlags = z.strictObject({
  /** Worst-case loss of all open trades and running entries together, USDT. */
  budget_usdt: PositiveDecimal.default("50"),
  entries_per_market_max: z.number().int().min(1).default(3),
  daily_loss_usdt_max: PositiveDecimal.default("50"),
  drawdown_max: z.number().default(0.2),
  losses_in_row_max: z.number().int().default(8),
  cooldown_after_stop_ms: z.number().int().default(20_000),
  exposure_instrument_usdt_max: PositiveDecimal.default("2000"),
  exposure_total_usdt_max: PositiveDecimal.default("5000"),
  /** Instruments that move together, each group with what may be open on all of them. */
  correlated: z
    .array(z.strictObject({ instruments: z.array(InstrumentId).min(2).max(100), exposure_usdt_max: PositiveDecimal }))
    .max(50)
    .optional(),
  funding_rate_abs_max: z.number().default(0.0005),
  features_age_ms_max: z.number().int().default(3_000),
  /** Hours UTC in which entries are allowed, `[from, to)`; empty: always. */
  trading_hours_utc: z.array(z.tuple([z.number(), z.number()])).default([]),
});
export type RiskFlags = z.output<typeof RiskFlags>;

const HealthFlags = z.strictObject({
  yellow_size_mult: z.number().min(0).max(1).default(0.8),
  orange_size_mult: z.number().min(0).max(1).default(0.5),
  /** On ORANGE an order goes in this many times as many slices. */
  orange_slices_mult: z.number().int().min(1).max(10).default(2),
  /** Codes of FATAL alerts that turn the kill switch on by themselves; empty: none does. */
  kill_on_fatal: z
    .array(z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/))
    .max(50)
    .default([]),
});
export type HealthFlags = z.output<typeof HealthFlags>;

/** How far what really happens may be from what backtests assume, before the system trades more carefully. */
const BacktestGuardFlags = z.strictObject({
  enabled: z.boolean().default(true),
  window_days: z.number().int().min(1).max(30).default(7),
  /** Fills of own orders that it takes to say anything. */
  fills_min: z.number().int().min(1).default(100),
  /** Mean absolute difference of slippage from the cost curve's, as a share of what the curve says. */
  slippage_mape_max: z.number().positive().default(0.35),
  taker_share_difference_max: z.number().positive().max(1).default(0.2),
  latency_p95_difference_ms_max: z.number().positive().default(300),
  /** Beyond them for so long: no entries. */
  no_entries_after_days: z.number().int().min(1).default(14),
});
export type BacktestGuardFlags = z.output<typeof BacktestGuardFlags>;

/** What a revision must pass before it is in force, and what takes it back by itself. */
const PromotionFlags = z.strictObject({
  /** FULL only after a canary and a ramp of the same content stood. */
  steps_required: z.boolean().default(true),
  /** Of the dry-run on recent signals: what rules may skip, what may be made larger, what must be opened as before. */
  skip_share_max: z.number().min(0).max(1).default(0.6),
  size_up_share_max: z.number().min(0).max(1).default(0.5),
  similarity_min: z.number().min(0).max(1).default(0.35),
  robustness_min: z.number().min(0).max(1).default(0.6),
  /** Signals that it takes to say anything about the four above. */
  signals_min: z.number().int().min(1).default(30),
  /** Closed trades of each arm that it takes to compare their profit; drawdown speaks from the first one on. */
  trades_min: z.number().int().min(1).default(20),
  /** From the peak of what the revision's own trades have earned through all its steps, USDT. */
  drawdown_usdt_max: PositiveDecimal.default("25"),
  /** The same of one that is in force for all, with all triggers; four times the other where it is absent. */
  watch_drawdown_usdt_max: PositiveDecimal.optional(),
  /** How much worse the canary's mean ROE of a trade may surely be than that of the others (95 %, bootstrap). */
  roe_worse_max: z.number().min(0).default(0.005),
  /** Entries refused or come to nothing, of those asked; judged from `entries_min` on. */
  reject_rate_max: z.number().min(0).max(1).default(0.2),
  entries_min: z.number().int().min(1).default(20),
  /** Of the canary's model over its own labels, by their bootstrap bound; judged from `labels_min` on. */
  auc_min: z.number().min(0).max(1).default(0.5),
  brier_max: z.number().min(0).max(1).default(0.28),
  labels_min: z.number().int().min(1).default(300),
  /** How long what comes after this revision is watched once it is in force for all; 0: not at all. */
  watch_hours: z.number().min(0).max(336).default(24),
});
export type PromotionFlags = z.output<typeof PromotionFlags>;

/** Moving funds between the account's own wallets. */
const TreasuryFlags = z.strictObject({
  /** S6 may ask for funds by itself. */
  auto_transfer: z.boolean().default(false),
  /** Free futures margin below this is topped up to it. */
  min_free_fut_usdt: PositiveDecimal.default("100"),
  /** What must stay free on spot. */
  spot_buffer_usdt: PositiveDecimal.default("100"),
  cooldown_ms: z.number().int().min(0).default(900_000),
  /** Up to here a service's request is approved by policy; above it a person decides. */
  policy_transfer_usdt_max: PositiveDecimal.default("200"),
  policy_day_usdt_max: PositiveDecimal.default("500"),
  /** Above these nobody moves anything. */
  transfer_usdt_max: PositiveDecimal.default("5000"),
  day_usdt_max: PositiveDecimal.default("10000"),
});
export type TreasuryFlags = z.output<typeof TreasuryFlags>;

const ReconciliationFlags = z.strictObject({
  every_ms: z.number().int().min(10_000).default(600_000),
  orphan_policy: z.enum(["CONSERVATIVE", "RECLAIM_IF_SAFE"]).default("CONSERVATIVE"),
  time_window_h: z.number().int().min(1).max(168).default(72),
});
export type ReconciliationFlags = z.output<typeof ReconciliationFlags>;

/** Revisions travel as int32. */
export const REV_MAX = 2 ** 31 - 1;

export const Bundle = z
  .strictObject({
    format: z.literal(1),
    bundle_id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    rev: z.number().int().min(1).max(REV_MAX),
    extends: z.string().optional(),
    note: z.string().max(2_000).optional(),
    factors: z.array(FactorId).max(500),
    strategies: z.array(Strategy).max(100),
    rules: z.array(Rule).max(10_000).default([]),
    instruments: z.array(BundleInstrument).min(1).max(200),
    flags: z
      .strictObject({
        execution: ExecutionFlags.prefault({}),
        risk: RiskFlags.prefault({}),
        sizing: SizingRules.partial()
          .transform((given) => ({ ...SIZING_DEFAULTS, ...given }))
          .prefault({}),
        position: PositionRules.partial()
          .transform((given) => ({ ...POSITION_DEFAULTS, ...given }))
          .prefault({}),
        health: HealthFlags.prefault({}),
        backtest_guard: BacktestGuardFlags.prefault({}),
        promotion: PromotionFlags.prefault({}),
        treasury: TreasuryFlags.prefault({}),
        reconciliation: ReconciliationFlags.prefault({}),
      })
      .prefault({}),
  })
  .openapi("Bundle");
export type Bundle = z.output<typeof Bundle>;

/** A revision as services hold it: immutable, swapped whole between two units of work. */
export interface BundleView {
  readonly rev: number;
  readonly bundle_id: string;
  readonly hash: string;
  readonly bundle: Bundle;
}

/** A strategy's sizing with the bundle's where it says nothing. */
export const sizingOf = (bundle: Bundle, strategy: Strategy): SizingRules => ({
  ...bundle.flags.sizing,
  ...(strategy.sizing as Partial<SizingRules>),
});
/** A strategy's position rules with the bundle's where it says nothing. */
export const positionRulesOf = (bundle: Bundle, strategy: Strategy): PositionRules => ({
  ...bundle.flags.position,
  ...(strategy.position as Partial<PositionRules>),
});
