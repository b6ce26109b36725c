/** Every metric that anything of ours can tell, from the declarations themselves: name, type, labels, unit, who tells it. */
import { Registry } from "prom-client";
import { wallClock } from "../../shared/adapters/clock.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { type DeclaredMetric, declaredIn } from "../../shared/kit/metrics.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { doorMetrics } from "../../shared/kit/replica.ts";
import { tellBackups } from "../run/backup-figures.ts";
import { tellCertificate } from "../run/certificate-figures.ts";
import { tellRedis } from "../run/redis-figures.ts";
import { tellSpans } from "../run/tracing.ts";
import { processRegistry } from "../run/world-parts.ts";

export interface CataloguedMetric extends DeclaredMetric {
  unit: string;
  /** `all`: every service; `process`: every process, whichever services it runs. */
  tellers: readonly ServiceId[] | "all" | "process";
}

/** By the end of its name, as Prometheus wants it. Milliseconds, since all of ours are; a counter ends in `_total`. */
const UNITS: readonly [ending: string, unit: string][] = [
  ["_timestamp_seconds", "s since 1970"],
  ["_time_seconds", "s since 1970"],
  ["_seconds", "s"],
  ["_ms", "ms"],
  ["_bytes", "bytes"],
  ["_usdt", "USDT"],
  ["_bps", "basis points"],
  ["_ratio", "share"],
  ["_info", "1"],
];
export const unitOf = (name: string): string => {
  const stem = name.replace(/_total$/, "");
  return UNITS.find(([ending]) => stem.endsWith(ending))?.[1] ?? (stem === name ? "number" : "count");
};

/** Sorted by name; `hosted` are all services. */
export function catalogueOf(hosted: ReadonlyMap<ServiceId, Pick<Hosted, "measures">>): CataloguedMetric[] {
  const found = new Map<string, { metric: DeclaredMetric; by: ServiceId[] }>();
  for (const [id, { measures }] of hosted) {
    for (const metric of [...measures(), ...doorMetrics(id).own.declared()]) {
      const known = found.get(metric.name);
      if (known && !isSame(known.metric, metric)) throw new Error(`${metric.name} is declared in two ways`);
      if (known) known.by.push(id);
      else found.set(metric.name, { metric, by: [id] });
    }
  }
  const ofServices = [...found.values()].map(({ metric, by }): CataloguedMetric => {
    const labels = [...metric.labels, "service", "shard", "replica"];
    const tellers = by.length === hosted.size ? "all" : by.toSorted();
    return { ...metric, labels, unit: unitOf(metric.name), tellers };
  });
  return [...ofServices, ...ofProcesses()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const isSame = (one: DeclaredMetric, other: DeclaredMetric): boolean =>
  one.type === other.type && one.help === other.help && one.labels.join() === other.labels.join();

function ofProcesses(): CataloguedMetric[] {
  const told = (fill: (registry: Registry) => void): DeclaredMetric[] => {
    const registry = new Registry();
    fill(registry);
    return declaredIn(registry);
  };
  const by = (tellers: CataloguedMetric["tellers"], metrics: readonly DeclaredMetric[]): CataloguedMetric[] =>
    metrics.map((metric) => ({
      ...metric,
      labels: [...metric.labels, "service", "replica"],
      unit: unitOf(metric.name),
      tellers,
    }));
  return [
    ...by("process", declaredIn(processRegistry())),
    ...by(
      "process",
      told((registry) => tellSpans(registry, undefined)),
    ),
    ...by(
      ["s12"],
      told((registry) => tellCertificate(registry, async () => undefined)),
    ),
    ...by(
      ["s11"],
      told((registry) => tellRedis(registry, () => Promise.reject(new Error("none")))),
    ),
    ...by(
      ["s11"],
      told((registry) => tellBackups(registry, wallClock(), {})),
    ),
  ];
}

const ABOUT =
  "Every metric that the system can tell, from the code that declares it; a metric that nothing has happened to yet shows no " +
  "series. Every service answers Prometheus text at `GET /metrics` on its own port, and S11 that of all at " +
  "`GET /metrics?federate=true`. Names begin with `chimera_`, the unit ends them, and `_total` a counter, which only grows " +
  "and begins at zero with its process; a histogram is told as `_bucket`, `_sum` and `_count`. Times are milliseconds, as " +
  "everywhere here, but for those of the process itself, which Prometheus' own library tells in seconds. Every series names " +
  "its `service`; `shard` and `replica` are there where there are several. Redis is told of only between processes, the " +
  "certificate where the gateway has one, backups where `CHIMERA_BACKUP_TO` names a place. What figures of trading mean: " +
  "[metrics](metrics.md); dashboards and alerts of these: [monitor with Prometheus](../guide/monitor-with-prometheus.md).";

export function cataloguePage(catalogue: readonly CataloguedMetric[], note: string): string {
  const rows = catalogue.map(({ name, type, labels, unit, help, tellers }) => {
    const own = labels.filter((label) => !["service", "shard", "replica"].includes(label));
    const who = typeof tellers === "string" ? tellers : tellers.map((id) => id.toUpperCase()).join(" ");
    return `| \`${name}\` | ${type} | ${own.map((label) => `\`${label}\``).join(" ")} | ${unit} | ${who} | ${help} |`;
  });
  const head = "| metric | type | labels | unit | told by | what |\n| --- | --- | --- | --- | --- | --- |";
  return `${note}\n\n# Catalogue of metrics\n\n${ABOUT}\n\n${head}\n${rows.join("\n")}\n`;
}
