/** The figures behind the health level, over a rolling window of what S4 told and how the streams stand. */
import type { StreamState } from "../../shared/kit/ports.ts";
import type { OrderResult, Reconciliation } from "../../shared/streams.ts";
import { accountEvents, configEvents, orderResults } from "../../shared/streams.ts";
import type { Reading } from "../../shared/trading/health/level.ts";

/** Health looks back this far. */
export const WINDOW_MS = 6 * 3_600_000;
/** Orders kept for the window; beyond it the oldest go first. */
const ORDERS_MAX = 20_000;
/** Streams whose unacknowledged entries count: orders, account and config. */
const JUDGED = [accountEvents.family, orderResults.family, configEvents.family];

interface Sent {
  ts: number;
  ackMs: number | undefined;
  failed: boolean;
  updated_at: number;
}

export type Readings = ReturnType<typeof createReadings>;

export function createReadings() {
  const orders = new Map<string, Sent>();
  let reconciled: { agreement: number; ts: number } | undefined;

  return {
    /** Of a whole run that was made: a part of the books says nothing of the rest. */
    onReconciliation({ mode, status, summary, started_at: ts }: Readonly<Reconciliation>): void {
      if (mode !== "ALL" || status !== "DONE" || ts < (reconciled?.ts ?? 0)) return;
      reconciled = { agreement: summary.agreement, ts };
    },
    onResult(result: Readonly<OrderResult>): void {
      for (const order of result.orders) {
        if (order.sent_at === undefined) continue;
        const ackMs = order.acked_at === undefined ? undefined : order.acked_at - order.sent_at;
        // A refusal that the exchange said clearly is an answer; an error is what came without one.
        const failed = order.status === "UNKNOWN" || (order.status === "REJECTED" && ackMs === undefined);
        // Told again after newer news of it, it is old.
        if ((orders.get(order.client_order_id)?.updated_at ?? 0) > order.updated_at) continue;
        orders.delete(order.client_order_id);
        orders.set(order.client_order_id, { ts: order.sent_at, ackMs, failed, updated_at: order.updated_at });
        if (orders.size > ORDERS_MAX) orders.delete(orders.keys().next().value as string);
      }
    },
    read(now: number, streams: readonly StreamState[]): Reading[] {
      for (const [id, order] of orders) if (order.ts < now - WINDOW_MS) orders.delete(id);
      const sent = [...orders.values()];
      const acks = sent.flatMap((order) => (order.ackMs === undefined ? [] : [order.ackMs])).sort((a, b) => a - b);
      const isFresh = reconciled !== undefined && reconciled.ts >= now - WINDOW_MS;
      const judged = streams.filter((s) => JUDGED.some((family) => s.stream.startsWith(family)) && !isLive(s.group));
      return [
        { name: "ack_p95_ms", value: acks[Math.ceil(acks.length * 0.95) - 1] ?? 0, sample: acks.length },
        { name: "unacked_age_ms", value: Math.max(0, ...judged.map((s) => s.oldestMs)), sample: judged.length },
        {
          name: "submit_error_share",
          value: sent.length === 0 ? 0 : sent.filter((order) => order.failed).length / sent.length,
          sample: sent.length,
        },
        { name: "reconciliation_agreement", value: reconciled?.agreement ?? 1, sample: isFresh ? 1 : 0 },
      ];
    },
  };
}

/** Who looks on, for a page: when its process is killed its place stays behind for a while, and nobody waits for it. */
const isLive = (group: string): boolean => group.includes("-live-");
