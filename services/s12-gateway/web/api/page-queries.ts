/** What the pages besides the live one ask the gateway: orders page by page, one order's story, money, reconciliations. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { TreasuryTransfer } from "../../../../shared/collections/exchange.ts";
import type { Approval } from "../../../../shared/collections/people.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Balance, Trade } from "../../../../shared/domain/trade.ts";
import type { Reconciliation } from "../../../../shared/streams.ts";
import { BAR_MS, barsOf, type ChartTimeframe } from "../state/bars.ts";
import { type OrderFilters, queryOf, sinceOf } from "../state/order-filters.ts";
import { ApiProblem, get } from "./http.ts";
import { now } from "./now.ts";
import type { History, Listing, OpenPosition, OrderStory } from "./shapes.ts";

const API = "/api/v1";
const PAGE_ROWS = 100;
const BARS_LIMIT = 1_000;
export const PAGE_EVERY_MS = { positions: 3_000, money: 10_000, reconciliations: 15_000 } as const;

interface OrdersPage {
  orders: Order[];
  next: string | undefined;
}

async function ordersPage(filters: OrderFilters, cursor: string, signal: AbortSignal): Promise<OrdersPage> {
  const query = new URLSearchParams({
    limit: String(PAGE_ROWS),
    ...queryOf(filters, sinceOf(filters, now())),
    ...(cursor !== "" && { cursor }),
  });
  const { items, next_cursor } = await get<Listing<Order>>(`${API}/orders?${query}`, signal);
  return { orders: items, next: next_cursor };
}

export const ordersPagesQuery = (filters: OrderFilters) =>
  infiniteQueryOptions({
    queryKey: ["orders-pages", filters],
    queryFn: ({ pageParam, signal }) => ordersPage(filters, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    staleTime: 15_000,
  });

/** Asked again while its intent runs; live events ask for it too. */
export const orderStoryQuery = (id: string) =>
  queryOptions({
    queryKey: ["order-story", id],
    queryFn: ({ signal }) => get<OrderStory>(`${API}/orders/${encodeURIComponent(id)}`, signal),
    refetchInterval: ({ state }) => (state.data?.intent.state === "DONE" ? 30_000 : 2_000),
    enabled: id !== "",
  });
export const tradeQuery = (id: string) =>
  queryOptions({
    queryKey: ["trade", id],
    queryFn: ({ signal }) => get<Trade>(`${API}/trades/${encodeURIComponent(id)}`, signal),
    enabled: id !== "",
    refetchInterval: 30_000,
  });

export interface Span {
  timeframe: ChartTimeframe;
  fromTs: number;
  toTs: number;
}
/** Bars of a stretch of the past; in the shortest timeframe the exchange keeps, from the one asked for up. */
export const spanQuery = (instrument: string, { timeframe, fromTs, toTs }: Span) =>
  queryOptions({
    queryKey: ["span", instrument, timeframe, fromTs, toTs],
    queryFn: async ({ signal }) => {
      const barMs = BAR_MS[timeframe];
      const query = new URLSearchParams({
        instrument,
        timeframe,
        from_ts: String(Math.floor(fromTs / barMs) * barMs),
        to_ts: String(Math.ceil(toTs)),
        limit: String(BARS_LIMIT),
      });
      return barsOf((await get<History>(`${API}/xchg/history?${query}`, signal)).items);
    },
    refetchInterval: toTs > now() ? 15_000 : false,
  });

const list = <T>(name: string, path: string, everyMs: number) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => (await get<Listing<T>>(`${API}${path}`, signal)).items,
    refetchInterval: everyMs,
  });
export const positionsQuery = list<OpenPosition>("positions", "/positions", PAGE_EVERY_MS.positions);
export const balancesQuery = list<Balance>("balances", "/xchg/balances", PAGE_EVERY_MS.money);
export const transfersQuery = list<TreasuryTransfer>(
  "transfers",
  "/xchg/treasury/transfers?limit=200",
  PAGE_EVERY_MS.money,
);
export const approvalsQuery = list<Approval>("approvals", "/approvals?limit=200", PAGE_EVERY_MS.money);
export const reconciliationsQuery = list<Reconciliation>(
  "reconciliations",
  "/reconciliations?limit=200",
  PAGE_EVERY_MS.reconciliations,
);

/** Nobody in this installation answers that path: the service that would is not part of it, or is away. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status === 404 && error.message.startsWith("No service answers");
