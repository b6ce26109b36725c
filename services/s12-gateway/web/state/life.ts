/** An order's life as steps to read: what happened, how long after what came before, and what it was about. */

import type { OrderStory, TimelineEntry } from "../../../../shared/client/gen/types.ts";
import { type Amount, add, dec, div, mul, sum, zero } from "../../../../shared/domain/money.ts";
import type { Fill, LearntBy, Order } from "../../../../shared/domain/order.ts";

export interface Step {
  readonly key: string;
  readonly ts: number;
  /** Since the step before; undefined of the first. */
  readonly gapMs: number | undefined;
  readonly what: TimelineEntry["what"];
  readonly by: LearntBy;
  /** The router's own words; "" where all is said by the rest. */
  readonly detail: string;
  /** About the order that is looked at, or about the whole intent; false: about another order of the same intent. */
  readonly isOwn: boolean;
  readonly order: Order | undefined;
  /** Of a FILL step: its executions, oldest first, one after the other without anything between. */
  readonly fills: readonly Fill[];
}

/** Executions of one order that follow each other within this time are one step. */
const TOGETHER_MS = 1_000;

export function lifeOf({ order, orders, fills, timeline }: OrderStory): Step[] {
  const byOrder = new Map([...orders, order].map((each) => [each.client_order_id, each]));
  const byFill = new Map(fills.map((fill) => [`${fill.client_order_id} ${fill.fill_id}`, fill]));
  const steps: Step[] = [];
  for (const [index, entry] of timeline.entries()) {
    const id = entry.client_order_id ?? (byOrder.has(entry.ref) ? entry.ref : undefined);
    const fill = entry.what === "FILL" ? byFill.get(`${id} ${entry.ref}`) : undefined;
    const last = steps.at(-1);
    if (last && fill && joins(last, fill)) {
      steps[steps.length - 1] = { ...last, fills: [...last.fills, fill] };
      continue;
    }
    steps.push({
      key: `${index} ${entry.what} ${entry.ref}`,
      ts: entry.ts,
      gapMs: last && Math.max(0, entry.ts - endOf(last)),
      what: entry.what,
      by: entry.by,
      detail: entry.detail,
      isOwn: id === undefined || id === order.client_order_id,
      order: id === undefined ? undefined : byOrder.get(id),
      fills: fill ? [fill] : [],
    });
  }
  return steps;
}

const endOf = (step: Step): number => step.fills.at(-1)?.ts ?? step.ts;
const joins = (last: Step, fill: Fill): boolean =>
  last.fills[0]?.client_order_id === fill.client_order_id && fill.ts - endOf(last) <= TOGETHER_MS;

/** What some executions come to: quantity, average price, fees in USDT, slippage by quantity in bps. */
export interface FillSum {
  readonly qty: Amount;
  readonly price: Amount;
  readonly feeUsdt: Amount;
  readonly slippageBps: number;
  /** True, false, or undefined where both roles occur. */
  readonly maker: boolean | undefined;
}
export function sumOf(fills: readonly Fill[]): FillSum | undefined {
  const [first] = fills;
  const qty = sum(fills.map((fill) => dec(fill.qty)));
  if (!first || qty === zero) return undefined;
  const value = fills.reduce<Amount>((total, fill) => add(total, mul(dec(fill.qty), dec(fill.price))), zero);
  const weight = fills.reduce((total, fill) => total + Number(fill.qty), 0);
  return {
    qty,
    price: div(value, qty, "nearest"),
    feeUsdt: sum(fills.map((fill) => dec(fill.fee_usdt))),
    slippageBps: fills.reduce((total, fill) => total + fill.slippage_bps * Number(fill.qty), 0) / weight,
    maker: fills.every((fill) => fill.maker === first.maker) ? first.maker : undefined,
  };
}

export type StepTone = "plain" | "good" | "bad" | "warn" | "accent";
const TONES: Record<TimelineEntry["what"], StepTone> = {
  INTENT: "accent",
  PLAN: "plain",
  SUBMIT: "plain",
  ACK: "plain",
  FILL: "good",
  CANCEL: "plain",
  REJECT: "bad",
  EXPIRE: "plain",
  UNKNOWN: "warn",
  PROTECTION: "accent",
  RECONCILIATION: "warn",
  DONE: "plain",
};
export const toneOf = (what: TimelineEntry["what"]): StepTone => TONES[what];

/** From the first to the last thing that happened, ms. */
export const lastedMs = (timeline: readonly TimelineEntry[]): number =>
  (timeline.at(-1)?.ts ?? 0) - (timeline[0]?.ts ?? 0);

/** The span of a chart around it: as long again on both sides, a few bars at least. */
export function spanOf(timeline: readonly TimelineEntry[], barMs: number): { fromTs: number; toTs: number } {
  const fromTs = timeline[0]?.ts ?? 0;
  const toTs = timeline.at(-1)?.ts ?? fromTs;
  const marginMs = Math.max(BARS_AROUND_MIN * barMs, toTs - fromTs);
  return { fromTs: fromTs - marginMs, toTs: toTs + marginMs };
}
const BARS_AROUND_MIN = 20;
