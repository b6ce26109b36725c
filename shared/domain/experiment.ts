/** Experiments: what is asked of the past, how it is searched, what came of each trial and how far it can be believed. */
import { z } from "@hono/zod-openapi";
import { Bundle } from "./bundle.ts";
import { Decimal, InstrumentId } from "./instrument.ts";
import { TIMEFRAMES, Timeframe } from "./market.ts";
import { Trade } from "./trade.ts";

export const ExperimentId = z
  .string()
  .regex(/^exp-[0-9a-z-]{4,60}$/, "is no experiment's id")
  .openapi({ example: "exp-mjuqx5qo-3f9a02c1" });
export const HypothesisId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "small letters, digits and hyphens, at most 64");

/** Where the market comes from. */
export const DataSource = z
  .object({
    /**
     * `library`: what `./chimera data` imported or downloaded. `recordings`: raw lines that S1 recorded here.
     * `exchange`: bars asked of the exchange, through S1.
     */
    source: z.enum(["library", "recordings", "exchange"]).default("library"),
    /** The whole book from recorded lines, trades alone, or bars. */
    form: z.enum(["book", "trades", "bars"]).default("bars"),
    timeframe: Timeframe.default("1m"),
    /** Default: those that the bundle's enabled strategies trade. */
    instruments: z.array(InstrumentId).min(1).max(20).optional(),
    /** Gaps, duplicates, rows out of order and impossible values: end the run, or leave such rows out and say so. */
    on_problem: z.enum(["refuse", "repair"]).default("refuse"),
  })
  .openapi("DataSource");
export type DataSource = z.output<typeof DataSource>;

export const TestWindow = z.object({ from: z.number(), to: z.number() }).openapi("TestWindow");
export type TestWindow = z.output<typeof TestWindow>;

export const Method = z.enum(["BACKTEST", "WALK_FORWARD", "PURGED_KFOLD", "GRID", "RANDOM", "GENETIC"]);
export type Method = z.output<typeof Method>;

/**
 * One thing that a search turns. `path` names a place in the bundle, lists by the id of their item:
 * `strategies.rsi-dip.position.break_even_roe`, `rules.no-news.effect.size_mult`, `flags.risk.budget_usdt`,
 * `strategies.rsi-dip.long.allOf.0.v`; `factors.rsi_14_1m` puts another factor in its place everywhere.
 */
export const SearchParam = z
  .union([
    z.strictObject({
      path: z.string().min(3).max(200),
      values: z
        .array(z.union([z.number(), z.string(), z.boolean()]))
        .min(1)
        .max(200),
    }),
    z.strictObject({
      path: z.string().min(3).max(200),
      min: z.number(),
      max: z.number(),
      /** Between two values of a grid; without it a search draws from all of the range. */
      step: z.number().positive().optional(),
      scale: z.enum(["linear", "log"]).default("linear"),
    }),
  ])
  .openapi("SearchParam");
export type SearchParam = z.output<typeof SearchParam>;

/** What a search makes as large as it can; `drawdown` and the like are in the summary of every trial anyway. */
export const Objective = z.enum(["sharpe", "sortino", "calmar", "net_usdt", "profit_factor", "expectancy_usdt"]);
export type Objective = z.output<typeof Objective>;

export const SearchRules = z
  .object({
    /** How WALK_FORWARD and PURGED_KFOLD search: `auto` takes the grid where it is within `trials_max`, else random. */
    kind: z.enum(["auto", "grid", "random", "genetic"]).default("auto"),
    trials_max: z.number().int().min(1).max(10_000).default(200),
    /** Of a genetic search. */
    population: z.number().int().min(4).max(500).default(24),
    /** A search ends when so many trials in a row (genetic: generations) have not bettered the best. */
    patience: z.number().int().min(1).max(10_000).optional(),
    /** A trial with fewer closed trades counts as none. */
    trades_min: z.number().int().min(0).max(100_000).default(10),
  })
  .openapi("SearchRules");
export type SearchRules = z.output<typeof SearchRules>;

/** How time is split. In WALK_FORWARD each window is searched and then judged on what follows it. */
export const FoldRules = z
  .object({
    /** Of purged K-fold; of walk-forward, how many windows where no lengths are given. */
    count: z.number().int().min(2).max(100).default(5),
    train_ms: z.number().int().positive().optional(),
    test_ms: z.number().int().positive().optional(),
    /** Walk-forward windows that begin at the same moment and grow, in place of rolling ones. */
    anchored: z.boolean().default(false),
    embargo_ms: z.number().int().min(0).default(3_600_000),
  })
  .openapi("FoldRules");
export type FoldRules = z.output<typeof FoldRules>;

export const BundleRef = z.union([
  Bundle,
  z.literal("active"),
  z.strictObject({ bundle_id: Bundle.shape.bundle_id, rev: Bundle.shape.rev }),
]);

export const ExperimentDesign = z
  .object({
    bundle: BundleRef,
    data: DataSource.prefault({}),
    /** Epoch ms, from including, to excluding. */
    window: TestWindow,
    method: Method.default("BACKTEST"),
    params: z.array(SearchParam).max(12).optional(),
    search: SearchRules.prefault({}),
    folds: FoldRules.prefault({}),
    objective: Objective.default("sharpe"),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    /** Against which the result is compared: the same bundle as it stands, nothing at all, or another bundle. */
    benchmark: z.enum(["none", "unchanged", "hold"]).default("unchanged"),
    wallets: z.object({ spot_usdt: Decimal, fut_usdt: Decimal }).default({ spot_usdt: "10000", fut_usdt: "10000" }),
    fill: z
      .object({
        spread_bps: z.number().min(0).max(1_000).default(1),
        slippage_bps: z.number().min(0).max(1_000).default(0.5),
        depth_usdt: z.number().min(0).default(1_000_000),
        path: z.enum(["worst", "ohlc", "olhc"]).default("worst"),
      })
      .prefault({}),
    /** Look-ahead check and sensitivity to fees, latency and slippage, on the best. */
    checks: z.boolean().default(true),
  })
  .openapi("ExperimentDesign");
export type ExperimentDesign = z.output<typeof ExperimentDesign>;
export const DESIGN_TIMEFRAMES = TIMEFRAMES;

export const ParamValue = z.union([z.number(), z.string(), z.boolean()]);
export const ParamSet = z.record(z.string(), ParamValue);
export type ParamSet = z.output<typeof ParamSet>;

const Figure = z.number().nullable();
/** The figures of one run that lists and comparisons show; what each means stands in docs/reference/metrics.md. */
export const RunSummary = z
  .object({
    from_ts: z.number(),
    to_ts: z.number(),
    net_usdt: Decimal,
    total_return: z.number(),
    cagr: Figure,
    sharpe: Figure,
    sortino: Figure,
    calmar: Figure,
    max_drawdown: Figure,
    profit_factor: Figure,
    hit_rate: Figure,
    expectancy_usdt: Decimal.nullable(),
    exposure: Figure,
    turnover: Figure,
    trades: z.number().int(),
    open_trades: z.number().int(),
    fees_usdt: Decimal,
    funding_usdt: Decimal,
    slippage_usdt: Decimal,
    maker_share: Figure,
    signals: z.number().int(),
    liquidations: z.number().int(),
  })
  .openapi("RunSummary");
export type RunSummary = z.output<typeof RunSummary>;

/** Of an equity curve at most a few hundred points. */
export const CurvePoints = z.array(z.tuple([z.number(), z.number()])).max(2_000);
export type CurvePoints = z.output<typeof CurvePoints>;

/** One run within an experiment. */
export const Trial = z
  .object({
    exp_id: ExperimentId,
    /** From 0, in the order in which the search asked for it: the same for any number of workers. */
    trial: z.number().int(),
    params: ParamSet,
    /** Walk-forward window or fold that it belongs to. */
    fold: z.number().int().optional(),
    /** `best`: what was chosen, once more over the whole window, to keep its curve, decisions and trades. */
    role: z.enum(["search", "train", "test", "best", "benchmark", "check"]),
    status: z.enum(["DONE", "FAILED"]),
    /** Of the objective; null where it has none, or with too few trades. */
    score: z.number().nullable(),
    summary: RunSummary.optional(),
    /** What kept it from ending. */
    message: z.string().optional(),
    /** SHA-256 over its decisions and fills. */
    hash: z.string().optional(),
    wall_ms: z.number(),
    ts: z.number(),
  })
  .openapi("Trial");
export type Trial = z.output<typeof Trial>;

const Interval = z.object({ low: z.number(), high: z.number(), confidence: z.number() });
/** How far a result can be believed. Everything is about the returns that were not searched on, where there are any. */
export const Significance = z
  .object({
    /** All trials whose result could have been chosen, of this experiment and of its hypothesis before. */
    trials: z.number().int(),
    periods: z.number().int(),
    sharpe: Figure,
    /** Probability that the true Sharpe ratio is above zero, the best of so many trials taken into account. */
    deflated_sharpe: Figure,
    /** One-sided p-value of the mean return of a period being above that of the benchmark. */
    mann_whitney_p: Figure,
    /** What a hypothesis is judged by: the greater of 1 − `deflated_sharpe` and `mann_whitney_p`, since both must hold. */
    p_value: Figure,
    /** Stationary bootstrap of the mean return a period. */
    mean_return: Interval.nullable(),
    sharpe_interval: Interval.nullable(),
    /** Why a figure is missing, or what it rests on. */
    notes: z.array(z.string()),
  })
  .openapi("Significance");
export type Significance = z.output<typeof Significance>;

/** What a run sees of the future: truncated runs must decide the same up to where they are cut. */
export const LookaheadCheck = z
  .object({
    cuts: z.array(z.object({ ts: z.number(), decisions: z.number().int(), same: z.boolean() })),
    passed: z.boolean(),
    differences: z.array(z.string()).max(20),
  })
  .openapi("LookaheadCheck");
export type LookaheadCheck = z.output<typeof LookaheadCheck>;

export const SensitivityRow = z
  .object({ what: z.enum(["fees", "latency", "slippage"]), change: z.string(), summary: RunSummary })
  .openapi("SensitivityRow");
export type SensitivityRow = z.output<typeof SensitivityRow>;

/** One walk-forward window, or one fold. */
export const FoldResult = z
  .object({
    fold: z.number().int(),
    train: TestWindow.optional(),
    test: TestWindow,
    params: ParamSet,
    in_sample: RunSummary.optional(),
    out_of_sample: RunSummary,
    curve: CurvePoints,
  })
  .openapi("FoldResult");
export type FoldResult = z.output<typeof FoldResult>;

export const ExperimentResult = z
  .object({
    /** Of the search; without one, the bundle as it was given. */
    params: ParamSet,
    summary: RunSummary,
    curve: CurvePoints,
    benchmark: z.object({ what: z.string(), summary: RunSummary, curve: CurvePoints }).optional(),
    folds: z.array(FoldResult),
    /** All out-of-sample parts one after the other; only of WALK_FORWARD and PURGED_KFOLD. */
    out_of_sample: z.object({ summary: RunSummary, curve: CurvePoints }).optional(),
    significance: Significance,
    lookahead: LookaheadCheck.optional(),
    sensitivity: z.array(SensitivityRow),
    assumed: z.array(z.string()),
    data: z.object({
      source: z.string(),
      from_ts: z.number(),
      to_ts: z.number(),
      events: z.number().int(),
      problems: z.array(z.object({ source: z.string(), line: z.number().int(), problem: z.string() })).max(50),
    }),
    /** SHA-256 over the hashes of all trials: the same for any number of workers, and after a crash. */
    hash: z.string(),
  })
  .openapi("ExperimentResult");
export type ExperimentResult = z.output<typeof ExperimentResult>;

export const ExperimentStatus = z.enum(["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED"]);
export type ExperimentStatus = z.output<typeof ExperimentStatus>;

export const Experiment = z
  .object({
    exp_id: ExperimentId,
    hypothesis_id: HypothesisId.optional(),
    title: z.string().max(200),
    design: ExperimentDesign,
    status: ExperimentStatus,
    /** What it does at the moment, in words; `total` grows where a search decides as it goes. */
    progress: z.object({ done: z.number().int(), total: z.number().int(), stage: z.string() }),
    best: z.object({ trial: z.number().int(), params: ParamSet, score: z.number() }).optional(),
    result: ExperimentResult.optional(),
    message: z.string().optional(),
    note: z.string().max(2_000).optional(),
    author: z.string(),
    created_at: z.number(),
    started_at: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("Experiment");
export type Experiment = z.output<typeof Experiment>;

/** What lists show of an experiment: neither the bundle itself nor any curve. */
export const ExperimentRow = Experiment.omit({ result: true })
  .extend({
    design: ExperimentDesign.omit({ bundle: true }),
    /** Which bundle, in words: `active`, or its id and revision. */
    bundle: z.string(),
    /** Of the result: the whole window, and what was not searched on. */
    summary: RunSummary.optional(),
    out_of_sample: RunSummary.optional(),
    significance: Significance.pick({
      trials: true,
      deflated_sharpe: true,
      mann_whitney_p: true,
      p_value: true,
    }).optional(),
  })
  .openapi("ExperimentRow");
export type ExperimentRow = z.output<typeof ExperimentRow>;

/** A statement that an experiment can refute, on record before it is looked at. */
export const Hypothesis = z
  .object({
    hypothesis_id: HypothesisId,
    title: z.string().min(1).max(200),
    statement: z.string().min(1).max(4_000),
    /** Tested together: the false-discovery rate is controlled over all hypotheses of one family. */
    family: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,47}$/)
      .default("default"),
    design: ExperimentDesign,
    /** The p-value that counts: of its newest experiment that is done. */
    p_value: z.number().nullable(),
    /** Adjusted over the family by Benjamini-Hochberg. */
    adjusted_p: z.number().nullable(),
    /** Of the same experiment: what was earned on what was not searched on, and whether it decided without the future. */
    net_usdt: Decimal.optional(),
    lookahead_passed: z.boolean().optional(),
    /** CONFIRMED: adjusted p ≤ 0.05, net above zero, look-ahead check passed. UNDECIDED: too little data, or no check. */
    status: z.enum(["OPEN", "CONFIRMED", "REFUTED", "UNDECIDED"]),
    /** All trials ever run for it: the deflated Sharpe ratio counts them. */
    trials: z.number().int(),
    experiments: z.array(ExperimentId),
    author: z.string(),
    created_at: z.number(),
    updated_at: z.number(),
  })
  .openapi("Hypothesis");
export type Hypothesis = z.output<typeof Hypothesis>;

/** Trades of an experiment's best run, as blobs keep them. */
export const ExperimentTrades = z.object({ items: z.array(Trade), next_cursor: z.string().optional() });
