/** Simulations: what a revision would have done with the signals or the market of the past, beside another one. */
import { z } from "@hono/zod-openapi";
import { CurvePoints, RunSummary } from "./experiment.ts";
import { InstrumentId } from "./instrument.ts";
import { GateResult } from "./promotion.ts";

/** LABELS: each past signal decided under both, its effect by labels. REPLAY: both over the recorded market. */
export const SimulationMethod = z.enum(["LABELS", "REPLAY"]);
export type SimulationMethod = z.output<typeof SimulationMethod>;
export const Horizon = z.enum(["12h", "24h", "36h"]);
export type Horizon = z.output<typeof Horizon>;

export const SensitivityAsked = z.object({
  /** Each value is moved by up to this share of the factor's own spread. */
  epsilon: z.number().positive().max(0.2).default(0.05),
  topk: z.number().int().min(1).max(10).default(5),
  n_eval: z.number().int().min(1).max(5_000).default(1_000),
});
export type SensitivityAsked = z.output<typeof SensitivityAsked>;

/** Of two revisions over the same signals, each decided as live for an account on which nothing is open. */
export const SimulationSummary = z
  .object({
    signals: z.number().int(),
    /** Signals of which nobody can say what one of the two would have decided. */
    not_weighed: z.number().int(),
    /** Why: `other_trigger`, `factor_not_kept`, `program_not_asked`, `model_not_asked`. */
    unweighable: z.array(z.object({ reason: z.string(), signals: z.number().int() })),
    both_open: z.number().int(),
    only_active: z.number().int(),
    only_candidate: z.number().int(),
    neither: z.number().int(),
    /** Opened by one alone, to the other side, or in another size, stop or target. */
    changed: z.number().int(),
    /** Of those weighed. */
    changed_share: z.number(),
    /** Jaccard of the sets of opened signals. */
    similarity: z.number().nullable(),
    /** Entries that the candidate wants before its rules are asked. */
    wanted: z.number().int(),
    /** Of those wanted; and of those it opens. */
    skipped_by_rules_share: z.number(),
    sized_up_share: z.number(),
    rules: z.array(z.object({ rule_id: z.string(), active: z.number().int(), candidate: z.number().int() })),
    strategies: z.array(
      z.object({
        strategy_id: z.string(),
        signals: z.number().int(),
        active: z.number().int(),
        candidate: z.number().int(),
      }),
    ),
    reasons: z.array(z.object({ reason: z.string(), active: z.number().int(), candidate: z.number().int() })),
  })
  .openapi("SimulationSummary");
export type SimulationSummary = z.output<typeof SimulationSummary>;

/** By the labels of one horizon: roi_net of each opened signal times the margin it would have had. USDT. */
export const SimulatedEffect = z
  .object({
    horizon: Horizon,
    /** Signals that one of the two opens, with a label of the same side, and without. */
    labelled: z.number().int(),
    unlabelled: z.number().int(),
    active_usdt: z.number(),
    candidate_usdt: z.number(),
    difference_usdt: z.number(),
    /** 95 %, by bootstrap over days; null where there are too few. */
    interval_usdt: z.tuple([z.number(), z.number()]).nullable(),
  })
  .openapi("SimulatedEffect");
export type SimulatedEffect = z.output<typeof SimulatedEffect>;

export const SensitivityAnalysis = z
  .object({
    epsilon: z.number(),
    evaluated: z.number().int(),
    /** Of those: opened as they are or by a move, and so all that could flip. */
    opened: z.number().int().optional(),
    /** Most influential first. `flips`: share of decisions that another value of it alone would have changed. */
    factors: z.array(z.object({ factor: z.string(), flips: z.number(), lipschitz: z.number().nullable() })),
    flip_share: z.number(),
    /** Median of |Δ size_mult| / ε over signals that are opened before and after. */
    lipschitz_median: z.number().nullable(),
    /** 1 − flip_share. */
    robustness: z.number(),
  })
  .openapi("SensitivityAnalysis");
export type SensitivityAnalysis = z.output<typeof SensitivityAnalysis>;

export const ReplayedRun = z.object({ summary: RunSummary, curve: CurvePoints, assumed: z.array(z.string()) });
export type ReplayedRun = z.output<typeof ReplayedRun>;

/** One signal on which the two differ. */
export const ChangedSignal = z.object({
  signal_id: z.string(),
  ts: z.number(),
  strategy_id: z.string(),
  instrument: InstrumentId,
  active: z.string(),
  candidate: z.string(),
});
export type ChangedSignal = z.output<typeof ChangedSignal>;

export const SimulationRequest = z
  .object({
    bundle_id: z.string().min(1).max(64),
    /** Default: the newest revision of the bundle. */
    rev: z.number().int().min(1).optional(),
    active_rev_ref: z.union([z.literal("CURRENT"), z.number().int().min(1)]).default("CURRENT"),
    method: SimulationMethod.default("LABELS"),
    window: z.object({ from_ts: z.number(), to_ts: z.number() }),
    instruments: z.array(InstrumentId).max(200).optional(),
    horizons: z.array(Horizon).max(3).default(["12h", "24h", "36h"]),
    sensitivity: SensitivityAsked.optional(),
  })
  .openapi("SimulationRequest");
export type SimulationRequest = z.output<typeof SimulationRequest>;

export const Simulation = z
  .object({
    sim_id: z.string(),
    bundle_id: z.string(),
    rev: z.number().int(),
    hash: z.string(),
    active_rev: z.number().int(),
    active_hash: z.string(),
    request: SimulationRequest,
    status: z.enum(["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED"]),
    /** Of 1. */
    progress: z.number(),
    /** What keeps it from going on just now. */
    waiting_for: z.string().optional(),
    error: z.string().optional(),
    summary: SimulationSummary.optional(),
    approx_effect: z.array(SimulatedEffect).optional(),
    sensitivity_analysis: SensitivityAnalysis.optional(),
    /** The gates `dry_run` and `robustness`, as a promotion would find them. */
    bounds_guard: z.array(GateResult).optional(),
    replay: z.object({ active: ReplayedRun, candidate: ReplayedRun }).optional(),
    /** The first of those that changed. */
    changed: z.array(ChangedSignal).max(200).optional(),
    author: z.string(),
    created_at: z.number(),
    started_at: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("Simulation");
export type Simulation = z.output<typeof Simulation>;
