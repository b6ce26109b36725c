/** One service as a process of its own: configured by the environment only, Redis between it and the others. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { createReplica } from "../../shared/kit/replica.ts";
import type { Service } from "../../shared/kit/service.ts";
import { findService, loadServices } from "../services.ts";
import { openFolder, shardsOf } from "./folder.ts";
import { originBy } from "./origin.ts";
import { type ProcessSettings, readProcessSettings, replicaPort } from "./process-settings.ts";
import { clockAheadMs } from "./recorded-clock.ts";
import { type RedisWorld, redisWorld } from "./redis-world.ts";
import { servePort } from "./serve.ts";
import { serveGateway } from "./serve-gateway.ts";
import { untilAsked } from "./signals.ts";

const about = `Usage: bun services/run.ts SERVICE

Runs one replica of a service (s04, router or s04-router) until it is asked to stop: it takes its share of the service's
shards, or stands by. The environment says the rest:

  CHIMERA_REDIS_URL     redis://127.0.0.1:6379 (default), redis-sentinel://…, redis-cluster://…
  CHIMERA_DATA          the data folder, shared with the other services of this machine (default data)
  CHIMERA_URL_S01 …     where other services are: addresses with commas between them, one per replica
                        (default: loopback and their documented ports); to its own replicas elsewhere than on
                        this machine a service passes requests on only when they are in its own list
  CHIMERA_REPLICA       which replica this is, from 1 (default); the second listens 100 above the first
  CHIMERA_LEASE_MS      how long one may be silent before another takes its shards (default 10000)
  CHIMERA_SHARDS        into how many shards a new data folder is split (default 1)
  CHIMERA_PORT_OFFSET   moves this service's port
  CHIMERA_CLOCK_AHEAD_MS  how far the clock stands from the machine's, the same for all processes (default 0)
  CHIMERA_LOG           debug, info (default), warn, error

and every setting of docs/reference/settings.md.`;

/** Answers the exit code once it has stopped. */
export async function runAlone(args: readonly string[], env: Record<string, string | undefined>): Promise<number> {
  const services = await loadServices();
  const service = findService(services, args[0] ?? "");
  if (!service || args.includes("--help")) {
    process.stderr.write(`${about}\n\nServices: ${services.map((s) => s.name).join(", ")}\n`);
    return service ? 0 : 2;
  }
  const settings = readProcessSettings(env);
  const origin = originBy(env);
  const folder = openFolder(env.CHIMERA_DATA ?? "data", origin, settings.shards ? { shards: settings.shards } : {});
  const number = settings.replica === 1 ? "" : `.${settings.replica}`;
  const logFile = join(folder.path, "logs", `${service.name}${number}.log`);
  const onError = (error: unknown) => {
    const line = {
      level: "ERROR",
      service: service.id,
      error: String(error),
      stack: (error as Error | undefined)?.stack,
    };
    appendFileSync(logFile, `${JSON.stringify(line)}\n`);
  };
  const clock = wallClock(1, onError, clockAheadMs(env));
  const world = redisWorld({ clock, folder, env, logFile, owner: service.id });
  const port = replicaPort(service.port, settings.replica) + Number(env.CHIMERA_PORT_OFFSET ?? 0);
  const count = shardsOf(folder, service.id);
  const replica = await createReplica(partsOf({ all: services, service, world, count, port }, settings));
  // Before any lease is asked for: who has the port is the only process at this place.
  const { log } = world;
  const served =
    service.id === "s12"
      ? await serveGateway({ hosted: replica, port, env, folder, clock, log })
      : servePort(replica, service.name, port);
  const asked = untilAsked();
  await Promise.race([asked, replica.start()]);
  process.stdout.write(`${JSON.stringify({ up: service.name, port: served.port, pid: process.pid })}\n`);
  await asked;
  await replica.stop();
  await served.stop();
  await world.close();
  return 0;
}

interface Place {
  all: readonly Service[];
  service: Service;
  world: RedisWorld;
  count: number;
  port: number;
}

function partsOf({ world, port, ...rest }: Place, settings: ProcessSettings): Parameters<typeof createReplica>[0] {
  const { directory, openStore, openReader } = world;
  const place = `${rest.service.id}.${settings.replica}`;
  const url = `http://127.0.0.1:${port}`;
  return { ...rest, world, directory, openStore, openReader, place, url, leaseMs: settings.leaseMs };
}
