/** What S4 keeps of how it executes: plans with their slices, and what executing has cost. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId } from "../domain/instrument.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const PlanSlice = z.object({
  number: z.number().int(),
  qty: Decimal,
  /** Not before this, epoch ms. */
  due_at: z.number(),
  state: z.enum(["WAITING", "SENT", "DONE", "DROPPED"]),
  filled_qty: Decimal,
  client_order_ids: z.array(z.string()),
});
export type PlanSlice = z.output<typeof PlanSlice>;

/** How one intent is executed: the readable form of its plan, written with it. */
export const ExecutionPlan = z
  .object({
    intent_id: z.string(),
    account: Account,
    instrument: InstrumentId,
    style: z.string(),
    /** The figures it was chosen by. */
    why: z.string(),
    qty: Decimal,
    slices: z.array(PlanSlice),
    /** Expected cost of each way, bps of notional, as far as it was weighed. */
    expected: z.object({ maker_bps: z.number(), taker_bps: z.number() }).optional(),
    state: z.enum(["RUNNING", "DONE"]),
    created_at: z.number(),
    updated_at: z.number(),
  })
  .openapi("ExecutionPlan");
export type ExecutionPlan = z.output<typeof ExecutionPlan>;
export const executionPlans = collection({
  name: "execution_plans",
  about: "How each intent is executed: its slices and why so, in readable form",
  owner: "s04",
  schema: ExecutionPlan,
  key: (p) => p.intent_id,
  indexes: [["created_at"], ["state", "created_at"], ["instrument", "created_at"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});

/** Slippage of taker orders against notional on one instrument, fitted from our own fills. */
export const CostCurve = z
  .object({
    instrument: InstrumentId,
    /** slippage_bps ≈ base_bps + slope_bps · sqrt(notional_usdt / 1000). */
    base_bps: z.number(),
    slope_bps: z.number(),
    fills: z.number().int(),
    /** Mean absolute error of the fit, bps. */
    error_bps: z.number(),
    /** Share of posted quantity that was filled as a maker, and how often it was posted. */
    maker_fill_share: z.number().optional(),
    maker_posts: z.number().int(),
    from_ts: z.number(),
    fitted_at: z.number(),
  })
  .openapi("CostCurve");
export type CostCurve = z.output<typeof CostCurve>;
export const costCurves = collection({
  name: "cost_curves",
  about: "What executing has cost on each instrument, fitted from our own fills",
  owner: "s04",
  schema: CostCurve,
  key: (c) => c.instrument,
  shardKey: "instrument",
});
