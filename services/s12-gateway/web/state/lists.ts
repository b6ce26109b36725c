/** How live events change the lists the page shows: newest first, one entry per id, bounded. */
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { Alert, OrderResult, PositionEvent } from "../../../../shared/streams.ts";
import type { AlertRow } from "../api/shapes.ts";

export const LIST_MAX = 500;

interface ListRule<T> {
  key: (item: T) => string;
  ts: (item: T) => number;
  /** True when `next` is newer than what is shown and may replace it. */
  supersedes: (next: T, shown: T) => boolean;
}

/** Puts `items` into `list`; returns the same array when nothing changed, so that nothing is drawn again. */
function put<T>(list: readonly T[], items: readonly T[], rule: ListRule<T>, max = LIST_MAX): readonly T[] {
  const byKey = new Map(list.map((item) => [rule.key(item), item]));
  let changed = false;
  for (const item of items) {
    const shown = byKey.get(rule.key(item));
    if (shown !== undefined && !rule.supersedes(item, shown)) continue;
    byKey.set(rule.key(item), item);
    changed = true;
  }
  if (!changed) return list;
  return [...byKey.values()].sort((a, b) => rule.ts(b) - rule.ts(a)).slice(0, max);
}

const ORDERS: ListRule<Order> = {
  key: (o) => o.client_order_id,
  ts: (o) => o.created_at,
  supersedes: (next, shown) => next.updated_at >= shown.updated_at,
};
const FILLS: ListRule<Fill> = {
  key: (f) => `${f.instrument}/${f.fill_id}`,
  ts: (f) => f.ts,
  supersedes: () => false,
};
const DECISIONS: ListRule<Decision> = { key: (d) => d.signal_id, ts: (d) => d.ts, supersedes: () => false };
const TRADES: ListRule<Trade> = {
  key: (t) => t.trade_id,
  ts: (t) => t.opened_at,
  supersedes: (next, shown) => next.seq > shown.seq || next.updated_at >= shown.updated_at,
};

export const putOrders = (list: readonly Order[], orders: readonly Order[]) => put(list, orders, ORDERS);
/** Pages of older orders under what live events have told since; as long as the person has asked for. */
export const mergeOrders = (pages: readonly Order[], live: readonly Order[]) =>
  put([], [...pages, ...live], ORDERS, Number.POSITIVE_INFINITY);
export const putFills = (list: readonly Fill[], fills: readonly Fill[]) => put(list, fills, FILLS);
export const putDecisions = (list: readonly Decision[], made: readonly Decision[]) => put(list, made, DECISIONS);
export const putTrades = (list: readonly Trade[], trades: readonly Trade[]) => put(list, trades, TRADES);

/** The same of trades. */
export const mergeTrades = (pages: readonly Trade[], live: readonly Trade[]) =>
  put([], [...pages, ...live], TRADES, Number.POSITIVE_INFINITY);

/** The same of decisions. */
export const mergeDecisions = (pages: readonly Decision[], live: readonly Decision[]) =>
  put([], [...pages, ...live], DECISIONS, Number.POSITIVE_INFINITY);

export const foldOrders = (list: readonly Order[], result: OrderResult) => putOrders(list, result.orders);
export const foldFills = (list: readonly Fill[], result: OrderResult) =>
  putFills(list, [...result.fills, ...result.answer.fills]);
export const foldDecision = (list: readonly Decision[], decision: Decision) => putDecisions(list, [decision]);
export const foldTrades = (list: readonly Trade[], event: PositionEvent) => putTrades(list, [event.trade]);

/** A repeat of a known alert is counted and moves up; another is added. */
export function foldAlert(list: readonly AlertRow[], alert: Alert): readonly AlertRow[] {
  const known = list.find((row) => row.alert_id === alert.alert_id);
  if (known && known.ts >= alert.ts) return list;
  const row: AlertRow = { ...known, ...alert, count: (known?.count ?? 0) + 1 };
  return [row, ...list.filter((other) => other !== known)].slice(0, LIST_MAX);
}

const TERMINAL = new Set(["FILLED", "CANCELED", "REJECTED", "EXPIRED"]);
export const isOpenOrder = (order: Order): boolean => !TERMINAL.has(order.status);
export const isOpenTrade = (trade: Trade): boolean =>
  trade.status === "ACTIVE" || trade.status === "PENDING_CLOSING" || trade.status === "PENDING_ENTRY";
export const isClosedTrade = (trade: Trade): boolean => trade.status === "CLOSED";
