/** How an order's state grows from what the exchange says of it: forwards only. */
import { type Amount, dec, max, mul, show, sub, sum, zero } from "../../domain/money.ts";
import {
  type Fill,
  isTerminal,
  type LearntBy,
  MOMENTS_MAX,
  type Order,
  type OrderMoment,
  type OrderStatus,
} from "../../domain/order.ts";

/** What an answer, a query or the account stream says of an order. */
export interface OrderReport {
  readonly status: OrderStatus;
  readonly order_id?: string | undefined;
  readonly filled_qty: string;
  readonly avg_price?: string | undefined;
  readonly message?: string | undefined;
  /** We concluded it ourselves: no acknowledgement by the exchange. */
  readonly inferred?: boolean;
}

/** Who told of a change, and when, epoch ms. */
export interface Told {
  readonly by: LearntBy;
  readonly now: number;
}

/** UNKNOWN stands where SENT does: any word of the exchange is later than it. */
const PROGRESS: Record<OrderStatus, number> = {
  PENDING: 0,
  SENT: 1,
  UNKNOWN: 1,
  NEW: 2,
  PARTIALLY_FILLED: 3,
  FILLED: 4,
  CANCELED: 4,
  REJECTED: 4,
  EXPIRED: 4,
};

/**
 * The order after a report. Executed quantity never falls and terminal states absorb, so reports may come twice, late
 * or in any order. The same value comes back when the report says nothing new.
 */
export function mergeReport(order: Order, report: OrderReport, { by, now }: Told): Order {
  const filled = max(dec(order.filled_qty), dec(report.filled_qty));
  const status = laterStatus(order, report.status, filled);
  // A conditional order gets another id when it triggers; once it has traded, its id is settled.
  const traded = order.filled_qty !== "0" || isTerminal(order.status);
  const order_id = traded ? (order.order_id ?? report.order_id) : (report.order_id ?? order.order_id);
  const avg_price = filled > dec(order.filled_qty) ? (report.avg_price ?? order.avg_price) : order.avg_price;
  const message = report.message ?? order.message;
  const unchanged =
    status === order.status &&
    filled === dec(order.filled_qty) &&
    order_id === order.order_id &&
    message === order.message;
  if (unchanged) return order;
  const said = report.inferred !== true && PROGRESS[status] >= PROGRESS.NEW;
  const acked = said ? (order.acked_at ?? now) : order.acked_at;
  const grown = status !== order.status || filled !== dec(order.filled_qty);
  const filled_qty = show(filled);
  const moment = { ts: now, status, by, ...(filled > zero ? { filled_qty } : {}), ...detailOf(report.message) };
  return {
    ...order,
    status,
    filled_qty,
    ...(order_id === undefined ? {} : { order_id }),
    ...(avg_price === undefined ? {} : { avg_price }),
    ...(message === undefined ? {} : { message }),
    ...(acked === undefined ? {} : { acked_at: acked }),
    ...(grown ? { story: storyWith(order, moment) } : {}),
    updated_at: now,
  };
}

const detailOf = (detail: string | undefined) => (detail === undefined ? {} : { detail });

/** The order's story and one more moment. Of a very long one the beginning and the end are kept. */
export function storyWith({ story = [] }: Order, moment: OrderMoment): OrderMoment[] {
  if (story.length < MOMENTS_MAX) return [...story, moment];
  const middle = MOMENTS_MAX / 2;
  return [...story.slice(0, middle), ...story.slice(story.length - MOMENTS_MAX + middle + 1), moment];
}

function laterStatus(order: Order, reported: OrderStatus, filled: Amount): OrderStatus {
  if (isTerminal(order.status)) return order.status;
  if (filled >= dec(order.qty)) return "FILLED";
  const status = PROGRESS[reported] > PROGRESS[order.status] ? reported : order.status;
  // The exchange cut a reduce-only order to the position: what it kept is filled, the rest will never trade.
  if (status === "FILLED") return "EXPIRED";
  if (isTerminal(status) || filled === zero) return status;
  return "PARTIALLY_FILLED";
}

/** About to leave for the exchange. */
export const markSent = (order: Order, now: number): Order => ({
  ...order,
  status: "SENT",
  sent_at: now,
  story: storyWith(order, { ts: now, status: "SENT", by: "ROUTER" }),
  updated_at: now,
});

/** Sent, and nobody has said what became of it. Never from a terminal state, nor once it was acknowledged. */
export function markUnknown(order: Order, message: string, { by, now }: Told): Order {
  if (order.status === "UNKNOWN" || PROGRESS[order.status] >= PROGRESS.NEW) return order;
  const story = storyWith(order, { ts: now, status: "UNKNOWN", by, detail: message });
  return { ...order, status: "UNKNOWN", message, story, updated_at: now };
}

/** True while the order may still trade. */
export const isLive = (order: Order): boolean => !isTerminal(order.status);

/** What the exchange said was executed and we hold no fill of: its fills are still to be asked for. */
export function missingQty(order: Order, fills: readonly Fill[]): Amount {
  const known = sum(fills.filter((f) => f.client_order_id === order.client_order_id).map((f) => dec(f.qty)));
  return max(zero, sub(dec(order.filled_qty), known));
}

/** Quantity and notional of the fills together. */
export const executed = (fills: readonly Fill[]): { qty: Amount; notional: Amount } => ({
  qty: sum(fills.map((f) => dec(f.qty))),
  notional: sum(fills.map((f) => mul(dec(f.qty), dec(f.price)))),
});
