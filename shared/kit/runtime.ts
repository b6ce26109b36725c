/** The running part of a hosted service: consumers, jobs and the outbox relay, started and stopped in order. */
import { firstAnswers } from "../collections/first-answers.ts";
import { alerts, configEvents, opsEvents } from "../streams.ts";
import type { ConfigHolder } from "./config.ts";
import { type createContext, STREAMS_BY_FAMILY } from "./context.ts";
import { createNewsLost, groupOf } from "./listening.ts";
import { type Relay, startRelay } from "./outbox.ts";
import type { Cancel, Collection, Listen } from "./ports.ts";
import type { Consumer, Faces, Job, Log, Service } from "./service.ts";
import type { Tracing } from "./spans.ts";
import { childTrace } from "./trace.ts";
import type { World } from "./world.ts";

/** News of a revision may be lost; then it is found in the store. */
const CONFIG_CATCH_UP_MS = 5_000;
const EXPIRE_MS = 3_600_000;

interface RuntimeParts {
  service: Service;
  world: World;
  faces: Faces;
  log: Log;
  context: ReturnType<typeof createContext>;
  config: ConfigHolder;
}

export function createRuntime(parts: RuntimeParts): { relay: Relay; start(): Promise<void>; stop(): Promise<void> } {
  const { service, world, faces, log, context, config } = parts;
  const subscriptions: { stop(): Promise<void> }[] = [];
  const jobs: Cancel[] = [];
  const newsLost = createNewsLost({ faces, clock: world.clock, log });
  const relay = startRelay({
    store: context.store,
    bus: world.bus,
    clock: world.clock,
    log,
    streams: STREAMS_BY_FAMILY,
    families: reliableOf(service),
    onToldAgain() {
      newsLost.lost();
      if (service.usesConfig) config.refresh().catch((error) => failed("config", error, true));
    },
  });
  const failures = context.metrics.counter("failures_total", "Times that a stream's handler or a job threw", ["where"]);

  function listen(consumer: Consumer, to: Pick<Listen<unknown>, "group" | "owns">): void {
    const { stream } = consumer;
    const isLossy = stream.mode === "lossy";
    const handle = isLossy ? consumer.handle : traced(consumer, [world, context.tracing, to.group]);
    subscriptions.push(
      world.bus.subscribe(stream as never, {
        ...to,
        consumer: world.replica,
        handle: (message) => {
          try {
            const done = handle(message as never);
            if (!(done instanceof Promise)) return done;
            return done.catch((error: unknown) => failed(stream.family, error, isLossy));
          } catch (error) {
            return failed(stream.family, error, isLossy);
          }
        },
      }),
    );
  }
  /** Counts and logs; a reliable stream has the message again, a lossy one has newer news soon. */
  function failed(where: string, error: unknown, swallow = false): void {
    failures.inc({ where });
    log.error(`${where}: handler failed`, { error: String(error), stack: (error as Error | undefined)?.stack });
    if (!swallow) throw error;
  }

  return {
    relay,
    async start() {
      await relay.flush();
      await faces.start?.();
      for (const consumer of faces.consumes ?? []) listen(consumer, groupOf(service.id, context.shard, consumer));
      if (service.usesConfig) {
        listen(
          { stream: configEvents as never, scope: "all", handle: () => config.refresh() },
          { group: `${service.id}-config-${world.replica}` },
        );
        jobs.push(
          world.clock.every(CONFIG_CATCH_UP_MS, () => config.catchUp().catch((e) => failed("config", e, true))),
        );
      }
      for (const job of [...(faces.jobs ?? []), expiring(service, context)]) {
        const run = async () => {
          try {
            await context.tracing.part({ kind: "internal", name: job.name, ifUsed: true }, async () => job.run());
          } catch (error) {
            failed(job.name, error, true);
          }
        };
        jobs.push(world.clock.every(job.everyMs, run));
      }
      newsLost.begin();
    },
    async stop() {
      for (const cancel of jobs) cancel();
      newsLost.stop();
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      await faces.stop?.();
      await relay.flush();
      await relay.stop();
    },
  };
}

/** The reliable streams that a service speaks on; anyone's alerts and audit entries among them. */
const reliableOf = ({ emits }: Service): string[] => [
  ...new Set([...emits, alerts, opsEvents].filter(({ mode }) => mode === "reliable").map(({ family }) => family)),
];

/** What is kept for a time goes when that is over: the service's own collections and its first answers. */
function expiring({ id, owns }: Service, { store, clock }: RuntimeParts["context"]): Job {
  const kept = [...owns, firstAnswers[id]] as Collection[];
  return {
    name: "expire",
    everyMs: EXPIRE_MS,
    async run() {
      for (const collection of kept) await store.expire(collection, clock.now());
    },
  };
}

const traced =
  (consumer: Consumer, [world, tracing, group]: [World, Tracing, string]) =>
  (message: never) => {
    const { traceparent: parent } = message as { traceparent?: string };
    const { family } = consumer.stream;
    const attributes = {
      ...{ "messaging.destination.name": family, "messaging.operation.type": "process" },
      "messaging.consumer.group.name": group,
    };
    const about = { kind: "consumer", name: `process ${family}`, attributes } as const;
    return tracing.own({ trace: childTrace(parent, world.random), parent }, about, () => consumer.handle(message));
  };
