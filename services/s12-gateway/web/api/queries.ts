/** Every question the page asks the gateway, with how often it asks again by itself. */
import { queryOptions } from "@tanstack/react-query";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { ExchangePosition, Trade } from "../../../../shared/domain/trade.ts";
import { BAR_MS, barsOf, type ChartTimeframe, gatherBars } from "../state/bars.ts";
import { putDecisions, putFills, putOrders, putTrades } from "../state/lists.ts";
import { get } from "./http.ts";
import type { ActiveConfig, AlertRow, Budget, Equity, Health, History, Kill, Listing, Me, Services } from "./shapes.ts";

const API = "/api/v1";
/** How often the glance line asks again. */
export const EVERY_MS = { equity: 2_000, budget: 3_000, health: 10_000 } as const;
const LIST_LIMIT = 200;
const BARS_LIMIT = 500;
const SECONDS_LIMIT = 1_000;

/** A list that live events keep going; the fetched one is the base, now and after every reconnection. */
const liveList = <T>(name: string, path: string, order: (items: T[]) => readonly T[]) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => order((await get<Listing<T>>(`${API}${path}`, signal)).items),
    refetchInterval: 30_000,
  });
const polled = <T>(name: string, path: string, everyMs: number) =>
  queryOptions({
    queryKey: [name],
    queryFn: ({ signal }) => get<T>(`${API}${path}`, signal),
    refetchInterval: everyMs,
  });

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => get<Me>("/auth/me", signal),
  staleTime: 60_000,
});
export const instrumentsQuery = queryOptions({
  queryKey: ["instruments"],
  queryFn: async ({ signal }) => {
    const { items } = await get<Listing<Instrument>>(`${API}/xchg/instruments`, signal);
    return items.toSorted((a, b) => a.market.localeCompare(b.market) || a.symbol.localeCompare(b.symbol));
  },
  staleTime: 300_000,
});
export const ordersQuery = liveList<Order>("orders", `/orders?limit=${LIST_LIMIT}`, (items) => putOrders([], items));
export const fillsQuery = liveList<Fill>("fills", `/fills?limit=${LIST_LIMIT}`, (items) => putFills([], items));
export const tradesQuery = liveList<Trade>("trades", `/trades?limit=${LIST_LIMIT}`, (items) => putTrades([], items));
export const decisionsQuery = liveList<Decision>("decisions", `/decisions?limit=${LIST_LIMIT}`, (items) =>
  putDecisions([], items),
);
export const alertsQuery = liveList<AlertRow>("alerts", "/alerts", (items) => items.toSorted((a, b) => b.ts - a.ts));
export const equityQuery = polled<Equity>("equity", "/equity", EVERY_MS.equity);
export const budgetQuery = polled<Budget>("budget", "/budget", EVERY_MS.budget);
export const activeQuery = polled<ActiveConfig>("active", "/active", 30_000);
export const healthQuery = polled<Health>("health", "/health-level", EVERY_MS.health);
/** Asked more often while something is wrong: shards change hands within seconds. */
export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => get<Services>(`${API}/services`, signal),
  refetchInterval: ({ state }) => (state.data?.items.every(({ status }) => status === "OK") ? 5_000 : 2_000),
});
export const killQuery = polled<Kill>("kill", "/kill-switch", 5_000);
export const marksQuery = queryOptions({
  queryKey: ["marks"],
  queryFn: async ({ signal }) => (await get<Listing<ExchangePosition>>(`${API}/xchg/positions`, signal)).items,
  refetchInterval: 3_000,
});

/** The last trade's price, as the close of the running minute. */
export const lastPriceQuery = (instrument: string) =>
  queryOptions({
    queryKey: ["last", instrument],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ instrument, timeframe: "1m", limit: "1" });
      return (await get<History>(`${API}/xchg/history?${query}`, signal)).items.at(-1)?.close ?? null;
    },
    select: (close) => close ?? undefined,
    refetchInterval: 5_000,
  });

export const historyQuery = (instrument: string, timeframe: ChartTimeframe) =>
  queryOptions({
    queryKey: ["history", instrument, timeframe],
    queryFn: async ({ signal }) => {
      // Seconds are kept for spot alone: of a future only what is heard from now on.
      if (BAR_MS[timeframe] < BAR_MS["1m"] && instrument.startsWith("FUT:")) {
        return { source: "LIVE", bars: [], instrument, timeframe };
      }
      // No exchange keeps five-second bars: they are gathered from seconds.
      const [asked, limit] = timeframe === "5s" ? ["1s", SECONDS_LIMIT] : [timeframe, BARS_LIMIT];
      const query = new URLSearchParams({ instrument, timeframe: asked, limit: String(limit) });
      const { source, items } = await get<History>(`${API}/xchg/history?${query}`, signal);
      return { source, bars: gatherBars(barsOf(items), BAR_MS[timeframe]), instrument, timeframe };
    },
    enabled: instrument !== "",
    // Live trades arrive thinned out; the fetched bars put highs, lows and volumes right.
    refetchInterval: timeframe === "1s" || timeframe === "5s" ? 15_000 : 60_000,
  });

export const decisionQuery = (signalId: string) =>
  queryOptions({
    queryKey: ["decision", signalId],
    queryFn: ({ signal }) => get<Decision>(`${API}/decisions/${encodeURIComponent(signalId)}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
