/** Every question the page asks the gateway, with how often it asks again by itself. */
import { queryOptions } from "@tanstack/react-query";
import type { CallOptions } from "../../../../shared/client/call-options.ts";
import { BAR_MS, barsOf, type ChartTimeframe, gatherBars } from "../state/bars.ts";
import { putDecisions, putFills, putOrders, putTrades } from "../state/lists.ts";
import { chimera } from "./chimera.ts";
import type { ActiveConfig, AlertRow } from "./shapes.ts";

/** How often the glance line asks again. */
export const EVERY_MS = { equity: 2_000, budget: 3_000, health: 10_000 } as const;
const LIST_LIMIT = 200;
const BARS_LIMIT = 500;
const SECONDS_LIMIT = 1_000;

/** A list that live events keep going; the fetched one is the base, now and after every reconnection. */
const liveList = <T>(name: string, ask: Ask<{ items: T[] }>, order: (items: T[]) => readonly T[]) =>
  queryOptions({
    queryKey: [name],
    queryFn: async (given) => order((await ask(given)).items),
    refetchInterval: 30_000,
  });
const polled = <T>(name: string, ask: Ask<T>, everyMs: number) =>
  queryOptions({ queryKey: [name], queryFn: (given) => ask(given), refetchInterval: everyMs });
type Ask<T> = (given: Pick<CallOptions, "signal">) => Promise<T>;
const limit = LIST_LIMIT;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => chimera.whoAmI({}, { signal }),
  staleTime: 60_000,
});
export const instrumentsQuery = queryOptions({
  queryKey: ["instruments"],
  queryFn: async ({ signal }) => {
    const { items } = await chimera.listInstruments({}, { signal });
    return items.toSorted((a, b) => a.market.localeCompare(b.market) || a.symbol.localeCompare(b.symbol));
  },
  staleTime: 300_000,
});
export const ordersQuery = liveList(
  "orders",
  ({ signal }) => chimera.listOrders({ limit }, { signal }),
  (items) => putOrders([], items),
);
export const fillsQuery = liveList(
  "fills",
  ({ signal }) => chimera.listFills({ limit }, { signal }),
  (items) => putFills([], items),
);
export const tradesQuery = liveList(
  "trades",
  ({ signal }) => chimera.listTrades({ limit }, { signal }),
  (items) => putTrades([], items),
);
export const decisionsQuery = liveList(
  "decisions",
  ({ signal }) => chimera.listDecisions({ limit }, { signal }),
  (items) => putDecisions([], items),
);
export const alertsQuery = liveList<AlertRow>(
  "alerts",
  ({ signal }) => chimera.listAlerts({}, { signal }),
  (items) => items.toSorted((a, b) => b.ts - a.ts),
);
export const equityQuery = polled("equity", ({ signal }) => chimera.readEquity({}, { signal }), EVERY_MS.equity);
export const budgetQuery = polled("budget", ({ signal }) => chimera.budget({}, { signal }), EVERY_MS.budget);
export const activeQuery = polled(
  "active",
  async ({ signal }) => (await chimera.getActive({}, { signal })) as ActiveConfig,
  30_000,
);
export const healthQuery = polled("health", ({ signal }) => chimera.getHealthLevel({}, { signal }), EVERY_MS.health);
/** Asked more often while something is wrong: shards change hands within seconds. */
export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => chimera.listServices({}, { signal }),
  refetchInterval: ({ state }) => (state.data?.items.every(({ status }) => status === "OK") ? 5_000 : 2_000),
});
export const killQuery = polled("kill", ({ signal }) => chimera.getKillSwitch({}, { signal }), 5_000);
export const marksQuery = queryOptions({
  queryKey: ["marks"],
  queryFn: async ({ signal }) => (await chimera.listExchangePositions({}, { signal })).items,
  refetchInterval: 3_000,
});

/** The last trade's price, as the close of the running minute. */
export const lastPriceQuery = (instrument: string) =>
  queryOptions({
    queryKey: ["last", instrument],
    queryFn: async ({ signal }) => {
      const { items } = await chimera.listHistory({ instrument, timeframe: "1m", limit: 1 }, { signal });
      return items.at(-1)?.close ?? null;
    },
    select: (close) => close ?? undefined,
    refetchInterval: 5_000,
  });

/** What funding was over the last days, oldest first; it changes a few times a day. */
export const fundingRatesQuery = (instrument: string) =>
  queryOptions({
    queryKey: ["funding-rates", instrument],
    queryFn: async ({ signal }) => (await chimera.listFundingRates({ instrument }, { signal })).items,
    enabled: instrument.startsWith("FUT:"),
    refetchInterval: 60_000,
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
      const asked =
        timeframe === "5s"
          ? ({ timeframe: "1s", limit: SECONDS_LIMIT } as const)
          : ({ timeframe, limit: BARS_LIMIT } as const);
      const { source, items } = await chimera.listHistory({ instrument, ...asked }, { signal });
      return { source, bars: gatherBars(barsOf(items), BAR_MS[timeframe]), instrument, timeframe };
    },
    enabled: instrument !== "",
    // Live trades arrive thinned out; the fetched bars put highs, lows and volumes right.
    refetchInterval: timeframe === "1s" || timeframe === "5s" ? 15_000 : 60_000,
  });
