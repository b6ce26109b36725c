/** The figures behind the health level and its effects, over a rolling window of what was told and how the streams stand. */
import type { StreamState } from "../../shared/kit/ports.ts";
import { accountEvents, configEvents, orderResults, type Reconciliation } from "../../shared/streams.ts";
import type { Reading } from "../../shared/trading/health/judge-readings.ts";
import type { ModelFigures } from "./model-figures.ts";
import { type Watched, WatchedOrders, WINDOW_MS } from "./watched-orders.ts";

/** Streams whose unacknowledged entries count: orders, account and config. */
const JUDGED = [accountEvents.family, orderResults.family, configEvents.family];
/** After a start everybody catches up with what was told meanwhile: how old that is says nothing. */
export const CATCHING_UP_MS = 30_000;
/** An answer that takes longer is bad by itself: the red limit of their 95th percentile. */
const SLOW_ACK_MS = 3_000;

export interface Look {
  readonly now: number;
  readonly streams: readonly StreamState[];
  /** Posts made before it do not count. */
  readonly postsFrom?: number;
}
export type Readings = ReturnType<typeof createReadings>;

/** `startedAt`: when this process began to look. */
export function createReadings(startedAt: number, windowMs = WINDOW_MS) {
  const orders = new WatchedOrders(windowMs);
  let reconciled: { agreement: number; ts: number } | undefined;
  /** Told from elsewhere, at a pace of its own. */
  let models: ModelFigures = { of: "", readings: [] };

  return {
    orders,
    /** Of a whole run that was made: a part of the books says nothing of the rest. */
    onReconciliation({ mode, status, summary, started_at: ts }: Readonly<Reconciliation>): void {
      if (mode !== "ALL" || status !== "DONE" || ts < (reconciled?.ts ?? 0)) return;
      reconciled = { agreement: summary.agreement, ts };
    },
    onModels(told: ModelFigures): void {
      models = told;
    },
    modelsOf: (): string => models.of,
    read({ now, streams, postsFrom = 0 }: Look): Reading[] {
      const sent = orders.recent(now);
      const judged = streams.filter((s) => JUDGED.some((family) => s.stream.startsWith(family)) && !isLive(s.group));
      const isFresh = reconciled !== undefined && reconciled.ts >= now - windowMs;
      return [
        acknowledged(sent),
        {
          name: "unacked_age_ms",
          value: Math.max(0, ...judged.map((s) => s.oldestMs)),
          sample: now - startedAt < CATCHING_UP_MS ? 0 : judged.length,
        },
        {
          ...shareOf("submit_error_share", sent, (order) => order.failed),
          badAt: newest(sent.filter((order) => order.failed)),
        },
        { name: "reconciliation_agreement", value: reconciled?.agreement ?? 1, sample: isFresh ? 1 : 0 },
        filled(sent.filter((order) => order.sentAt >= postsFrom)),
        shareOf(
          "spot_balance_short_share",
          sent.filter((order) => order.isSpot),
          (order) => order.isShort,
        ),
        ...models.readings,
      ];
    },
  };
}

/** Who looks on, for a page: when its process is killed its place stays behind for a while, and nobody waits for it. */
const isLive = (group: string): boolean => group.includes("-live-");

function acknowledged(sent: readonly Watched[]): Reading {
  const acked = sent.filter((order) => order.ackMs !== undefined);
  const times = acked.map((order) => order.ackMs as number).sort((a, b) => a - b);
  return {
    name: "ack_p95_ms",
    value: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
    sample: times.length,
    badAt: newest(acked.filter((order) => (order.ackMs as number) > SLOW_ACK_MS)),
  };
}
/** By value, so that many small ones say no more than one large one. */
function filled(sent: readonly Watched[]): Reading {
  const posts = sent.flatMap(({ post }) => post ?? []);
  const posted = posts.reduce((total, post) => total + post.posted, 0);
  const took = posts.reduce((total, post) => total + post.filled, 0);
  const value = posted > 0 ? Math.min(1, took / posted) : 1;
  return { name: "maker_fill_ratio", value, sample: posted > 0 ? posts.length : 0 };
}
function shareOf(name: string, of: readonly Watched[], isOne: (order: Watched) => boolean): Reading {
  return { name, value: of.length === 0 ? 0 : of.filter(isOne).length / of.length, sample: of.length };
}
function newest(orders: readonly Watched[]): number | undefined {
  return orders.length === 0 ? undefined : Math.max(...orders.map((order) => order.sentAt));
}
