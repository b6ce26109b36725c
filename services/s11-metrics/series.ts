/** `GET /metrics`: kept series as JSON, or Prometheus text of this service or of all. */
import { z } from "@hono/zod-openapi";
import { metricsTimeseries, type Scrape } from "../../shared/collections/operations.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, Period } from "../../shared/paging.ts";
import { readSeriesKey } from "./prometheus.ts";

const HOUR_MS = 3_600_000;
/** Steps in one answer: each costs a look into the store. */
const STEPS_MAX = 1_000;
/** Others have their turn after so many steps. */
const STEPS_PER_BREATH = 20;

const Input = inOrder(
  z.object({
    metric: z.string().max(128).optional(),
    /** `verb=placeOrder,service=s04` */
    labels: z.string().max(500).optional(),
    ...Period,
    /** Milliseconds between points; the last scrape within each step is taken. */
    step: z.coerce.number().int().min(1_000).max(86_400_000).default(10_000),
    federate: z.enum(["true", "false"]).default("false"),
  }),
);
const Series = z.object({
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  points: z.array(z.tuple([z.number(), z.number()])),
});

export interface SeriesParts {
  store: Store;
  clock: Clock;
  /** How many services there are: one scrape's rows. */
  services: number;
  own(): Promise<string>;
  federate(): Promise<string>;
}

export const metricsVerb = (parts: SeriesParts): Verb =>
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
        const text = await (input.federate === "true" ? parts.federate() : parts.own());
        return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } }) as never;
      }
      return { series: await collect(parts, input) };
    },
  });

type Kept = Map<string, z.output<typeof Series>>;

/** Looks at the last scrape of every service within each step, newest step first. */
async function collect(
  { store, clock, services }: Pick<SeriesParts, "store" | "clock" | "services">,
  input: z.output<typeof Input>,
): Promise<z.output<typeof Series>[]> {
  const { from, to, step } = windowOf(input, clock.now());
  const series: Kept = new Map();
  let steps = 0;
  for (let start = Math.floor(to / step) * step; start + step > from; start -= step) {
    const within = { gte: Math.max(from, start), lte: Math.min(to, start + step - 1) };
    const sort = { field: "ts", order: "desc" } as const;
    const page = await store.query(metricsTimeseries, { where: { ts: within }, sort, limit: services });
    for (const { value } of page.items) take(series, value, { input, start });
    if (++steps % STEPS_PER_BREATH === 0) await clock.sleep(0);
  }
  for (const { points } of series.values()) points.reverse();
  return [...series.values()];
}

function windowOf(input: z.output<typeof Input>, now: number): { from: number; to: number; step: number } {
  const { step, to_ts: to = Math.ceil(now), from_ts: from = to - HOUR_MS } = input;
  if (from > to) refuse("INVALID", "from_ts: is after to_ts");
  if ((to - from) / step > STEPS_MAX) {
    refuse("INVALID", `step: at most ${STEPS_MAX} steps from from_ts to to_ts; take a longer step or a shorter time`);
  }
  return { from, to, step };
}

/** Adds a scrape's values to their series, unless the step has a newer one already. */
function take(
  series: Kept,
  { ts, values }: Scrape,
  { input, start }: { input: z.output<typeof Input>; start: number },
) {
  const wanted = (input.labels ?? "").split(",").filter((pair) => pair.includes("="));
  for (const [key, number] of Object.entries(values)) {
    const { metric, labels } = readSeriesKey(key);
    if (input.metric !== undefined && metric !== input.metric) continue;
    const hasLabel = (pair: string) => labels[pair.slice(0, pair.indexOf("="))] === pair.slice(pair.indexOf("=") + 1);
    if (!wanted.every(hasLabel)) continue;
    const kept = series.get(key) ?? { metric, labels, points: [] };
    series.set(key, kept);
    const last = kept.points.at(-1);
    if (last === undefined || last[0] >= start + input.step) kept.points.push([ts, number]);
  }
}
