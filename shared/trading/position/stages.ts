/** Staged take-profit: at each ROE of the plan, one share of the entry quantity leaves; the last stage takes the rest. */
import type { PositionRules } from "../../domain/bundle.ts";
import { type Amount, dec, max, min, mul, show, sub, sum, toStep, zero } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { roe } from "./trade.ts";

export type Stages = PositionRules["stages"];

export interface StageView {
  readonly trade: Trade;
  readonly price: Amount;
  readonly stages: Stages;
  readonly step_size: string;
  readonly min_qty: string;
  /** What an exit must be worth at least, USDT; "0" where the exchange takes any reduce-only order. */
  readonly min_notional: string;
}

export interface StageDecision {
  readonly qty: string;
  /** The number of stages done once this one is. */
  readonly stage: number;
  readonly reason: string;
}

/**
 * The next stage whose ROE is reached, one at a time. One too small to be sent waits and leaves with the next. Nothing:
 * not reached, all done, or less than can be sent.
 */
export function decideStage(view: StageView): StageDecision | undefined {
  const { trade } = view;
  const stages = view.stages.toSorted((a, b) => a.roe - b.roe);
  if (dec(trade.open_qty) === zero) return undefined;
  const now = roe(trade, view.price);
  for (let last = trade.stage; last < stages.length; last++) {
    const { roe: wanted } = stages[last] as Stages[number];
    if (now < wanted) return undefined;
    const qty = stageQty(view, stages, last);
    if (isSendable(view, qty)) return { qty: show(qty), stage: last + 1, reason: `stage ${last + 1}: ROE ${wanted}` };
  }
  return undefined;
}

/**
 * How many stages are done once an exit of `qty` is, which was asked for when `done` of them were: those that make up
 * that quantity, else the next one.
 */
export function stagesWith(view: Omit<StageView, "price">, { qty, done }: { qty: Amount; done: number }): number {
  const stages = view.stages.toSorted((a, b) => a.roe - b.roe);
  const asked = { ...view, price: dec(view.trade.avg_entry), trade: { ...view.trade, stage: done } };
  for (let last = done; last < stages.length; last++) {
    if (stageQty(asked, stages, last) === qty) return last + 1;
  }
  return Math.min(done + 1, stages.length);
}

/**
 * From the first stage not done to `last`, as the difference of two roundings of what should have left in all, so that
 * nothing is lost between stages. When the shares add up to all of it, the last one takes whatever is open; so does one
 * that would leave behind less than can be sent.
 */
function stageQty(view: StageView, stages: Stages, last: number): Amount {
  const { trade } = view;
  const open = dec(trade.open_qty);
  const closesAll = last === stages.length - 1 && shareOf(stages, stages.length) >= dec("1");
  if (closesAll) return open;
  const upTo = (count: number) =>
    toStep(mul(dec(trade.entry_qty), shareOf(stages, count)), dec(view.step_size), "down");
  const qty = min(max(zero, sub(upTo(last + 1), upTo(trade.stage))), open);
  return isSendable(view, qty) && !isSendable(view, sub(open, qty)) ? open : qty;
}

const shareOf = (stages: Stages, count: number): Amount => sum(stages.slice(0, count).map(({ close }) => dec(close)));

const isSendable = (view: StageView, qty: Amount): boolean =>
  qty > zero && qty >= dec(view.min_qty) && mul(qty, view.price) >= dec(view.min_notional);
