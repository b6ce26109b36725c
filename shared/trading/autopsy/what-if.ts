/**
 * What a closed trade would have made with another stop, target or size, on the prices that really came.
 *
 * Stops and targets are moved by a share of their distance from the entry and replayed as labels replay skipped
 * signals: one entry at the trade's average price, no later moves, stages or adds, a taker's fee both ways. Sizes scale
 * the trade's own result, and where the account's cost curve is known each side pays what the curve says more or less.
 */
import { type Amount, add, dec, max, mul, one, show, sub, zero } from "../../domain/money.ts";
import { curveBps, type SlippageCurve } from "../execution/cost.ts";
import { type Course, type Ended, type Imagined, imagine } from "../labels/counterfactual.ts";
import { outcomeOf, type Result } from "../labels/outcome.ts";

/** Shares of the distance from the entry, and of the size. */
const DISTANCE_CHANGES = ["-0.25", "-0.1", "0.1", "0.25"] as const;
const SIZE_CHANGES = ["-0.5", "-0.25", "0.25", "0.5"] as const;
const BPS_DIGITS = 8;
const PER_BPS = dec("0.0001");

export const WHAT_IFS = ["actual", "plan", "stop", "target", "size"] as const;
export interface WhatIf {
  readonly kind: (typeof WHAT_IFS)[number];
  /** The share by which it was changed: "-0.1". "0" for what was not. */
  readonly change: string;
  readonly stop_price?: string;
  readonly take_profit_price?: string;
  readonly qty: string;
  readonly exit_price?: string;
  /** stop, take_profit, or mark for what was still open where the path ends; of the trade itself its own word. */
  readonly how: string;
  readonly at?: number;
  readonly net_usdt: string;
  /** net / margin. */
  readonly roi: string;
}

/** A plan may lack a stop or a target: what is not there is never reached. */
export interface Plan extends Omit<Imagined, "stop" | "target"> {
  readonly stop: Amount | undefined;
  readonly target: Amount | undefined;
}
/** How it really went; notional is what was entered, USDT. */
export interface Actual extends Result {
  readonly qty: Amount;
  readonly notional: Amount;
  readonly exit: Amount | undefined;
  readonly how: string;
  readonly at: number | undefined;
}

/** `course` is undefined where the path is not known whole: then only sizes are told. */
export function whatIfs(of: {
  plan: Plan;
  actual: Actual;
  course: Course | undefined;
  curve: SlippageCurve | undefined;
}): WhatIf[] {
  const { plan, actual, course, curve } = of;
  const rows: WhatIf[] = [told("actual", "0", actual)];
  if (course && (plan.stop !== undefined || plan.target !== undefined)) {
    rows.push(replayed("plan", "0", plan, course));
    for (const kind of ["stop", "target"] as const) {
      if (plan[kind] === undefined) continue;
      for (const change of DISTANCE_CHANGES) {
        rows.push(replayed(kind, change, { ...plan, [kind]: moved(plan, plan[kind], change) }, course));
      }
    }
  }
  for (const change of SIZE_CHANGES) rows.push(told("size", change, sized(actual, change, curve)));
  return rows;
}

/** The level at another distance from the entry; never below zero. */
const moved = ({ entry }: Plan, level: Amount, change: string): Amount =>
  max(zero, add(entry, mul(sub(level, entry), add(one, dec(change)))));

/** So far from any price that no bar reaches it. */
const FAR = dec("1000000000000");

function replayed(kind: "plan" | "stop" | "target", change: string, plan: Plan, course: Course): WhatIf {
  const isLong = plan.side === "BUY";
  const stop = plan.stop ?? (isLong ? zero : FAR);
  const target = plan.target ?? (isLong ? FAR : zero);
  const ended: Ended = imagine({ ...plan, stop, target }, course);
  return {
    ...{ kind, change, qty: show(plan.qty), exit_price: show(ended.price), how: ended.how, at: ended.at },
    ...(plan.stop !== undefined && { stop_price: show(plan.stop) }),
    ...(plan.target !== undefined && { take_profit_price: show(plan.target) }),
    ...earned(ended),
  };
}

function sized(actual: Actual, change: string, curve: SlippageCurve | undefined): Actual {
  const factor = add(one, dec(change));
  const scaled = (amount: Amount): Amount => mul(amount, factor);
  const notional = scaled(actual.notional);
  const more = curve === undefined ? zero : impactOf(curve, [actual.notional, notional]);
  return {
    ...actual,
    ...{ qty: scaled(actual.qty), notional, fees: scaled(actual.fees), funding: scaled(actual.funding) },
    ...{ margin: scaled(actual.margin), gross: sub(scaled(actual.gross), more) },
  };
}

/** What getting in and out costs more at the new notional, by the curve; below zero it costs less. */
function impactOf(curve: SlippageCurve, [from, to]: readonly [Amount, Amount]): Amount {
  const [before, after] = [from, to].map((notional) => curveBps(curve, Number(show(notional)))) as [number, number];
  const bps = dec((after - before).toFixed(BPS_DIGITS));
  return mul(mul(add(to, to), bps), PER_BPS);
}

const told = (kind: "actual" | "size", change: string, actual: Actual): WhatIf => ({
  ...{ kind, change, qty: show(actual.qty), how: actual.how },
  ...(actual.exit !== undefined && { exit_price: show(actual.exit) }),
  ...(actual.at !== undefined && { at: actual.at }),
  ...earned(actual),
});

function earned(result: Result): Pick<WhatIf, "net_usdt" | "roi"> {
  const { net, roi } = outcomeOf(result);
  return { net_usdt: show(net), roi: show(roi) };
}
