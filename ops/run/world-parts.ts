/** What the worlds of real processes share: alerts about the bus, process metrics. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import type { Logger } from "pino";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { digest } from "../../shared/keys.ts";
import type { Bus, Clock } from "../../shared/kit/ports.ts";
import { type Alert, alerts } from "../../shared/streams.ts";

interface Healed {
  stream: string;
  group: string;
  what: string;
  count: number;
}
interface Dead {
  stream: string;
  reason: string;
}

/** What a bus reports when something needs a person; `bus` is asked for when it is needed, since it is being made. */
export function busReports(bus: () => Bus, clock: Clock, log: Logger) {
  const alert = (severity: Alert["severity"], code: string, message: string): void => {
    const alert_id = digest("bus", code, message).slice(0, 16);
    const event: Alert = { alert_id, severity, source: "bus", code, message, ts: clock.now() };
    bus()
      .publish(alerts, event)
      .catch((error: unknown) => log.error({ error: String(error), code }, "alert not published"));
  };
  return {
    onError: (error: unknown) => log.error({ error: String(error), stack: (error as Error | undefined)?.stack }, "bus"),
    onDead: (dead: Dead) => {
      log.error({ dead }, "a message went to the dead letters");
      if (dead.stream === alerts.family) return;
      alert("ERROR", "DEAD_LETTER", `A message of ${dead.stream} went to the dead letters: ${dead.reason}`);
    },
    onHealed: ({ stream, group, what, count }: Healed) =>
      alert(
        "WARN",
        "STREAM_LOST",
        `${stream}: ${group} found ${count} entries ${what}; stores are asked for the rest.`,
      ),
    onNearlyFull: (stream: string, waiting: number) =>
      alert("ERROR", "STREAM_NEARLY_FULL", `${stream} holds ${waiting} entries that nobody has acknowledged.`),
  };
}

/** Sizes by heap space are left out: this runtime has none, and stops everything for a whole collection to say so. */
const HEAP_SPACES = ["total", "used", "available"].map((what) => `chimera_nodejs_heap_space_size_${what}_bytes`);

/** What only Node counts; this runtime tells nothing or 0 for ever. */
const NODE_ALONE = ["handles", "requests", "resources"].flatMap((what) =>
  ["", "_total"].map((end) => `chimera_nodejs_active_${what}${end}`),
);

const FILES = "/proc/self/fd";
/** 0 where the system does not say. */
function openSockets(): number {
  if (!existsSync(FILES)) return 0;
  return readdirSync(FILES).filter((file) => {
    try {
      return readlinkSync(`${FILES}/${file}`).startsWith("socket:");
    } catch {
      // Closed meanwhile.
      return false;
    }
  }).length;
}

/**
 * CPU, memory and event-loop lag of this process, and what else it registers, as Prometheus text; `labels` tell it from
 * other processes.
 */
export function processMetrics(
  labels: Record<string, string> = {},
  register: (registry: Registry) => void = () => {},
): () => Promise<string> {
  const registry = processRegistry();
  registry.setDefaultLabels(labels);
  register(registry);
  return () => registry.metrics();
}

export function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "chimera_" });
  for (const name of [...HEAP_SPACES, ...NODE_ALONE]) registry.removeSingleMetric(name);
  new Gauge({
    name: "chimera_process_open_sockets",
    help: "Sockets that this process has open, those to stores, to Redis and to other services among them",
    registers: [registry],
    collect() {
      this.set(openSockets());
    },
  });
  return registry;
}
