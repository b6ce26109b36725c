/** One service as a process of its own: configured by the environment only, Redis between it and the others. */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { Problem } from "../../shared/errors.ts";
import { createReplica, type Replica } from "../../shared/kit/replica.ts";
import type { Service } from "../../shared/kit/service.ts";
import { findService, loadServices } from "../services.ts";
import { shardsOf } from "./folder.ts";
import { type Identity, identityOf } from "./identity.ts";
import { advertised, listenAt, placeOf } from "./place.ts";
import { type ProcessSettings, readProcessSettings, replicaPort } from "./process-settings.ts";
import { isLoopback } from "./proxies.ts";
import { clockAheadMs } from "./recorded-clock.ts";
import { type RedisWorld, redisWorld } from "./redis-world.ts";
import { withSecretFiles } from "./secret-files.ts";
import { type ServedPeer, servePort } from "./serve.ts";
import { serveGateway } from "./serve-gateway.ts";
import { RELIEF_SIGNAL, untilAsked } from "./signals.ts";

const about = `Usage: bun services/run.ts SERVICE

Runs one replica of a service (s04, router or s04-router) until it is asked to stop: it takes its share of the service's
shards, or stands by. The environment says the rest:

  CHIMERA_REDIS_URL     redis://127.0.0.1:6379 (default), redis-sentinel://…, redis-cluster://…
  CHIMERA_DATA          the data folder, shared with the other services of this machine (default data)
  CHIMERA_SERVICE_KEY   with CHIMERA_INSTALLATION_TAG and the service's own keys (./chimera secrets make): no data
                        folder is needed where CHIMERA_STORE=arango and CHIMERA_BLOBS=s3 keep everything
  CHIMERA_X_FILE        the file that holds CHIMERA_X, for every X: such as CHIMERA_SERVICE_KEY_FILE
  CHIMERA_URL_S01 …     where other services are: addresses with commas between them, one per replica
                        (default: loopback and their documented ports); to its own replicas elsewhere than on
                        this machine a service passes requests on only when they are in its own list
  CHIMERA_REPLICA       which replica this is, from 1 (default); the second listens 100 above the first
  CHIMERA_BIND          the address its port is on (default 127.0.0.1); 0.0.0.0 in a container
  CHIMERA_ADVERTISE_URL where other replicas reach this one
  CHIMERA_LEASE_MS      how long one may be silent before another takes its shards (default 10000)
  CHIMERA_SHARDS        into how many shards a new data folder is split (default 1)
  CHIMERA_PORT_OFFSET   moves this service's port
  CHIMERA_CLOCK_AHEAD_MS  how far the clock stands from the machine's, the same for all processes (default 0)
  CHIMERA_LOG           debug, info (default), warn, error

and every setting of docs/reference/settings.md.`;

type Environment = Record<string, string | undefined>;

/** Answers the exit code once it has stopped; what is wrong with the environment is said in a line. */
export async function runAlone(args: readonly string[], env: Environment): Promise<number> {
  const services = await loadServices();
  const service = findService(services, args[0] ?? "");
  if (!service || args.includes("--help")) {
    process.stderr.write(`${about}\n\nServices: ${services.map((s) => s.name).join(", ")}\n`);
    return service ? 0 : 2;
  }
  try {
    return await untilStopped(service, services, withSecretFiles(env));
  } catch (error) {
    // Any other kind is no slip of whoever set it up: where it came from is told too.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    process.stderr.write(`chimera: ${error.message}\n`);
    return 1;
  }
}

async function untilStopped(service: Service, all: readonly Service[], env: Environment): Promise<number> {
  const settings = readProcessSettings(env);
  const { replica: number, bind, relieves } = settings;
  const identity = identityOf(env, service.id);
  const write = logTo(settings, identity, service);
  const clock = wallClock(1, (error) => write(lineOf(service, error)), clockAheadMs(env));
  const place = placeOf(settings, env, service.id);
  const world = redisWorld({ clock, identity, env, write, owner: service.id, place });
  const port = replicaPort(service.port, number) + Number(env.CHIMERA_PORT_OFFSET ?? 0);
  const count = shardsOf(identity.folder, service.id);
  const url = advertised(settings, port);
  const replica = await createReplica(partsOf({ all, service, world, count, place, url }, settings));
  const { log } = world;
  // At a place of its own it listens when it can answer as soon as it is handed the lease: the other has all till then.
  if (relieves) await replica.start();
  // Else before any lease is asked for: who has the port is the only process at this place.
  const isInPlace = () => replica.keeper.instance(0)?.isStarted() === true;
  const relieving = relieves && { relieving: { isInPlace } };
  const served: ServedPeer =
    service.id === "s12"
      ? await serveGateway({ ...identity, ...relieving, hosted: replica, port, env, clock, log })
      : servePort(replica, service.name, listenAt(settings, port));
  if (!isLoopback(bind)) log.info({ bind, url, place }, "others than this machine can reach its port");
  const asked = untilAsked();
  process.on(RELIEF_SIGNAL, () => {
    if (served.isShared) process.stdout.write(`${JSON.stringify({ relieve: service.name })}\n`);
    // Nobody could listen beside it: it goes first.
    else process.kill(process.pid, "SIGTERM");
  });
  if (!relieves) await Promise.race([asked, begun(replica, log)]);
  process.stdout.write(`${JSON.stringify({ up: service.name, port: served.port, pid: process.pid })}\n`);
  await asked;
  served.leave();
  // Nobody else answers for people meanwhile: what they have sent already is answered first.
  if (service.id === "s12") await served.quiet();
  await replica.stop();
  await served.finish();
  await world.close();
  return 0;
}

/** Stores that are away, or not prepared yet, are waited for: not ready, it tries again. Throws what else is wrong. */
async function begun(replica: Replica, log: RedisWorld["log"]): Promise<void> {
  try {
    await replica.start();
  } catch (error) {
    if (!(error instanceof Problem && error.code === "UNAVAILABLE")) throw error;
    log.warn({ error: error.message }, "cannot start yet, and tries again");
  }
}

/** Takes each line of the log to where it is wanted. */
function logTo(
  { logTo: to, replica }: ProcessSettings,
  { folder }: Identity,
  service: Service,
): (line: string) => void {
  if (to === "stdout") return (line) => void process.stdout.write(line);
  const logs = join(folder.path, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const file = join(logs, `${service.name}${replica === 1 ? "" : `.${replica}`}.log`);
  return (line) => appendFileSync(file, line);
}

function lineOf({ id }: Service, error: unknown): string {
  const stack = (error as Error | undefined)?.stack;
  return `${JSON.stringify({ level: "ERROR", service: id, error: String(error), stack })}\n`;
}

interface Parts {
  all: readonly Service[];
  service: Service;
  world: RedisWorld;
  count: number;
  place: string;
  url: string;
}

function partsOf({ world, ...rest }: Parts, { leaseMs }: ProcessSettings): Parameters<typeof createReplica>[0] {
  const { directory, openStore, openJournal, openReader } = world;
  return { ...rest, world, directory, openStore, openJournal, openReader, leaseMs };
}
