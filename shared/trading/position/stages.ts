/** Staged take-profit: at each ROE of the plan, one share of the entry quantity leaves; the last stage takes the rest. */
import type { PositionRules } from "../../domain/bundle.ts";
import { type Amount, dec, min, mul, show, sum, toStep, zero } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { roe } from "./trade.ts";

export type Stages = PositionRules["stages"];

export interface StageView {
  readonly trade: Trade;
  readonly price: Amount;
  readonly stages: Stages;
  readonly step_size: string;
  readonly min_qty: string;
}

export interface StageDecision {
  readonly qty: string;
  /** The number of stages done once this one is. */
  readonly stage: number;
  readonly reason: string;
}

/** The next stage whose ROE is reached, one at a time. Nothing: not reached, all done, or less than can be sent. */
export function decideStage(view: StageView): StageDecision | undefined {
  const { trade } = view;
  const stages = view.stages.toSorted((a, b) => a.roe - b.roe);
  const next = stages[trade.stage];
  if (!next || dec(trade.open_qty) === zero || roe(trade, view.price) < next.roe) return undefined;
  const qty = stageQty(view, stages);
  // A stage too small to be sent is passed over; the last one takes its share along.
  if (qty < dec(view.min_qty) || qty <= zero) {
    return decideStage({ ...view, trade: { ...trade, stage: trade.stage + 1 } });
  }
  return { qty: show(qty), stage: trade.stage + 1, reason: `stage ${trade.stage + 1}: ROE ${next.roe}` };
}

/** Whole steps; when the shares add up to all of it, the last stage takes whatever rounding left. */
function stageQty({ trade, step_size }: StageView, stages: Stages): Amount {
  const open = dec(trade.open_qty);
  const closesAll = sum(stages.map((stage) => dec(stage.close))) >= dec("1");
  if (closesAll && trade.stage === stages.length - 1) return open;
  const share = stages[trade.stage]?.close ?? 0;
  return min(toStep(mul(dec(trade.entry_qty), dec(share)), dec(step_size), "down"), open);
}
