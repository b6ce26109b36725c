/** What an intent's caller is told, computed from its stored orders and fills. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import { dec, div, show, sum, zero } from "../../domain/money.ts";
import { type Fill, isTerminal, type Order, type OrderAnswer } from "../../domain/order.ts";
import { executed } from "./order-state.ts";
import type { Plan } from "./plan.ts";

export const planOf = (record: IntentRecord): Plan => record.plan as Plan;

/** Legs of the intent's own orders; protective ones are `sl…` and `tp…`. */
export const isOwnLeg = (order: Order): boolean => order.leg.startsWith("e");

export interface IntentFacts {
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  /** Set while this intent's position is held. */
  readonly holding: Holding | undefined;
}

export function answerOf(record: IntentRecord, facts: IntentFacts): OrderAnswer {
  const own = facts.orders.filter(isOwnLeg);
  const ids = new Set(own.map((order) => order.client_order_id));
  const fills = facts.fills.filter((fill) => ids.has(fill.client_order_id));
  const filled = sum(own.map((order) => dec(order.filled_qty)));
  const { qty, notional } = executed(fills);
  const message = own.findLast((order) => order.message !== undefined)?.message ?? record.answer.message;
  const protection = protectionOf(facts);
  return {
    intent_id: record.intent_id,
    status: statusOf(record, own),
    order_ids: own.flatMap((order) => order.order_id ?? []),
    client_order_ids: own.map((order) => order.client_order_id),
    ...(qty > zero ? { avg_price: show(div(notional, qty, "nearest")) } : {}),
    filled_qty: show(filled),
    fills: [...fills],
    ...(protection ? { protection } : {}),
    ...(message === undefined ? {} : { message }),
  };
}

function statusOf(record: IntentRecord, own: readonly Order[]): OrderAnswer["status"] {
  const plan = planOf(record);
  const filled = sum(own.map((order) => dec(order.filled_qty)));
  if (record.state === "RUNNING") {
    if (own.some((order) => order.status === "UNKNOWN")) return "UNKNOWN";
    const resting = plan.style === "LIMIT" && own.some((order) => order.status === "NEW");
    return resting ? "ACCEPTED" : "WORKING";
  }
  if (plan.style.startsWith("MOVE")) return plan.cancel_reason === undefined ? "ACCEPTED" : "CANCELED";
  if (filled > zero) return filled >= dec(plan.qty) ? "FILLED" : "PARTIALLY_FILLED";
  const last = own.at(-1)?.status;
  return last === "REJECTED" || last === "EXPIRED" ? last : "CANCELED";
}

function protectionOf({ orders, holding }: IntentFacts): OrderAnswer["protection"] {
  const standing = (kind: "SL" | "TP") =>
    orders.findLast((order) => order.kind === kind && !isOwnLeg(order) && !isTerminal(order.status))?.order_id;
  const stop_order_id = standing("SL");
  const take_profit_order_id = standing("TP");
  const guard_armed = holding?.guard ?? false;
  if (stop_order_id === undefined && take_profit_order_id === undefined && !guard_armed) return undefined;
  return {
    ...(stop_order_id === undefined ? {} : { stop_order_id }),
    ...(take_profit_order_id === undefined ? {} : { take_profit_order_id }),
    guard_armed,
  };
}

/** 200 when nothing more will happen by itself, 202 while a plan runs. */
export const statusCode = (answer: OrderAnswer): number =>
  answer.status === "WORKING" || answer.status === "UNKNOWN" ? 202 : 200;
