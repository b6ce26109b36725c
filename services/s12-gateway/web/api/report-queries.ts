/** What the pages of reports ask the gateway: trades page by page, results by strategy, instrument and day, statements. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { type Asked, askedOf, momentsOf, periodOf } from "../state/asked.ts";
import { TRADE_STATES } from "../state/trade-totals.ts";
import { chimera } from "./chimera.ts";
import { get } from "./http.ts";
import type { Listing, PnlBy } from "./shapes.ts";

const API = "/api/v1";
const PAGE_ROWS = 100;
const FILLS_MAX = 500;

export interface Page<T> {
  items: T[];
  next: string | undefined;
}

/** A list page by page; `path` may have a query. */
export const pagesQuery = <T>(name: string, path: string) =>
  infiniteQueryOptions({
    queryKey: [name, path],
    queryFn: async ({ pageParam, signal }): Promise<Page<T>> => {
      const url = new URL(path, location.origin);
      url.searchParams.set("limit", String(PAGE_ROWS));
      if (pageParam !== "") url.searchParams.set("cursor", pageParam);
      const { items, next_cursor } = await get<Listing<T>>(`${url.pathname}${url.search}`, signal);
      return { items, next: next_cursor };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: 30_000,
  });

export const pathWith = (path: string, query: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  return given.length === 0 ? `${API}${path}` : `${API}${path}?${new URLSearchParams(given)}`;
};

/** The same list for the table and for its export; results are told apart by the page alone. */
export const tradesPath = (asked: Asked): string =>
  pathWith("/trades", {
    instrument: asked.on,
    strategy_id: asked.strategy,
    status: askedOf(asked.state, TRADE_STATES),
    ...periodOf(asked),
  });
export const tradesPagesQuery = (asked: Asked) => pagesQuery<Trade>("trades-pages", tradesPath(asked));

export const pnlPath = (by: PnlBy, asked: Asked): string => pathWith("/pnl", { by, ...periodOf(asked) });
export const pnlQuery = (by: PnlBy, asked: Asked) =>
  queryOptions({
    queryKey: ["pnl", pnlPath(by, asked)],
    queryFn: async ({ signal }) => (await chimera.readPnl({ by, ...momentsOf(asked) }, { signal })).items,
    refetchInterval: 15_000,
  });

export const statementsPath = (asked: Asked): string => pathWith("/statements", periodOf(asked));
export const statementsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["statements", statementsPath(asked)],
    queryFn: async ({ signal }) => (await chimera.listStatements(momentsOf(asked), { signal })).items,
    refetchInterval: 60_000,
  });

export const taxPath = (year: number): string => pathWith("/tax", { year: String(year) });
export const fillsPath = (instrument: string): string => pathWith("/fills", { instrument });

export const tradeFillsQuery = (id: string) =>
  queryOptions({
    queryKey: ["trade-fills", id],
    queryFn: async ({ signal }) => (await chimera.listFills({ trade_id: id, limit: FILLS_MAX }, { signal })).items,
    refetchInterval: 15_000,
  });

const REPORT_MS = 10_000;
/** How a closed trade's report stands; null while nobody has begun one. Looked at again until it is there. */
export const autopsyQuery = (trade_id: string) =>
  queryOptions({
    queryKey: ["autopsy", trade_id],
    queryFn: async ({ signal }) => {
      try {
        return (await chimera.readAutopsy({ trade_id }, { signal })).report;
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.data?.state === "READY" ? false : REPORT_MS),
  });
