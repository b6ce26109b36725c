/** Pages of an account's orders and trades on one instrument, as both markets ask for them. */
import type { Listing } from "../../../shared/engine/listing.ts";
import type { VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import type { Call } from "./desk.ts";
import { errors } from "./errors.ts";
import type { Params } from "./request.ts";

const PAGE_DEFAULT = 500;
const PAGE_MAX = 1_000;
const DAY_MS = 24 * 60 * 60_000;

/** Throws −1127 for more than a day between the times, as spot does. */
export function checkDay(params: Params): void {
  const [start, end] = [params.int("startTime"), params.int("endTime")];
  if (start !== undefined && end !== undefined && end - start > DAY_MS) throw errors.hours(24);
}

/** From `orderId` on, or within the times, oldest first; without either, the newest. */
export function pageOrders(call: Call, listing: Listing): VenueOrder[] {
  const { params } = call;
  const [from, start, end] = [params.int("orderId"), params.int("startTime"), params.int("endTime")];
  const limit = params.limit(PAGE_DEFAULT, PAGE_MAX);
  const all = call.desk.exchange.state.ordersOf(call.account, listing.instrument);
  if (from === undefined && start === undefined && end === undefined) return all.slice(-limit);
  const rows = all.filter(
    (order) =>
      (from === undefined || order.order_id >= from) &&
      (start === undefined || order.created_at >= start) &&
      (end === undefined || order.created_at <= end),
  );
  return from === undefined && start === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}

/** From trade `fromId` on, or within the times, oldest first; without either, the newest. */
export function pageTrades(call: Call, listing: Listing): VenueTrade[] {
  const { params } = call;
  const [from, orderId] = [params.int("fromId"), params.int("orderId")];
  const [start, end] = [params.int("startTime"), params.int("endTime")];
  const limit = params.limit(PAGE_DEFAULT, PAGE_MAX);
  const all = call.desk.exchange.state.tradesOf(call.account, listing.instrument);
  if (from === undefined && orderId === undefined && start === undefined && end === undefined) return all.slice(-limit);
  const rows = all.filter(
    (trade) =>
      (from === undefined || trade.trade_id >= from) &&
      (orderId === undefined || trade.order_id === orderId) &&
      (start === undefined || trade.at >= start) &&
      (end === undefined || trade.at <= end),
  );
  return from === undefined && start === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}
