/** What a service is handed at set-up: the world's ports, narrowed to what it declared. */
import type { Contract } from "../contracts.ts";
import { assert, refuse } from "../errors.ts";
import { digest } from "../keys.ts";
import { alerts, type OpsEvent, opsEvents, STREAMS } from "../streams.ts";
import { createAlerting } from "./alerting.ts";
import type { ConfigHolder } from "./config.ts";
import { countedCalls, timedStore } from "./counted.ts";
import { deepFreeze } from "./freeze.ts";
import type { LogRing } from "./log-ring.ts";
import { createMetrics, type OwnMetrics } from "./metrics.ts";
import type { Journal, Stream } from "./ports.ts";
import type { Reach } from "./reach.ts";
import { redactText } from "./redact.ts";
import type { CallOptions, Client, Context, Log, Peers, ReachedPeers, Service } from "./service.ts";
import { WHOLE } from "./shard.ts";
import { Tracing } from "./spans.ts";
import { childTrace, currentFrom, currentSecond, currentTrace, traceId } from "./trace.ts";
import { tracedNet } from "./traced.ts";
import type { World } from "./world.ts";

export const STREAMS_BY_FAMILY: ReadonlyMap<string, Stream> = new Map(STREAMS.map((s) => [s.family, s]));

const NO_JOURNAL: Journal = {
  read: async () => [],
  append: async () => refuse("UNAVAILABLE", "This process has no place for a journal."),
  clear: async () => {},
  close: async () => {},
};

/** Typed clients for what a service declared it calls. */
export function clientOf<C extends Contract>(from: Service, contract: C, reach: Reach): Client<C> {
  const methods = Object.entries(contract.methods).map(([name, method]) => {
    const call = reach(from, contract, method);
    return [name, (input: unknown, options: CallOptions = {}) => call(input, options)] as const;
  });
  return Object.fromEntries(methods) as unknown as Client<C>;
}

/** What a service is handed, and what its host uses besides. */
export type MadeContext = Context & { metrics: OwnMetrics; reach: Reach; tracing: Tracing };

export interface ContextParts {
  service: Service;
  world: World;
  reach: Reach;
  peers: ReachedPeers;
  config: ConfigHolder;
  log: Log;
  ring: LogRing;
  settings: unknown;
}

export function createContext(parts: ContextParts): MadeContext {
  const { service, world, config, log, settings } = parts;
  const metrics = withProcess(createMetrics(service.id, world.shard), world);
  tellBuild(metrics, world);
  const { clock, random, spans } = world;
  const tracing = new Tracing({ service: service.id, shard: world.shard?.index, spans, clock, random });
  const measuring = { metrics, clock: world.clock, tracing };
  const { reach, peers: reached } = countedCalls(parts, measuring);
  const peers = { ...reached, ...heard(service, world) };
  const publish = createPublish(service, world, tracing);
  const send = createAlerting({ clock: world.clock, log, publish: (alert) => publish(alerts, alert) });
  return {
    id: service.id,
    account: world.account,
    settings,
    clock: world.clock,
    random: world.random.fork(service.id),
    tracing,
    store: timedStore(world.store(service.id), measuring),
    journal: world.journal?.(service.id) ?? NO_JOURNAL,
    get blobs() {
      assert(service.usesBlobs, `${service.id} uses blobs without declaring it`);
      return world.blobs;
    },
    cache: world.cache,
    lock: world.lock,
    quota: world.quota,
    rateLimit: world.rateLimit,
    schedule: world.schedule,
    net: tracedNet(world.net, service.id, tracing),
    outside: world.outside,
    inference: world.inference,
    programs: world.programs,
    workers: world.workers,
    build: world.build,
    log,
    logged: (since) => parts.ring.since(since),
    metrics,
    config,
    peers,
    reach,
    shard: world.shard ?? WHOLE,
    noEntries: () => world.bus.trouble(),
    calls: Object.fromEntries(
      Object.entries(service.calls).map(([name, contract]) => [name, clientOf(service, contract, reach)]),
    ) as never,
    publish,
    alert(severity, code, message, action) {
      const ts = world.clock.now();
      const alert_id = digest("alert", service.id, code, message).slice(0, 16);
      // Alerts leave the system, and what they tell of may be an answer of somebody else's.
      const told = redactText(message);
      const event = {
        ...{ alert_id, severity, source: service.id, code, message: told, ts },
        ...(action && { action_taken: redactText(action) }),
      };
      log[severity === "INFO" ? "info" : severity === "WARN" ? "warn" : "error"](`alert: ${told}`, { code });
      send(event);
    },
    audit: (entry) => ({
      op: "emit",
      stream: opsEvents as unknown as Stream<never>,
      event: { source: service.id, ts: world.clock.now(), ...cameFrom(), ...entry },
    }),
  };
}

/** With those of the process, where the world has them: a part of it is told nowhere else. */
const withProcess = (metrics: OwnMetrics, { processMetrics }: World): OwnMetrics =>
  processMetrics ? { ...metrics, text: async () => (await metrics.text()) + (await processMetrics()) } : metrics;

function tellBuild(metrics: OwnMetrics, { build, mode }: World): void {
  const { version, git_commit } = build;
  const labels = ["version", "git_commit", "mode"];
  metrics
    .gauge("build_info", "1, with what runs here and where it trades", labels)
    .set(1, { version, git_commit, mode });
}

/** The request or message that is being worked on, if any, where the person is for whom that is done, who allowed it. */
function cameFrom(): Pick<OpsEvent, "trace_id" | "from" | "second"> {
  const trace_id = traceId(currentTrace());
  const [from, second] = [currentFrom(), currentSecond()];
  return {
    ...(trace_id !== undefined && { trace_id }),
    ...(from !== undefined && { from }),
    ...(second !== undefined && { second }),
  };
}

/** By the bus of this life: one that is over hears no more. */
const heard = ({ id }: Service, { bus, replica }: World): Pick<Peers, "listen" | "recent" | "dead"> => ({
  listen(stream, hear) {
    // A group of its own, so that listening neither takes from nor waits for anybody.
    const subscription = bus.subscribe(stream, { group: `${id}-live-${replica}`, consumer: replica, handle: hear });
    return () => void subscription.stop();
  },
  recent: (stream, limit) => bus.read(stream, { limit }),
  dead: (stream, limit) => bus.dead(stream as Stream, limit),
});

function createPublish(service: Service, world: World, tracing: Tracing): Context["publish"] {
  const declared = new Set([...service.emits.map((s) => s.family), alerts.family, opsEvents.family]);
  const { bus, freeze } = world;
  return (stream, event, key) => {
    assert(declared.has(stream.family), `${service.id} publishes ${stream.family} without declaring it`);
    assert(!stream.numbered, `${stream.family} is counted: it is committed, not published`);
    if (freeze) deepFreeze(event);
    if (stream.mode === "lossy") return bus.publish(stream, event, key === undefined ? {} : { key });
    const { family } = stream;
    const attributes = { "messaging.destination.name": family, "messaging.operation.type": "send" };
    return tracing.part({ kind: "producer", name: `send ${family}`, attributes }, () => {
      const traceparent = currentTrace() ?? childTrace(undefined, world.random);
      return bus.publish(stream, event, { traceparent, ...(key !== undefined && { key }) });
    });
  };
}
