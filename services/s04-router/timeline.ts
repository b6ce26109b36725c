/** An intent's life as one list of moments, put together from its record, its orders' stories and its fills. */
import type { ExecutionPlan } from "../../shared/collections/execution.ts";
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { add, dec, show, zero } from "../../shared/domain/money.ts";
import type { Fill, LearntBy, Order, OrderMoment, OrderStatus } from "../../shared/domain/order.ts";
import { isOwnLeg, planOf } from "../../shared/trading/execution/answers.ts";
import { missingQty } from "../../shared/trading/execution/order-state.ts";
import type { TimelineEntry, TimelineWhat } from "./order-story.ts";

export interface Kept {
  readonly intent: IntentRecord;
  readonly plan?: ExecutionPlan | undefined;
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
}

/** In the order of time; what happened in the same millisecond stays in the order of cause. */
export function timelineOf({ intent: record, plan, orders, fills }: Kept): TimelineEntry[] {
  const entries = [...beginning(record, plan)];
  for (const order of orders) {
    const mine = fills.filter((fill) => fill.client_order_id === order.client_order_id);
    const moments = momentsOf(order, mine);
    const isEnd = ({ what }: TimelineEntry) => what === "CANCEL" || what === "REJECT" || what === "EXPIRE";
    entries.push(...moments.filter((one) => !isEnd(one)), ...fillsOf(order, mine), ...moments.filter(isEnd));
  }
  const ended = record.done_at ?? (record.state === "DONE" ? record.updated_at : undefined);
  if (ended !== undefined) {
    const { intent_id, answer } = record;
    const message = answer.message === undefined ? "" : `: ${answer.message}`;
    entries.push({ ts: ended, what: "DONE", ref: intent_id, by: "ROUTER", detail: `${answer.status}${message}` });
  }
  return entries.sort((a, b) => a.ts - b.ts);
}

function beginning({ intent, decision, plan, intent_id, created_at }: IntentRecord, kept: ExecutionPlan | undefined) {
  const size = intent.qty ?? (intent.notional_usdt === undefined ? "all" : `${intent.notional_usdt} USDT`);
  const asked = `${intent.kind} ${intent.side} ${size} ${intent.instrument}`;
  const reason = decision === undefined ? "" : `: ${decision.decision.reason}`;
  const { style, why } = kept ?? planOf({ plan } as IntentRecord);
  const about = { ts: created_at, ref: intent_id, by: "ROUTER" as const };
  const entries: TimelineEntry[] = [{ ...about, what: "INTENT", detail: `${asked}${reason}` }];
  // Orders that others made have no plan of ours.
  if (style !== undefined) entries.push({ ...about, what: "PLAN", detail: why ? `${style}: ${why}` : style });
  return entries;
}

const WHAT: Partial<Record<OrderStatus, TimelineWhat>> = {
  SENT: "SUBMIT",
  UNKNOWN: "UNKNOWN",
  NEW: "ACK",
  CANCELED: "CANCEL",
  REJECTED: "REJECT",
  EXPIRED: "EXPIRE",
};

function momentsOf(order: Order, fills: readonly Fill[]): TimelineEntry[] {
  const lacks = missingQty(order, fills) > zero;
  return (order.story ?? []).flatMap((moment) => {
    // Executions are told by their fills, each with its price, as soon as those are here.
    const executed = moment.status === "PARTIALLY_FILLED" || moment.status === "FILLED";
    if (executed && !lacks && moment.by !== "RECONCILIATION") return [];
    return [entryOf(order, moment, executed ? "FILL" : WHAT[moment.status])];
  });
}

function entryOf(order: Order, moment: OrderMoment, told: TimelineWhat = "ACK"): TimelineEntry {
  const { client_order_id, leg } = order;
  const mended = moment.by === "RECONCILIATION";
  const what = mended ? "RECONCILIATION" : told === "ACK" && !isOwnLeg(order) ? "PROTECTION" : told;
  const price = order.price ?? order.stop_price;
  const asked = told === "SUBMIT" || told === "ACK";
  const filled = moment.filled_qty === undefined ? "" : `${moment.filled_qty} of ${order.qty} filled`;
  const terms = asked ? `${order.kind} ${order.type} ${order.side} ${order.qty}${price ? ` at ${price}` : ""}` : "";
  const detail = [mended ? moment.status : "", terms, filled, moment.detail].filter(Boolean).join(", ");
  return {
    ts: moment.ts,
    what,
    ref: client_order_id,
    by: moment.by,
    detail,
    client_order_id,
    leg,
    ...(asked ? { qty: order.qty, ...(price === undefined ? {} : { price }) } : {}),
  };
}

function fillsOf(order: Order, fills: readonly Fill[]): TimelineEntry[] {
  let filled = zero;
  return [...fills]
    .sort((a, b) => a.ts - b.ts)
    .map((fill) => {
      filled = add(filled, dec(fill.qty));
      const { client_order_id, price, qty } = fill;
      const role = fill.maker ? "maker" : "taker";
      const detail = `${fill.side} ${qty} at ${price}, ${role}, fee ${fill.fee} ${fill.fee_asset}`;
      const by = learntBy(order, show(filled));
      return { ts: fill.ts, what: "FILL", ref: fill.fill_id, by, detail, client_order_id, leg: order.leg, price, qty };
    });
}

/** Whoever told first that so much is executed. */
function learntBy(order: Order, filled: string): LearntBy {
  const first = order.story?.find(({ filled_qty }) => filled_qty !== undefined && dec(filled_qty) >= dec(filled));
  return first?.by ?? "STREAM";
}
