/** What an open trade is worth now: the newest price there is, and where it comes from. */
import { useQuery } from "@tanstack/react-query";
import { show } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { lastPriceQuery, marksQuery } from "../api/queries.ts";
import { useLive } from "../state/live.ts";
import { midOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";

export interface Priced {
  price: string;
  source: "mid" | "mark" | "last";
}

/** The mid, live; until it is heard the mark price, or the last trade's where there is no mark, polled. */
export function usePriceOf({ instrument }: Pick<Trade, "instrument">): Priced | undefined {
  const ticker = useStore(useLive().market, (market) => market.tickers[instrument]);
  const marks = useQuery(marksQuery).data;
  const mark = marks?.find((position) => position.instrument === instrument)?.mark_price;
  const isMarkless = marks !== undefined && mark === undefined && !ticker;
  const last = useQuery({ ...lastPriceQuery(instrument), enabled: isMarkless }).data;
  if (ticker) return { price: show(midOf(ticker.bid, ticker.ask)), source: "mid" };
  if (mark !== undefined) return { price: mark, source: "mark" };
  return last === undefined ? undefined : { price: last, source: "last" };
}
