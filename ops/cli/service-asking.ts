/** Asking a service of the running installation at its own port, for commands that show or keep something there. */
import { join, resolve } from "node:path";
import type { Role, Service } from "../../shared/kit/service.ts";
import { runningPid } from "../run/folder.ts";
import { isOfEnv } from "../run/identity.ts";
import { findService, loadServices } from "../services.ts";
import { mintFor, portOf } from "./gate.ts";

const ASK_MS_MAX = 30_000;

/** What a service says when it will not. */
export interface Refusal {
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
  /** How long the answer may take; half a minute where nothing is said. */
  msMax?: number;
}
export type Answer<T> = { ok: true; body: T } | { ok: false; body: Refusal };

/** Throws with the service's own words when it refuses. */
export async function askService<T>(question: Question): Promise<T> {
  const { ok, body } = await answerTo<T>(question);
  if (ok) return body;
  const { title, detail, errors = [] } = body;
  throw new Error(refusalLines({ title, detail, errors }).join("\n  "));
}

/** Each thing once: what is wrong with a field is often the whole detail. */
export function refusalLines({ title, detail, errors = [] }: Refusal): string[] {
  const isInDetail = ({ field, message }: { field: string; message: string }) =>
    [field, message].every((words) => detail?.includes(words));
  const fields = errors.filter((error) => !isInDetail(error)).map(({ field, message }) => `${field}: ${message}`);
  return [title, detail, ...new Set(fields)].filter((line) => line !== undefined);
}

/** Throws where nothing runs, and where nobody answers. */
export async function answerTo<T>(question: Question): Promise<Answer<T>> {
  const { data, service: id, role, method, path, body, msMax = ASK_MS_MAX } = question;
  if (!isOfEnv(process.env) && runningPid(join(resolve(data), "chimera.pid")) === undefined) {
    throw new Error(`Nothing runs on ${resolve(data)}. ./chimera up starts it.`);
  }
  const service = findService(await loadServices(), id) as Service;
  const token = await mintFor(data, service, role);
  const response = await fetch(`http://127.0.0.1:${portOf(service)}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { "content-type": "application/json" }),
      ...(method === "POST" && { "idempotency-key": crypto.randomUUID() }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(msMax),
  }).catch((error: unknown) => {
    throw new Error(`${service.name} cannot be reached at port ${portOf(service)}: ${(error as Error).message}`);
  });
  return { ok: response.ok, body: await response.json() } as Answer<T>;
}
