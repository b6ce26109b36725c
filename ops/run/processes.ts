/** The form with one process per service: venue, Redis, then every service, supervised. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOrder } from "../../shared/kit/constellation.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Service } from "../../shared/kit/service.ts";
import { ROOT } from "../build.ts";
import { loadServices } from "../services.ts";
import { buildWeb } from "../web.ts";
import { envFor } from "./child-env.ts";
import type { DataFolder } from "./folder.ts";
import { isOf, leftRunning, PROCESSES_FILE, type ProcessesSeen } from "./left-running.ts";
import { ownRedis } from "./own-redis.ts";
import { paperVenueAt } from "./paper-urls.ts";
import { replicaPort } from "./process-settings.ts";
import { canSharePorts } from "./shared-port.ts";
import { type Program, type ProgramState, type Supervisor, supervise } from "./supervise.ts";

export interface ProcessOptions {
  folder: DataFolder;
  market: string;
  portOffset: number;
  env: Record<string, string | undefined>;
  bundleText: string;
  adminPassword: string | undefined;
  logLevel: string;
  /** Without an exchange of our own: what it is and where is in the environment. */
  isPaper: boolean;
  /** How many processes of a service, where more than one. */
  replicas?: ReadonlyMap<ServiceId, number>;
  changed?(state: ProgramState): void;
}
export interface Processes {
  gateway: string;
  redisUrl: string;
  supervisor: Supervisor;
  stop(): Promise<void>;
}

export async function startProcesses(options: ProcessOptions): Promise<Processes> {
  const { folder, portOffset, env } = options;
  if (env.CHIMERA_WEB_FOLDER === undefined) await buildWeb(folder.web);
  await endLeftovers(folder);
  const own = env.CHIMERA_REDIS_URL === undefined ? await ownRedis(folder.path) : undefined;
  const redisUrl = env.CHIMERA_REDIS_URL ?? (own?.url as string);
  const services = await loadServices();
  const childEnv = envOf(options, services, redisUrl);
  const replicasOf = (id: ServiceId) => options.replicas?.get(id) ?? 1;
  const venue: Program[] = options.isPaper
    ? [{ name: "venue", command: bun("ops/run/venue-process.ts"), env: envFor("venue", childEnv) }]
    : [];
  const programs = startOrder(services).flatMap((id) => {
    const { name } = services.find((service) => service.id === id) as Service;
    const command = [...bun("services/run.ts"), name];
    return numbers(replicasOf(id)).map((replica) => ({
      name: replica === 1 ? name : `${name}.${replica}`,
      command,
      env: { ...envFor(id, childEnv), CHIMERA_REPLICA: String(replica) },
      ...(id === "s12" && canSharePorts && { turns: GATEWAY_TURNS }),
    }));
  });
  const states = new Map<string, ProgramState>();
  const changed = (state: ProgramState): void => {
    states.set(state.name, { ...state });
    const seen = { redis_url: redisUrl, processes: [...states.values()] } satisfies ProcessesSeen;
    writeFileSync(join(folder.path, PROCESSES_FILE), JSON.stringify(seen, null, 2));
    options.changed?.(state);
  };
  // The config service, which all ask, comes up with the venue; the others together when it is there.
  const staged = programs.map((program, at) => ({ ...program, alongside: at !== 1 }));
  const supervisor = await supervise([...(own ? [own.program] : []), ...venue, ...staged], changed);
  return { gateway: `http://127.0.0.1:${8092 + portOffset}/`, redisUrl, supervisor, stop: supervisor.stop };
}

/** Ends what a supervisor that was killed has left running: they would hold the ports and the stores. */
async function endLeftovers(folder: DataFolder): Promise<void> {
  const left = leftRunning(folder.path);
  for (const pid of left) process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < LEFTOVER_MS_MAX && left.some((pid) => isOf(pid, folder.path)); waited += 50) {
    await Bun.sleep(50);
  }
  for (const pid of left) if (isOf(pid, folder.path)) process.kill(pid, "SIGKILL");
}
const LEFTOVER_MS_MAX = 10_000;

/** Two gateways follow each other without a pause, at the same port: so they cannot be at the same place. */
const GATEWAY_TURNS = [{ CHIMERA_PLACE: "1" }, { CHIMERA_PLACE: "1b" }];

/** From 1. */
const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const bun = (file: string): string[] => [process.execPath, join(ROOT, file)];

function envOf(
  { folder, market, portOffset, env, bundleText, adminPassword, logLevel, replicas, isPaper }: ProcessOptions,
  services: readonly Service[],
  redisUrl: string,
): Record<string, string | undefined> {
  const at = (port: number) => `127.0.0.1:${port + portOffset}`;
  const urls = services.map(({ id, port }) => {
    const each = numbers(replicas?.get(id) ?? 1).map((replica) => `http://${at(replicaPort(port, replica))}`);
    return [`CHIMERA_URL_${id.toUpperCase()}`, each.join(",")] as const;
  });
  return {
    ...(isPaper && paperVenueAt(at)),
    CHIMERA_WEB_FOLDER: folder.web,
    ...Object.fromEntries(urls),
    ...env,
    // Theirs is the data folder's, whatever else is around.
    CHIMERA_SERVICE_KEY: undefined,
    CHIMERA_MODE: folder.origin.mode,
    CHIMERA_DATA: folder.path,
    CHIMERA_REDIS_URL: redisUrl,
    CHIMERA_PORT_OFFSET: String(portOffset),
    CHIMERA_MARKET: market,
    CHIMERA_VENUE_KIND: folder.origin.venue,
    CHIMERA_BUNDLE_TEXT: bundleText,
    CHIMERA_ADMIN_PASSWORD: adminPassword,
    CHIMERA_LOG: logLevel,
  };
}
