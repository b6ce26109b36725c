/** What can be asked about promotions, and what is answered. */
import { z } from "@hono/zod-openapi";
import { Promotion, PromotionMode, PromotionStatus } from "../../shared/domain/promotion.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";

export const TRAFFIC_PCT_MAX = 50;
/** Two weeks. */
export const DURATION_H_MAX = 336;
const BundleId = z.string().min(1).max(64);

export const StageRequest = z
  .object({
    bundle_id: BundleId,
    /** Default: its newest draft. */
    rev: z.coerce.number().int().min(1).optional(),
  })
  .openapi("StageRequest");
export type StageRequest = z.output<typeof StageRequest>;

export const PromoteRequest = z
  .object({
    bundle_id: BundleId,
    /** The revision to put in force. ROLLBACK: the older one whose content comes back under a new, higher number. */
    to_rev: z.number().int().min(1),
    mode: PromotionMode,
    /** CANARY: its share of the triggers, 10 where it is absent. A RAMP has 50. */
    traffic_pct: z.number().min(1).max(TRAFFIC_PCT_MAX).optional(),
    /** CANARY and RAMP: for how long, from when all have it; 24 where it is absent. */
    duration_h: z.number().positive().max(DURATION_H_MAX).optional(),
    /** CANARY and RAMP: what comes by itself when it has stood to its end. HOLD: nothing, and its share ends. */
    afterwards: z.enum(["HOLD", "RAMP", "FULL"]).optional(),
    note: z.string().max(2_000).optional(),
  })
  .openapi("PromoteRequest");
export type PromoteRequest = z.output<typeof PromoteRequest>;

/** Beyond which it is taken back by itself; each is judged from its least sample on. */
export const GuardrailLimits = z
  .object({
    drawdown_usdt_max: z.string(),
    /** Once it is in force for all. */
    watch_drawdown_usdt_max: z.string(),
    roe_worse_max: z.number(),
    reject_rate_max: z.number(),
    auc_min: z.number(),
    brier_max: z.number(),
    trades_min: z.number().int(),
    entries_min: z.number().int(),
    labels_min: z.number().int(),
    watch_hours: z.number(),
  })
  .openapi("GuardrailLimits");

export const PromoteAnswer = z
  .object({
    promotion_id: z.string(),
    status: PromotionStatus,
    bundle_id: z.string(),
    rev: z.number().int(),
    hash: z.string(),
    guardrail: GuardrailLimits,
  })
  .openapi("PromoteAnswer");
export type PromoteAnswer = z.output<typeof PromoteAnswer>;

export const PromotionNamed = z.object({ promotion_id: z.string().min(1).max(64) });
export const AbortRequest = PromotionNamed.extend({ reason: z.string().min(1).max(2_000).optional() });
export type AbortRequest = z.output<typeof AbortRequest>;

export const PromotionListRequest = inOrder(
  z.object({
    bundle_id: BundleId.optional(),
    status: PromotionStatus.optional(),
    ...Period,
    ...Paging,
  }),
);
export type PromotionListRequest = z.output<typeof PromotionListRequest>;
/** Without what only the whole one tells. */
export const PromotionSummary = Promotion.omit({ services: true, timeline: true, gates: true }).openapi(
  "PromotionSummary",
);
export const PromotionListAnswer = ListOf(PromotionSummary);
export type PromotionListAnswer = z.output<typeof PromotionListAnswer>;
