/** Traces of a process, told to a collector where the environment names one. */
import { z } from "@hono/zod-openapi";
import { Counter, type Registry } from "prom-client";
import { OtlpSpans } from "../../shared/adapters/otlp.ts";
import { describeEnv, type Env, readEnv } from "./process-settings.ts";

const settings = z.object({
  otlpUrl: z.string().optional().describe("The collector of traces, OTLP over HTTP; unset: none are made"),
  otlpHeaders: z.string().optional().describe("What it wants in headers, such as authorization=Bearer abc,x-tenant=1"),
  traceSample: z.coerce.number().min(0).max(1).default(0.01).describe("The share of traces that it is told, 0 to 1"),
});

/** One row per setting, for the reference. */
export const describeTracingSettings = () => describeEnv(settings);

export interface TracedProcess {
  version: string;
  /** Of this process among all. */
  instance: string;
  /** Of the installation, the same in all its processes. */
  serviceKey?: Uint8Array;
}

/** Undefined where nobody collects any. Throws an Error that names what is wrong. */
export function openSpans(env: Env, { version, instance, serviceKey }: TracedProcess): OtlpSpans | undefined {
  const { otlpUrl: url, otlpHeaders = "", traceSample: sample } = readEnv(settings, env, "traces");
  if (url === undefined || sample === 0) return;
  const secret = serviceKey && { secret: serviceKey };
  return new OtlpSpans({ url, sample, version, instance, headers: headersOf(otlpHeaders), ...secret });
}

export function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      const name = pair.slice(0, at).trim();
      if (at < 1 || !/^[\w-]+$/.test(name)) throw new Error("CHIMERA_OTLP_HEADERS is name=value, with commas between.");
      return [name, pair.slice(at + 1).trim()];
    }),
  );
}

/** What became of spans, among the metrics of the process. */
export function tellSpans(registry: Registry, spans: Pick<OtlpSpans, "told" | "dropped"> | undefined): void {
  const count = (name: string, help: string, value: () => number) =>
    new Counter({
      ...{ name, help, registers: [registry] },
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  count("chimera_spans_told_total", "Spans that the collector of traces has taken", () => spans?.told ?? 0);
  count(
    "chimera_spans_dropped_total",
    "Spans that were not told: the collector was away, slow or refused them, or there were too many",
    () => spans?.dropped ?? 0,
  );
}
