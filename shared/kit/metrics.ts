/** Prometheus metrics by prom-client: one registry per service, names prefixed, label sets kept small. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "./service.ts";
import type { Shard } from "./shard.ts";

export const LATENCY_MS_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const PREFIX = "chimera_";

/** A metric as it was declared, whether or not it has been told of anything yet. */
export interface DeclaredMetric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Without those of the whole registry: `service`, and `shard` where there are several. */
  readonly labels: readonly string[];
}
export interface OwnMetrics extends Metrics {
  declared(): DeclaredMetric[];
}

/**
 * `shard`: named in every series where it is one of several. A figure that is no number, or would let a counter fall, is
 * left out: whoever counts has done its work already, and must not fail at that.
 */
export function createMetrics(service: string, shard?: Pick<Shard, "index" | "count">): OwnMetrics {
  const registry = new Registry();
  const isPart = shard !== undefined && shard.count > 1;
  registry.setDefaultLabels({ service, ...(isPart && { shard: String(shard.index) }) });
  const registers = [registry];
  return {
    counter(name, help, labels = []) {
      const counter = new Counter({ name: PREFIX + name, help, labelNames: labels, registers });
      return {
        inc(values, by = 1) {
          if (!(Number.isFinite(by) && by >= 0)) return;
          if (values) counter.inc(values, by);
          else counter.inc(by);
        },
      };
    },
    gauge(name, help, labels = []) {
      const gauge = new Gauge({ name: PREFIX + name, help, labelNames: labels, registers });
      return {
        set: (value, values) => (values ? gauge.set(values, value) : gauge.set(value)),
        forget: () => gauge.reset(),
      };
    },
    histogram(name, help, { labels = [], buckets }) {
      const histogram = new Histogram({ name: PREFIX + name, help, labelNames: labels, buckets, registers });
      return {
        observe(value, values) {
          if (!Number.isFinite(value)) return;
          if (values) histogram.observe(values, value);
          else histogram.observe(value);
        },
      };
    },
    text: () => registry.metrics(),
    declared: () => declaredIn(registry),
  };
}

/** What a registry has been told to measure, by name. */
export const declaredIn = (registry: Registry): DeclaredMetric[] =>
  registry
    .getMetricsAsArray()
    .map((metric) => {
      const { name, help, type, labelNames } = metric as unknown as DeclaredMetric & { labelNames: string[] };
      return { name, type, help, labels: [...labelNames] };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
