/** Scrapes every replica of all services: their metrics, kept as one row a service and scrape. */
import { put } from "../../shared/changes.ts";
import { metricsTimeseries, type Scrape } from "../../shared/collections/operations.ts";
import { mergeMetrics, withLabel } from "../../shared/kit/metrics-text.ts";
import type { Clock, ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Context, Log, Peers, Principal } from "../../shared/kit/service.ts";
import { readPrometheus, type Sample, seriesKey } from "./prometheus.ts";
import type { SeriesNames } from "./series-names.ts";

/** Scrapes in a row that must fail before a service counts as down. */
const MISSES_MAX = 2;
const OURS = "chimera_";

export interface ScrapeParts {
  peers: Peers;
  store: Store;
  clock: Clock;
  log: Log;
  self: ServiceId;
  /** S11's own metrics text, which needs no request. */
  own(): Promise<string>;
  alert: Context["alert"];
  /** Called with what each service told, all its replicas together; undefined: none of them answered. */
  hear(service: ServiceId, samples: readonly Sample[] | undefined, ts: number): void;
  readonly names: Pick<SeriesNames, "shorten" | "committed">;
}

export function createScraper({ peers, store, clock, log, self, own, alert, hear, names }: ScrapeParts) {
  const misses = new Map<string, number>();
  const nobody: Principal = { kind: "service", id: self, role: "viewer" };

  /** `replica`: its number from 0; of several each names itself in every series, since they tell the same ones. */
  async function textOf(id: ServiceId, replica: number, count: number): Promise<string> {
    if (id === self) return own();
    const response = await peers.fetch(id, new Request("http://peer/metrics"), nobody, replica);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const text = await response.text();
    return count === 1 ? text : withLabel(text, "replica", String(replica + 1));
  }
  const replicasOf = ({ id }: Peers["services"][number]): number[] =>
    Array.from({ length: peers.replicas(id) }, (_, replica) => replica);

  async function samplesOf(service: Peers["services"][number], replica: number, count: number) {
    const name = count === 1 ? service.name : `${service.name}, replica ${replica + 1},`;
    try {
      const samples = readPrometheus(await textOf(service.id, replica, count));
      const missed = misses.get(name) ?? 0;
      misses.set(name, 0);
      if (missed >= MISSES_MAX) alert("INFO", "SERVICE_BACK", `${name} answers again.`);
      return samples;
    } catch (error) {
      const missed = (misses.get(name) ?? 0) + 1;
      misses.set(name, missed);
      log.warn("a service could not be scraped", { callee: service.id, replica: replica + 1, error: String(error) });
      if (missed === MISSES_MAX) alert("ERROR", "SERVICE_DOWN", `${name} does not answer.`);
      return undefined;
    }
  }

  async function one(service: Peers["services"][number], ts: number): Promise<Scrape | undefined> {
    const replicas = replicasOf(service);
    const told = await Promise.all(replicas.map((replica) => samplesOf(service, replica, replicas.length)));
    const hasAnswered = told.some((samples) => samples !== undefined);
    const samples = told.flatMap((each) => each ?? []);
    hear(service.id, hasAnswered ? samples : undefined, ts);
    if (!hasAnswered) return undefined;
    const values = Object.fromEntries(
      samples.filter((s) => s.metric.startsWith(OURS)).map((s) => [seriesKey(s), s.value]),
    );
    return { id: `${service.id}-${ts}`, service: service.id, ts, values };
  }

  return {
    async scrape(): Promise<void> {
      const ts = Math.round(clock.now());
      const rows = await Promise.all(peers.services.map((service) => one(service, ts)));
      const ops = rows.flatMap((row) => {
        if (!row) return [];
        const { values, ops: named } = names.shorten(row.service, row.values);
        return [...named, put(metricsTimeseries, { ...row, values })];
      });
      if (ops.length === 0) return;
      await store.commit(ops);
      names.committed();
    },
    /** Prometheus text of every service, one after the other. */
    async federate(): Promise<string> {
      const all = peers.services.flatMap((service) =>
        replicasOf(service).map((replica) => ({ service, replica, count: peers.replicas(service.id) })),
      );
      const texts = await Promise.all(
        all.map(({ service, replica, count }) =>
          textOf(service.id, replica, count).catch(() => `# ${service.name} does not answer\n`),
        ),
      );
      return mergeMetrics(texts);
    },
  };
}
