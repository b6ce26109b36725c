/** Which orders the list shows: kept in the address, asked of the router, and held against live events. */
import type { Inputs } from "../../../../shared/client/gen/types.ts";
import type { IntentKind, Order, OrderStatus } from "../../../../shared/domain/order.ts";
import { isOpenOrder } from "./lists.ts";

const STATUS_NAMES: Record<OrderStatus, true> = {
  PENDING: true,
  SENT: true,
  NEW: true,
  PARTIALLY_FILLED: true,
  UNKNOWN: true,
  FILLED: true,
  CANCELED: true,
  REJECTED: true,
  EXPIRED: true,
};
const KIND_NAMES: Record<IntentKind, true> = { ENTRY: true, ADD: true, EXIT: true, TP: true, SL: true };
export const STATUSES = Object.keys(STATUS_NAMES) as OrderStatus[];
export const KINDS = Object.keys(KIND_NAMES) as IntentKind[];

const HOUR_MS = 3_600_000;
const WITHIN_MS = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS } as const;
export const WITHINS = ["all", "1h", "24h", "7d", "30d"] as const;
export type Within = (typeof WITHINS)[number];

export interface OrderFilters {
  /** An instrument, or "" for all. */
  readonly of: string;
  readonly status: OrderStatus | "";
  readonly kind: IntentKind | "";
  readonly working: boolean;
  readonly within: Within;
}
export const NO_FILTERS: OrderFilters = { of: "", status: "", kind: "", working: false, within: "all" };

export const isFiltered = (filters: OrderFilters): boolean =>
  (Object.keys(NO_FILTERS) as (keyof OrderFilters)[]).some((name) => filters[name] !== NO_FILTERS[name]);

const oneOf = <T extends string, O extends string>(values: readonly T[], text: string | null, otherwise: O): T | O =>
  values.includes(text as T) ? (text as T) : otherwise;

export function readFilters(query: URLSearchParams): OrderFilters {
  const of = query.get("of") ?? "";
  return {
    of: /^(SPOT|FUT):[A-Z0-9]{2,24}$/.test(of) ? of : "",
    status: oneOf(STATUSES, query.get("status"), ""),
    kind: oneOf(KINDS, query.get("kind"), ""),
    working: query.get("working") === "yes",
    within: oneOf(WITHINS, query.get("within"), NO_FILTERS.within),
  };
}

export function printFilters(filters: OrderFilters, query: URLSearchParams): void {
  if (filters.of) query.set("of", filters.of);
  if (filters.status) query.set("status", filters.status);
  if (filters.kind) query.set("kind", filters.kind);
  if (filters.working) query.set("working", "yes");
  if (filters.within !== NO_FILTERS.within) query.set("within", filters.within);
}

/** The oldest order shown was made at this time, epoch ms; undefined without a limit. */
export const sinceOf = ({ within }: OrderFilters, at: number): number | undefined =>
  within === "all" ? undefined : at - WITHIN_MS[within];

/** The same as the router's list takes it; `since` by `sinceOf`. */
export function queryOf(filters: OrderFilters, since: number | undefined): Inputs["listOrders"] {
  return {
    ...(filters.of && { instrument: filters.of }),
    ...(filters.status && { status: filters.status }),
    ...(filters.kind && { kind: filters.kind }),
    ...(filters.working && { open: "true" }),
    ...(since !== undefined && { from_ts: since }),
  };
}

export const fits = (filters: OrderFilters, order: Order, since: number | undefined): boolean =>
  (filters.of === "" || order.instrument === filters.of) &&
  (filters.status === "" || order.status === filters.status) &&
  (filters.kind === "" || order.kind === filters.kind) &&
  (!filters.working || isOpenOrder(order)) &&
  (since === undefined || order.created_at >= since);
