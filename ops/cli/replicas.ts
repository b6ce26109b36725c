/** Reading `--replicas` and `--shards`: how many processes of a service share how many shards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Service } from "../../shared/kit/service.ts";
import { PROCESSES_FILE, type ProcessesSeen } from "../run/left-running.ts";
import { REPLICAS_MAX } from "../run/process-settings.ts";
import { findService } from "../services.ts";

/** `s04=2,s03=2`, with any name that a service goes by. */
export function readReplicas(text: string | undefined, services: readonly Service[]): Map<ServiceId, number> {
  const replicas = new Map<ServiceId, number>();
  for (const part of text === undefined ? [] : text.split(",")) {
    const [name = "", number = ""] = part.split("=");
    const service = findService(services, name.trim());
    const count = Number(number);
    if (!service || !Number.isInteger(count) || count < 1 || count > REPLICAS_MAX) {
      throw new Error(
        `--replicas is a list such as s04=2,s03=2, each from 1 to ${REPLICAS_MAX}; ${JSON.stringify(part)} is none.`,
      );
    }
    // Its pages and live events belong to the one who serves them; they are not passed on.
    if (service.id === "s12" && count > 1) throw new Error("--replicas: there is one gateway; it has no standby.");
    replicas.set(service.id, count);
  }
  return replicas;
}

/** The numbers of a service's processes on a data folder; the first alone where all services are one process. */
export function replicasSeen(folder: string, service: Pick<Service, "name">): number[] {
  try {
    const { processes } = JSON.parse(readFileSync(join(folder, PROCESSES_FILE), "utf8")) as ProcessesSeen;
    const names = processes.map((process) => process.name).filter((name) => name.split(".")[0] === service.name);
    const numbers = names.map((name) => Number(name.split(".")[1] ?? 1)).toSorted((a, b) => a - b);
    return numbers.length > 0 ? numbers : [1];
  } catch {
    return [1];
  }
}
