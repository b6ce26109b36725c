/** Counts what objectives are about: orders, their answers, looks at market data, commits, entries; each good or bad. */
import type { Slo } from "../../shared/domain/watching.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Metrics } from "../../shared/kit/service.ts";
import { ACK_MS_MAX, COMMIT_MS_MAX, OBJECTIVES } from "../../shared/trading/health/slo.ts";
import { Increments } from "./increments.ts";
import type { Sample } from "./prometheus.ts";
import type { Watched } from "./watched-orders.ts";

export const SLO_EVENTS = "slo_events_total";
/** An order whose fate is not known after so long counts as failed. */
const UNKNOWN_MS_MAX = 60_000;
const COMMITS = "chimera_commit_ms";
const MARKET_AGE = "chimera_market_age_ms";
const EXCHANGE: ServiceId = "s01";

export type SloEvents = ReturnType<typeof createSloEvents>;

/** `marketAgeMsMax`: older market data is not fresh. */
export function createSloEvents(metrics: Pick<Metrics, "counter">, marketAgeMsMax: number) {
  const events = metrics.counter(SLO_EVENTS, "What objectives are about, by whether it was good or bad", [
    "slo",
    "outcome",
  ]);
  const commits = new Increments((metric) => metric.startsWith(COMMITS));
  /** How many instruments were told of last: while nobody tells, none of them is known to be fresh. */
  let instruments = 0;

  function count(slo: Slo["slo_id"], good: number, total: number): void {
    events.inc({ slo, outcome: "good" }, good);
    events.inc({ slo, outcome: "bad" }, Math.max(0, total - good));
  }
  // A series that is there from the start has no first value that could be missed.
  for (const { slo_id } of OBJECTIVES) count(slo_id, 0, 0);

  return {
    count,
    onScrape(service: ServiceId, samples: readonly Sample[] | undefined): void {
      if (service === EXCHANGE) {
        const ages = samples?.filter(({ metric }) => metric === MARKET_AGE).map(({ value }) => value);
        instruments = ages?.length ?? instruments;
        count("market_data", ages?.filter((age) => age <= marketAgeMsMax).length ?? 0, instruments);
      }
      // Nothing told is no beginning: what it has counted so far would be of this very moment.
      if (!samples) return;
      const grown = commits.of(service, samples);
      const sum = (isOne: (metric: string, le: string | undefined) => boolean) =>
        grown.filter(({ metric, labels }) => isOne(metric, labels.le)).reduce((total, { grew }) => total + grew, 0);
      const total = sum((metric) => metric === `${COMMITS}_count`);
      count(
        "store_commit",
        sum((metric, le) => metric === `${COMMITS}_bucket` && le === String(COMMIT_MS_MAX)),
        total,
      );
    },
    /** Each counts once, as soon as its fate is known. */
    onOrders(orders: readonly Watched[], now: number): void {
      for (const order of orders) {
        const isOver = order.isKnown || now - order.sentAt > UNKNOWN_MS_MAX;
        if (order.counted || !isOver) continue;
        order.counted = true;
        count("order_success", Number(order.isKnown && !order.failed && !order.refused), 1);
        if (order.ackMs !== undefined) count("ack_latency", Number(order.ackMs <= ACK_MS_MAX), 1);
      }
    },
  };
}
