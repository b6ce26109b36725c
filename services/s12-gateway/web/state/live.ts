/** Joins the live connection to what the page shows: market state per frame, lists in the query cache. */
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Alert, HealthEvent, OrderResult, PositionEvent } from "../../../../shared/streams.ts";
import { FEED_BEFORE, type Feed, type FeedState, type LiveEvent, openFeed } from "../api/live-feed.ts";
import { now } from "../api/now.ts";
import { approvalsQuery, orderStoryQuery, reconciliationsQuery } from "../api/page-queries.ts";
import {
  activeQuery,
  alertsQuery,
  budgetQuery,
  decisionsQuery,
  equityQuery,
  fillsQuery,
  healthQuery,
  killQuery,
  ordersQuery,
  tradesQuery,
} from "../api/queries.ts";
import { foldAlert, foldDecision, foldFills, foldOrders, foldTrades } from "./lists.ts";
import { emptyMarket, foldMarket, type MarketState } from "./market.ts";
import { createStore, type Store } from "./store.ts";

export interface Live {
  market: Store<MarketState>;
  feed: Store<FeedState>;
  connection: Feed;
  /** The server's clock, epoch ms. */
  serverNow(): number;
}

export function startLive(client: QueryClient, onSignedOut: () => void): Live {
  const market = createStore(emptyMarket("", "5s"), "frame");
  const feed = createStore(FEED_BEFORE);
  const connection = openFeed({
    onEvents: (events) => {
      market.set(events.reduce(foldMarket, market.get()));
      for (const event of events) foldIntoCache(client, event);
    },
    onState: (state) => {
      feed.set(state);
      if (state.phase === "signed-out") onSignedOut();
    },
    onReopen: () => void client.invalidateQueries(),
  });
  return { market, feed, connection, serverNow: () => now() + feed.get().skewMs };
}

/** Lists that are not fetched yet are left alone: their first answer will hold the event. */
function foldIntoCache(client: QueryClient, { topic, event }: LiveEvent): void {
  switch (topic) {
    case "decisions":
      return void client.setQueryData(decisionsQuery.queryKey, (list) => list && foldDecision(list, event as Decision));
    case "orders":
      client.setQueryData(ordersQuery.queryKey, (list) => list && foldOrders(list, event as OrderResult));
      client.setQueryData(fillsQuery.queryKey, (list) => list && foldFills(list, event as OrderResult));
      for (const { client_order_id } of (event as OrderResult).orders) {
        void client.invalidateQueries({ queryKey: orderStoryQuery(client_order_id).queryKey });
      }
      return void client.invalidateQueries({ queryKey: budgetQuery.queryKey });
    case "positions":
      client.setQueryData(tradesQuery.queryKey, (list) => list && foldTrades(list, event as PositionEvent));
      return void client.invalidateQueries({ queryKey: equityQuery.queryKey });
    case "reconciliations":
      return void client.invalidateQueries({ queryKey: reconciliationsQuery.queryKey });
    case "alerts":
      void client.invalidateQueries({ queryKey: ["alerts-pages"] });
      return void client.setQueryData(alertsQuery.queryKey, (list) => list && foldAlert(list, event as Alert));
    case "health":
      return void client.setQueryData(
        healthQuery.queryKey,
        (shown) => shown && withHealth(shown, event as HealthEvent),
      );
    case "config":
      for (const name of ["bundles", "promotions", "promotion"]) void client.invalidateQueries({ queryKey: [name] });
      return void client.invalidateQueries({ queryKey: activeQuery.queryKey });
    case "ops":
      void client.invalidateQueries({ queryKey: approvalsQuery.queryKey });
      return void client.invalidateQueries({ queryKey: killQuery.queryKey });
    default:
      return;
  }
}

export const LiveContext = createContext<Live | undefined>(undefined);
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("Invariant: live parts stand inside the signed-in page");
  return live;
}

/** An event tells the level; the readings behind it come with the next answer. */
const withHealth = <T extends { effects: object }>(shown: T, { effects = {}, ...said }: HealthEvent): T => ({
  ...shown,
  ...said,
  effects,
});
