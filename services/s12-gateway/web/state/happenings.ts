/** What just happened, newest first: trades that began or ended, orders that were refused, alerts. */
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { AlertRow } from "../api/shapes.ts";
import { isClosedTrade } from "./lists.ts";

export type Happening =
  | { readonly kind: "opened" | "closed"; readonly ts: number; readonly trade: Trade }
  | { readonly kind: "rejected"; readonly ts: number; readonly order: Order }
  | { readonly kind: "alert"; readonly ts: number; readonly alert: AlertRow };

interface Heard {
  trades: readonly Trade[];
  orders: readonly Order[];
  alerts: readonly AlertRow[];
}

export function happeningsOf({ trades, orders, alerts }: Heard, max: number): Happening[] {
  const all: Happening[] = [
    ...trades.map((trade) => ({ kind: "opened" as const, ts: trade.opened_at, trade })),
    ...trades
      .filter(isClosedTrade)
      .map((trade) => ({ kind: "closed" as const, ts: trade.closed_at ?? trade.updated_at, trade })),
    ...orders
      .filter((order) => order.status === "REJECTED")
      .map((order) => ({ kind: "rejected" as const, ts: order.updated_at, order })),
    ...alerts.map((alert) => ({ kind: "alert" as const, ts: alert.ts, alert })),
  ];
  return all.sort((a, b) => b.ts - a.ts).slice(0, max);
}

const DAY_MS = 86_400_000;
/** Trades that were closed on the UTC day of `at`: what today's result is made of. */
export const closedToday = (trades: readonly Trade[], at: number): Trade[] =>
  trades.filter((trade) => isClosedTrade(trade) && (trade.closed_at ?? 0) >= Math.floor(at / DAY_MS) * DAY_MS);
