/** `restart`: starts the processes of a running installation again, one after the other, without missing anything. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { startOrder } from "../../shared/kit/constellation.ts";
import type { Health } from "../../shared/kit/health.ts";
import type { Service } from "../../shared/kit/service.ts";
import { claim, runningPid } from "../run/folder.ts";
import { isOf, PROCESSES_FILE, type ProcessesSeen } from "../run/left-running.ts";
import { type Replica, type Restarted, restartEach } from "../run/rolling.ts";
import { RELIEF_SIGNAL } from "../run/signals.ts";
import { findService, loadServices } from "../services.ts";
import type { Command } from "./command.ts";
import { ask } from "./gate.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { replicasSeen } from "./replicas.ts";
import { dim, green, print } from "./terminal.ts";

const usage = `Usage: ./chimera restart [SERVICE...] [--data DIR] [--json]

Starts services of ./chimera up --processes again, one process after the other: those whom others call first, the gateway
last. Each ends in order, hands its shards to the service's other processes, and is waited for: until it is ready, and
every shard is held, before the next one goes. Without a SERVICE it restarts all. For a new version of the program, and
for whatever a service reads only at its start.

With two processes of a service nobody notices; of one that is alone, what is asked meanwhile waits a second or two at
the gateway. The gateway itself goes when the next one is there (on Linux).

Where one does not come up again the others are left alone, and the command ends with 1.`;

async function run(args: string[]): Promise<number> {
  const options = {
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  } as const;
  const { values, positionals } = readOptions(args, options, "some");
  const folder = resolve(values.data);
  if (runningPid(join(folder, "chimera.pid")) === undefined) throw new Error(`Nothing runs on ${folder}.`);
  const services = await loadServices();
  const all = replicasOf(folder, services);
  const wanted = new Set(positionals.map((name) => named(services, name)));
  const some = all.filter(({ service }) => wanted.size === 0 || wanted.has(service));
  const byName = new Map(services.map((service) => [service.name, service]));
  const letOthers = alone(folder);
  try {
    const done = await restartEach(some, all, {
      clock: wallClock(),
      stateOf: (name) => seen(folder).find((program) => program.name === name),
      // One that has died by itself meanwhile is started again without us, and its number may be a stranger's.
      end: (pid, isRelievable) =>
        void (isOf(pid, folder) && process.kill(pid, isRelievable ? RELIEF_SIGNAL : "SIGTERM")),
      healthOf: ({ service, replica }) => ask<Health>(byName.get(service) as Service, "/health", { replica }),
      told: (step) => values.json || print(line(step)),
    });
    if (values.json) print(JSON.stringify({ restarted: done }));
  } finally {
    letOthers();
  }
  return 0;
}

/** Of two at once each would find all ready, and end another process. Throws while another restart goes on. */
function alone(folder: string): () => void {
  const pid = join(folder, "restart.pid");
  const other = runningPid(pid);
  if (other !== undefined) throw new Error(`It is being restarted already, by process ${other}.`);
  return claim({ path: folder, pid });
}

function named(services: readonly Service[], text: string): string {
  const service = findService(services, text);
  if (!service) throw new Error(`There is no service ${text}. Known: ${services.map(({ name }) => name).join(", ")}.`);
  return service.name;
}

/** Callees before callers, so that whoever comes after them finds them as they will stay. */
function replicasOf(folder: string, services: readonly Service[]): Replica[] {
  const isSplit = seen(folder).some(({ pid }) => pid !== undefined && isOf(pid, folder));
  if (!isSplit) throw new Error("Its services are one process: ./chimera down and up restart it.");
  return startOrder(services).flatMap((id) => {
    const { name: service } = services.find((each) => each.id === id) as Service;
    return replicasSeen(folder, { name: service }).map((replica) => ({
      ...{ service, replica },
      name: replica === 1 ? service : `${service}.${replica}`,
    }));
  });
}

function seen(folder: string): ProcessesSeen["processes"] {
  try {
    return (JSON.parse(readFileSync(join(folder, PROCESSES_FILE), "utf8")) as ProcessesSeen).processes;
  } catch {
    // In the middle of being written, or there is none.
    return [];
  }
}

const line = ({ name, ms, away_ms }: Restarted): string =>
  `${green("●")} ${name.padEnd(16)} ${dim(`ready after ${away_ms} ms, all as before after ${ms} ms`)}`;

export const command: Command = { usage, run };
