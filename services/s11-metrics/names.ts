/** `GET /metrics/names`: which metrics there are and what their labels can be, for those who choose. */
import { z } from "@hono/zod-openapi";
import { metricsTimeseries } from "../../shared/collections/operations.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { readSeriesKey } from "./prometheus.ts";
import type { SeriesNames } from "./series-names.ts";

/** Values of one label that are named; a metric with more is better asked by the others. */
const VALUES_MAX = 200;

const Input = z.object({
  /** Part of the name. */
  metric: z.string().max(128).optional(),
});
const Name = z.object({
  metric: z.string(),
  /** By its name, as Prometheus has it. */
  kind: z.enum(["counter", "gauge", "histogram"]),
  series: z.number().int(),
  labels: z.record(z.string(), z.array(z.string())),
});
const Output = z.object({ items: z.array(Name) });
type Name = z.output<typeof Name>;

interface NamesParts {
  readonly store: Pick<Store, "query">;
  readonly names: Pick<SeriesNames, "keyOf">;
  readonly services: readonly string[];
}

export const namesVerb = ({ store, names, services }: NamesParts): Verb =>
  verb({
    name: "listMetrics",
    summary: "Every metric of the last scrape with the values of its labels",
    rest: "GET /metrics/names",
    input: Input,
    output: Output,
    async run({ metric = "" }) {
      const found = new Map<string, { name: Name; values: Map<string, Set<string>> }>();
      for (const service of services) {
        const newest = { where: { service }, sort: { field: "ts", order: "desc" as const }, limit: 1 };
        const row = (await store.query(metricsTimeseries, newest)).items[0];
        for (const id of Object.keys(row?.value.values ?? {})) note(found, names.keyOf(service, id));
      }
      const items = [...found.values()].map(({ name, values }) => ({ ...name, labels: named(values) }));
      return { items: items.filter((each) => each.metric.includes(metric)).sort(byMetric) };
    },
  });

function note(found: Map<string, { name: Name; values: Map<string, Set<string>> }>, key: string): void {
  const { metric: series, labels } = readSeriesKey(key);
  // A histogram is asked for by its own name.
  const isBucket = series.endsWith("_bucket");
  const metric = isBucket ? series.replace(/_bucket$/, "") : series;
  const kind = isBucket ? "histogram" : /_(total|count|sum)$/.test(series) ? "counter" : "gauge";
  const kept = found.get(metric) ?? { name: { metric, kind, series: 0, labels: {} }, values: new Map() };
  found.set(metric, kept);
  if (!isBucket || labels.le === "+Inf") kept.name.series++;
  for (const [label, value] of Object.entries(labels)) {
    if (label === "le") continue;
    const values = kept.values.get(label) ?? new Set();
    kept.values.set(label, values);
    if (values.size < VALUES_MAX) values.add(value);
  }
}
const named = (values: ReadonlyMap<string, ReadonlySet<string>>): Name["labels"] =>
  Object.fromEntries([...values].map(([label, set]) => [label, [...set].sort()]));
const byMetric = (a: Name, b: Name): number => (a.metric < b.metric ? -1 : 1);
