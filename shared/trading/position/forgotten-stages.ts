/** Stages whose asking is not in the books, as after a restore: their fills tell of them, and they count as taken. */
import type { Instrument } from "../../domain/instrument.ts";
import { dec } from "../../domain/money.ts";
import type { Fill, Intent } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { seqOf } from "./ask.ts";
import { stagesWith } from "./stages.ts";
import { paramsOf, withParams } from "./trade-params.ts";

interface Told {
  readonly listing: Pick<Instrument, "step_size" | "min_qty" | "min_notional" | "market"> | undefined;
  /** What was asked for. */
  readonly intent: Pick<Intent, "qty"> | undefined;
}

/** The trade as it was before this fill of a stage, knowing that the stage was asked for. */
export function withStageOf(trade: Trade, { intent_id, qty }: Pick<Fill, "intent_id" | "qty">, told: Told): Trade {
  const seq = seqOf(trade.trade_id, "TP", intent_id);
  if (seq === undefined) return trade;
  const { pending, undo, ...params } = paramsOf(trade);
  if (pending?.intent_id === intent_id) {
    // It was carried out, whatever the answer to this ask is.
    return withParams(trade, { ...params, pending });
  }
  // Before stages were noted one by one, the number alone tells.
  if (params.taken?.includes(intent_id) ?? seq <= trade.seq) return trade;
  // What was asked for meanwhile was another name for the same stage.
  const isAsking = pending?.kind === "TP";
  const done = (isAsking ? undo?.stage : undefined) ?? trade.stage;
  const { listing, intent } = told;
  const limits = {
    step_size: listing?.step_size ?? "0.00000001",
    min_qty: listing?.min_qty ?? "0",
    min_notional: listing?.market === "SPOT" ? listing.min_notional : "0",
  };
  const view = { trade, stages: params.rules.stages, ...limits };
  return withParams(
    { ...trade, seq: Math.max(trade.seq, seq), stage: stagesWith(view, { qty: dec(intent?.qty ?? qty), done }) },
    {
      ...params,
      ...(!isAsking && { ...(pending && { pending }), ...(undo && { undo }) }),
      taken: [...(params.taken ?? []), intent_id],
    },
  );
}
