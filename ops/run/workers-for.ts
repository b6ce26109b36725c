/** Which workers a service's process has: threads, or for S9, if the environment says so, whoever takes its queue. */
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { type QueueParts, queueWorkers } from "../../shared/adapters/queue-workers.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import type { Env } from "./process-settings.ts";
import { readWorkSettings } from "./work-settings.ts";

/** Only what remembers nothing from one run to the next can go to others: trials do not, simulations of S10 do. */
export function workersFor(owner: ServiceId, env: Env, parts: Omit<QueueParts, "cores">): Workers {
  const { work, workWaitingMax } = readWorkSettings(env);
  return owner === "s09" && work === "queue" ? queueWorkers({ ...parts, cores: workWaitingMax }) : bunWorkers();
}
