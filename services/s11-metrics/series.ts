/** `GET /metrics`: kept series as JSON, or Prometheus text of this service or of all. */
import { z } from "@hono/zod-openapi";
import { metricsTimeseries } from "../../shared/collections.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { readSeriesKey } from "./prometheus.ts";

const HOUR_MS = 3_600_000;
const ROWS_MAX = 1000;
const POINTS_MAX = 2_000;

const Input = z.object({
  metric: z.string().max(128).optional(),
  /** `verb=placeOrder,service=s04` */
  labels: z.string().max(500).optional(),
  from_ts: z.coerce.number().optional(),
  to_ts: z.coerce.number().optional(),
  /** Milliseconds between points; the last scrape within each step is taken. */
  step: z.coerce.number().int().min(1_000).max(86_400_000).default(10_000),
  federate: z.enum(["true", "false"]).default("false"),
});
const Series = z.object({
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  points: z.array(z.tuple([z.number(), z.number()])),
});

export interface SeriesParts {
  store: Store;
  clock: Clock;
  own(): Promise<string>;
  federate(): Promise<string>;
}

export const metricsVerb = ({ store, clock, own, federate }: SeriesParts): Verb =>
  verb({
    name: "getMetrics",
    summary: "Metric series as JSON (Accept: application/json), else Prometheus text; federate=true: of all services",
    rest: "GET /metrics",
    audience: "open",
    input: Input,
    output: z.object({ series: z.array(Series) }),
    async run(input, call) {
      const wantsJson = (call.header("accept") ?? "").includes("application/json");
      if (!wantsJson) {
        const text = input.federate === "true" ? await federate() : await own();
        return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } }) as never;
      }
      return { series: await collect(store, clock, input) };
    },
  });

async function collect(store: Store, clock: Clock, input: z.output<typeof Input>): Promise<z.output<typeof Series>[]> {
  const to = input.to_ts ?? clock.now();
  const from = input.from_ts ?? to - HOUR_MS;
  const wanted = (input.labels ?? "").split(",").filter((pair) => pair.includes("="));
  const series = new Map<string, z.output<typeof Series>>();
  let cursor: string | undefined;
  do {
    const page = await store.query(metricsTimeseries, {
      where: { ts: { gte: from, lte: to } },
      sort: { field: "ts", order: "asc" },
      limit: ROWS_MAX,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { value } of page.items) {
      for (const [key, number] of Object.entries(value.values)) {
        const { metric, labels } = readSeriesKey(key);
        if (input.metric !== undefined && metric !== input.metric) continue;
        if (!wanted.every((pair) => labels[pair.slice(0, pair.indexOf("="))] === pair.slice(pair.indexOf("=") + 1)))
          continue;
        const kept = series.get(key) ?? { metric, labels, points: [] };
        series.set(key, kept);
        addPoint(kept.points, [value.ts, number], input.step);
      }
    }
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return [...series.values()];
}

function addPoint(points: [number, number][], point: [number, number], step: number): void {
  const last = points.at(-1);
  if (last && Math.floor(last[0] / step) === Math.floor(point[0] / step)) points[points.length - 1] = point;
  else if (points.length < POINTS_MAX) points.push(point);
}
