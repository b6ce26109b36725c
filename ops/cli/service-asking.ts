/** Asking a service of the running installation at its own port, for commands that show or keep something there. */
import { join, resolve } from "node:path";
import type { Role, Service } from "../../shared/kit/service.ts";
import { runningPid } from "../run/folder.ts";
import { findService, loadServices } from "../services.ts";
import { mintFor, portOf } from "./gate.ts";

const ASK_MS_MAX = 30_000;

interface Refusal {
  title?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}
export interface Question {
  /** Of the installation. */
  data: string;
  /** `s09`. */
  service: string;
  role: Role;
  method: "GET" | "POST";
  path: string;
  body?: object;
}

/** Throws with the service's own words when it refuses. */
export async function askService<T>({ data, service: id, role, method, path, body }: Question): Promise<T> {
  if (runningPid(join(resolve(data), "chimera.pid")) === undefined) {
    throw new Error(`Nothing runs on ${resolve(data)}. ./chimera up starts it.`);
  }
  const service = findService(await loadServices(), id) as Service;
  const token = await mintFor(data, service, role);
  const response = await fetch(`http://127.0.0.1:${portOf(service)}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ASK_MS_MAX),
  }).catch((error: unknown) => {
    throw new Error(`${service.name} cannot be reached at port ${portOf(service)}: ${(error as Error).message}`);
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer as T;
  const { title, detail, errors = [] } = answer as Refusal;
  throw new Error([title, detail, ...errors.map(({ field, message }) => `${field}: ${message}`)].join("\n  "));
}
