/** `GET /metrics`: kept series as JSON, or Prometheus text of this service or of all. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, Period } from "../../shared/paging.ts";
import type { Roller } from "./roller.ts";
import { readRows } from "./rows.ts";
import { Collected, type Wanted } from "./select.ts";
import type { SeriesNames } from "./series-names.ts";
import { RAW_KEPT_MS, STEPS, type Steps } from "./steps.ts";

const HOUR_MS = 3_600_000;
/** Steps in one answer: each costs a look into the store. */
const STEPS_MAX = 1_000;

const Input = inOrder(
  z.object({
    metric: z.string().max(128).optional(),
    /** `verb=placeOrder,service=s04` */
    labels: z.string().max(500).optional(),
    ...Period,
    /** Milliseconds between points. */
    step: z.coerce.number().int().min(1_000).max(86_400_000).default(10_000),
    /** Of each step: its last value, or the least, greatest or mean of all that was scraped in it. */
    show: z.enum(["last", "min", "max", "mean"]).default("last"),
    /** Of a counter: how much it grew a second; that it began anew with its process does not show. */
    rate: z.enum(["true", "false"]).default("false"),
    /** Of a histogram, named without `_bucket`: this quantile of what was observed in each step. */
    quantile: z.coerce.number().min(0).max(1).optional(),
    federate: z.enum(["true", "false"]).default("false"),
  }),
);
type Input = z.output<typeof Input>;
const Series = z.object({
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  points: z.array(z.tuple([z.number(), z.number()])),
});
const Output = z.object({
  series: z.array(Series),
  /** How finely what was read is kept. Of the newest time, which is not rolled up yet, it is finer. */
  resolution: z.enum(["scrape", "minute", "hour", "day"]),
});

export interface SeriesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly roller: Pick<Roller, "upTo">;
  readonly names: Pick<SeriesNames, "keyOf">;
  /** How many services there are: one scrape's rows. */
  readonly services: number;
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
    output: Output,
    async run(input, call) {
      const wantsJson = (call.header("accept") ?? "").includes("application/json");
      if (!wantsJson) {
        const text = await (input.federate === "true" ? parts.federate() : parts.own());
        return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } }) as never;
      }
      return collect(parts, input);
    },
  });

async function collect(parts: SeriesParts, input: Input): Promise<z.output<typeof Output>> {
  const { clock } = parts;
  const { from, to } = windowOf(input, clock.now());
  const wanted = wantedOf(input);
  const finest = resolutionOf(input.step, clock.now() - from);
  const collected = new Collected(wanted);
  // What grew in the first step is told against the one before it.
  const begin = wanted.grows ? from - input.step : from;
  const range = { from: begin, to, step: input.step, all: input.show !== "last" };
  for await (const row of readRows(parts, finest, { ...range, service: wanted.labels.get("service") })) {
    collected.take(row);
  }
  return { series: collected.series(from), resolution: finest?.name ?? "scrape" };
}

function windowOf(input: Input, now: number): { from: number; to: number } {
  const { step, to_ts: to = Math.ceil(now), from_ts: from = to - HOUR_MS } = input;
  if (from > to) refuse("INVALID", "from_ts: is after to_ts");
  if ((to - from) / step > STEPS_MAX) {
    refuse("INVALID", `step: at most ${STEPS_MAX} steps from from_ts to to_ts; take a longer step or a shorter time`);
  }
  return { from, to };
}

function wantedOf({ metric, labels = "", show, rate, quantile, step }: Input): Wanted {
  if (quantile !== undefined && metric === undefined) refuse("INVALID", "metric: name the histogram of the quantile");
  if ((rate === "true" || quantile !== undefined) && show !== "last") {
    refuse("INVALID", "show: is of values, and not of a rate or a quantile");
  }
  if (rate === "true" && quantile !== undefined) refuse("INVALID", "rate: a quantile has none");
  const pairs = labels.split(",").filter((pair) => pair.includes("="));
  return {
    metric: quantile === undefined ? metric : `${metric}_bucket`,
    labels: new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])),
    show,
    quantile,
    grows: rate === "true" || quantile !== undefined,
    step,
  };
}

/** The coarsest that is no coarser than the step; of times that are kept less finely by now the finest there is. */
function resolutionOf(step: number, ageMs: number): Steps | undefined {
  const fits = STEPS.findLast(({ ms }) => ms <= step);
  if (fits && ageMs <= fits.keptMs) return fits;
  if (!fits && ageMs <= RAW_KEPT_MS) return undefined;
  return STEPS.find(({ ms, keptMs }) => ageMs <= keptMs && ms >= (fits?.ms ?? 0)) ?? STEPS.at(-1);
}
