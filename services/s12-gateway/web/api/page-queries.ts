/** What the pages besides the live one ask the gateway: orders page by page, one order's story, money, reconciliations. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import { BAR_MS, barsOf, type ChartTimeframe } from "../state/bars.ts";
import { type OrderFilters, queryOf, sinceOf } from "../state/order-filters.ts";
import { chimera } from "./chimera.ts";
import { now } from "./now.ts";

const PAGE_ROWS = 100;
const BARS_LIMIT = 1_000;
export const PAGE_EVERY_MS = { positions: 3_000, money: 10_000, reconciliations: 15_000 } as const;

interface OrdersPage {
  orders: Order[];
  next: string | undefined;
}

async function ordersPage(filters: OrderFilters, cursor: string, signal: AbortSignal): Promise<OrdersPage> {
  const asked = { ...queryOf(filters, sinceOf(filters, now())), limit: PAGE_ROWS, ...(cursor !== "" && { cursor }) };
  const { items, next_cursor } = await chimera.listOrders(asked, { signal });
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
    queryFn: ({ signal }) => chimera.readOrder({ id }, { signal }),
    refetchInterval: ({ state }) => (state.data?.intent.state === "DONE" ? 30_000 : 2_000),
    enabled: id !== "",
  });
export const tradeQuery = (id: string) =>
  queryOptions({
    queryKey: ["trade", id],
    queryFn: ({ signal }) => chimera.readTrade({ id }, { signal }),
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
      const asked = {
        instrument,
        timeframe,
        from_ts: Math.floor(fromTs / barMs) * barMs,
        to_ts: Math.ceil(toTs),
        limit: BARS_LIMIT,
      };
      return barsOf((await chimera.listHistory(asked, { signal })).items);
    },
    refetchInterval: toTs > now() ? 15_000 : false,
  });

const list = <T>(name: string, ask: (given: { signal: AbortSignal }) => Promise<{ items: T[] }>, everyMs: number) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => (await ask({ signal })).items,
    refetchInterval: everyMs,
  });
const limit = 200;
const { money, positions, reconciliations } = PAGE_EVERY_MS;
export const positionsQuery = list("positions", (given) => chimera.listPositions({}, given), positions);
export const balancesQuery = list("balances", (given) => chimera.listBalances({}, given), money);
export const transfersQuery = list("transfers", (given) => chimera.listTransfers({ limit }, given), money);
export const approvalsQuery = list("approvals", (given) => chimera.listApprovals({ limit }, given), money);
export const reconciliationsQuery = list(
  "reconciliations",
  (given) => chimera.listReconciliations({ limit }, given),
  reconciliations,
);

/** Nobody in this installation answers that path: the service that would is not part of it, or is away. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status === 404 && error.message.startsWith("No service answers");
