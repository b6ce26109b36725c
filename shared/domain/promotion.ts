/** Promotions: how a revision comes into force in steps, what it must pass, what both arms did, and why it was taken back. */
import { z } from "@hono/zod-openapi";
import { Decimal } from "./instrument.ts";

export const PromotionMode = z.enum(["CANARY", "RAMP", "FULL", "ROLLBACK"]);
export type PromotionMode = z.output<typeof PromotionMode>;
export const PromotionStatus = z.enum(["PENDING", "ACTIVE", "DONE", "ROLLED_BACK", "ABORTED"]);
export type PromotionStatus = z.output<typeof PromotionStatus>;

/** `NOT_ENOUGH`: too little is known to say; it stands in nobody's way. */
export const GateResult = z
  .object({
    name: z.enum(["lint", "dry_run", "simulation", "robustness", "health", "steps"]),
    state: z.enum(["PASSED", "FAILED", "NOT_ENOUGH"]),
    value: z.union([z.number(), z.string()]).nullable(),
    limit: z.union([z.number(), z.string()]).nullable(),
    detail: z.string(),
  })
  .openapi("GateResult");
export type GateResult = z.output<typeof GateResult>;

/**
 * What one arm really did since the promotion began; of a FULL, `stable` is what the revision before it did last. Money in USDT; a figure without a sample is null. */
export const ArmFigures = z
  .object({
    rev: z.number().int(),
    signals: z.number().int(),
    decisions: z.number().int(),
    opened: z.number().int(),
    /** Entries asked of the router, and those refused or come to nothing. */
    entries: z.number().int(),
    rejected: z.number().int(),
    reject_rate: z.number().nullable(),
    trades_closed: z.number().int(),
    trades_open: z.number().int(),
    /** Net of fees and funding, of what was realised. */
    pnl_usdt: Decimal,
    /** Mean of pnl / margin over closed trades. */
    roe_mean: z.number().nullable(),
    /** From the peak of the arm's own realised curve, USDT. */
    drawdown_usdt: Decimal,
    labels: z.number().int(),
    auc: z.number().nullable(),
    brier: z.number().nullable(),
    /** Realised net USDT since the beginning, by time; at most 300 points. */
    curve: z.array(z.tuple([z.number(), z.number()])).max(300),
  })
  .openapi("ArmFigures");
export type ArmFigures = z.output<typeof ArmFigures>;

export const GuardrailVerdict = z
  .object({
    name: z.enum(["drawdown", "pnl", "reject_rate", "auc", "brier"]),
    state: z.enum(["OK", "BREACHED", "NOT_ENOUGH"]),
    value: z.union([z.number(), z.string()]).nullable(),
    limit: z.union([z.number(), z.string()]),
    sample: z.number().int(),
    sample_min: z.number().int(),
    detail: z.string(),
  })
  .openapi("GuardrailVerdict");
export type GuardrailVerdict = z.output<typeof GuardrailVerdict>;

/** What one replica of a service says of the revisions it runs. */
export const RevisionHeld = z
  .object({
    service: z.string(),
    replica: z.string(),
    rev: z.number().int(),
    canary_rev: z.number().int().optional(),
    /** AWAY: it does not answer. REFUSED: it could not load the newest, and goes on with the one before. */
    state: z.enum(["HAS", "WAITING", "REFUSED", "AWAY"]),
    error: z.string().optional(),
  })
  .openapi("RevisionHeld");
export type RevisionHeld = z.output<typeof RevisionHeld>;

/** What happened to a promotion, in order. */
export const PromotionStep = z.object({
  ts: z.number(),
  what: z.enum([
    "ASKED",
    "GATES_PASSED",
    "TOLD",
    "HELD_BY_ALL",
    "REVISED",
    "BREACHED",
    "TAKEN_BACK",
    "ENDED",
    "FOLLOWED",
    "WATCH_ENDED",
  ]),
  detail: z.string(),
});
export type PromotionStep = z.output<typeof PromotionStep>;

/** A FULL under guardrails after it has come into force. */
export const PromotionWatch = z
  .object({
    /** By the revision before it. */
    hours: z.number(),
    /** ENDED: something else came into force. */
    state: z.enum(["WATCHING", "STOOD", "TAKEN_BACK", "ENDED"]),
    /** Known once all have it. */
    until: z.number().optional(),
  })
  .openapi("PromotionWatch");
export type PromotionWatch = z.output<typeof PromotionWatch>;

/** What a revision has realised through all the steps that it came in, USDT: what its drawdown is judged by. */
export const RevisionRealised = z
  .object({
    /** When its first step began. */
    since: z.number(),
    trades_closed: z.number().int(),
    pnl_usdt: Decimal,
    drawdown_usdt: Decimal,
    curve: z.array(z.tuple([z.number(), z.number()])).max(300),
  })
  .openapi("RevisionRealised");
export type RevisionRealised = z.output<typeof RevisionRealised>;

export const Promotion = z
  .object({
    promotion_id: z.string(),
    mode: PromotionMode,
    status: PromotionStatus,
    bundle_id: z.string(),
    /** What was in force for all when it began; the revision asked for; what carries that content (ROLLBACK: a new one). */
    from_rev: z.number().int(),
    to_rev: z.number().int(),
    rev: z.number().int(),
    hash: z.string(),
    traffic_pct: z.number().optional(),
    duration_h: z.number().optional(),
    /** What comes by itself when it has stood to its end; HOLD: nothing, all triggers belong to the stable revision again. */
    afterwards: z.enum(["HOLD", "RAMP", "FULL"]).optional(),
    /** The promotion before it, and the one that came of it. */
    follows: z.string().optional(),
    next: z.string().optional(),
    author: z.string(),
    /** Why it was asked for; and why it ended otherwise than planned. */
    note: z.string().optional(),
    reason: z.string().optional(),
    gates: z.array(GateResult),
    guardrails: z.array(GuardrailVerdict),
    stable: ArmFigures.optional(),
    canary: ArmFigures.optional(),
    realised: RevisionRealised.optional(),
    watch: PromotionWatch.optional(),
    services: z.array(RevisionHeld),
    timeline: z.array(PromotionStep),
    created_at: z.number(),
    /** When all had it. */
    started_at: z.number().optional(),
    until: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("Promotion");
export type Promotion = z.output<typeof Promotion>;
