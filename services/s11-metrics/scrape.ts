/** Scrapes all services: their health and metrics, kept as one row a service and scrape. */
import { put } from "../../shared/changes.ts";
import { metricsTimeseries, type Scrape } from "../../shared/collections/operations.ts";
import type { Clock, ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Context, Log, Peers, Principal } from "../../shared/kit/service.ts";
import { readPrometheus, type Sample, seriesKey } from "./prometheus.ts";

/** Scrapes in a row that must fail before a service counts as down. */
const MISSES_MAX = 2;
const OURS = "chimera_";
const CALLS = `${OURS}calls_total`;

/** Calls of one service to another since it started, as of the last scrape. */
export interface Edge {
  from: ServiceId;
  to: string;
  count: number;
}

export interface ScrapeParts {
  peers: Peers;
  store: Store;
  clock: Clock;
  log: Log;
  self: ServiceId;
  /** S11's own metrics text, which needs no request. */
  own(): Promise<string>;
  alert: Context["alert"];
}

export function createScraper({ peers, store, clock, log, self, own, alert }: ScrapeParts) {
  const misses = new Map<ServiceId, number>();
  /** Told by every service itself: none sees the calls of others, which may be processes of their own. */
  const edges = new Map<ServiceId, Edge[]>();
  const nobody: Principal = { kind: "service", id: self, role: "viewer" };

  async function textOf(id: ServiceId): Promise<string> {
    if (id === self) return own();
    const response = await peers.fetch(id, new Request("http://peer/metrics"), nobody);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.text();
  }

  async function one(service: Peers["services"][number], ts: number): Promise<Scrape | undefined> {
    try {
      const samples = readPrometheus(await textOf(service.id));
      misses.set(service.id, 0);
      edges.set(service.id, edgesOf(service.id, samples));
      const values = Object.fromEntries(
        samples.filter((s) => s.metric.startsWith(OURS)).map((s) => [seriesKey(s), s.value]),
      );
      return { id: `${service.id}-${ts}`, service: service.id, ts, values };
    } catch (error) {
      const missed = (misses.get(service.id) ?? 0) + 1;
      misses.set(service.id, missed);
      log.warn("a service could not be scraped", { callee: service.id, error: String(error) });
      if (missed === MISSES_MAX) alert("ERROR", "SERVICE_DOWN", `${service.name} does not answer.`);
      return undefined;
    }
  }

  return {
    async scrape(): Promise<void> {
      const ts = Math.round(clock.now());
      const rows = await Promise.all(peers.services.map((service) => one(service, ts)));
      const ops = rows.flatMap((row) => (row ? [put(metricsTimeseries, row)] : []));
      if (ops.length > 0) await store.commit(ops);
    },
    topology: (): Edge[] => peers.services.flatMap(({ id }) => edges.get(id) ?? []),
    /** Prometheus text of every service, one after the other. */
    async federate(): Promise<string> {
      const texts = await Promise.all(
        peers.services.map((service) => textOf(service.id).catch(() => `# ${service.name} does not answer\n`)),
      );
      return merge(texts);
    },
  };
}

function edgesOf(from: ServiceId, samples: readonly Sample[]): Edge[] {
  const counts = new Map<string, number>();
  for (const { metric, labels, value } of samples) {
    if (metric === CALLS && labels.to !== undefined) counts.set(labels.to, (counts.get(labels.to) ?? 0) + value);
  }
  return [...counts].map(([to, count]) => ({ from, to, count }));
}

/** One block per metric, since the format allows its HELP and TYPE only once. */
function merge(texts: readonly string[]): string {
  const blocks = new Map<string, { head: string[]; lines: Set<string> }>();
  for (const text of texts) {
    let current = { head: [] as string[], lines: new Set<string>() };
    for (const line of text.split("\n")) {
      const named = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (named !== undefined) {
        current = blocks.get(named) ?? { head: [], lines: new Set() };
        blocks.set(named, current);
        if (current.lines.size === 0 && !current.head.includes(line)) current.head.push(line);
      } else if (line !== "") current.lines.add(line);
    }
  }
  return [...blocks.values()].map(({ head, lines }) => `${[...head, ...lines].join("\n")}\n`).join("");
}
