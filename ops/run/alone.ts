/** One service as a process of its own: configured by the environment only, Redis between it and the others. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { constellation } from "../../shared/kit/constellation.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { findService, loadServices } from "../services.ts";
import { openFolder } from "./folder.ts";
import { clockAheadMs } from "./recorded-clock.ts";
import { redisWorld } from "./redis-world.ts";
import { servePort } from "./serve.ts";
import { untilAsked } from "./signals.ts";

const about = `Usage: bun services/run.ts SERVICE

Runs one service (s04, router or s04-router) until it is asked to stop. The environment says the rest:

  CHIMERA_REDIS_URL     redis://127.0.0.1:6379 (default), redis-sentinel://…, redis-cluster://…
  CHIMERA_DATA          the data folder, shared with the other services of this machine (default data)
  CHIMERA_URL_S01 …     where other services are (default: loopback and their documented ports)
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
  const venue = env.CHIMERA_VENUE_KIND ?? "paper-agents";
  const folder = openFolder(env.CHIMERA_DATA ?? "data", { mode: "paper", venue, account: "main" });
  const logFile = join(folder.path, "logs", `${service.name}.log`);
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
  const all = await constellation(services, [service.id], world);
  const hosted = all.hosted.get(service.id) as Hosted;
  const served = servePort(hosted, service.name, service.port + Number(env.CHIMERA_PORT_OFFSET ?? 0));
  const asked = untilAsked();
  const starting = all.start();
  await Promise.race([asked, starting]);
  process.stdout.write(`${JSON.stringify({ up: service.name, port: served.port, pid: process.pid })}\n`);
  await asked;
  await all.stop();
  await served.stop();
  await world.close();
  return 0;
}
