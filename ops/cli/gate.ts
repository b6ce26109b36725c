/** Asking a running installation from the command line: with its own service key, as a person who may only look. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { createTokens, PERSON_TOKEN_TTL_MS_MAX } from "../../shared/kit/auth.ts";
import type { Role, Service } from "../../shared/kit/service.ts";
import { readServiceKey } from "../run/folder.ts";
import { replicaPort } from "../run/process-settings.ts";

/**
 * A token for one service's own port, by CHIMERA_SERVICE_KEY where that is set: what runs in containers has no folder
 * here. Throws when the folder holds no installation. Its times are on the service's own
 * clock, which runs ahead of ours when the installation was started with --speed.
 */
export async function mintFor(
  data: string,
  service: Service,
  role: Role,
  ttlMs = PERSON_TOKEN_TTL_MS_MAX,
): Promise<string> {
  const key = serviceKeyOf(data);
  const { ts } = (await ask<{ ts: number }>(service, "/health")) ?? { ts: wallClock().now() };
  const clock = { ...wallClock(), now: () => ts };
  return createTokens(key, clock).mint("cli", service.id, { id: "terminal", role, ttlMs });
}

function serviceKeyOf(data: string): Uint8Array {
  const { CHIMERA_SERVICE_KEY: given } = process.env;
  if (given !== undefined) return readServiceKey(given, "CHIMERA_SERVICE_KEY");
  const file = join(resolve(data), "keys", "service.key");
  if (!existsSync(file)) throw new Error(`${resolve(data)} holds no installation; ./chimera up makes one.`);
  return readServiceKey(readFileSync(file, "utf8"), file);
}

/** Where a service of this machine's installation listens. */
export const portOf = (service: Pick<Service, "port">, replica = 1): number =>
  replicaPort(service.port, replica) + Number(process.env.CHIMERA_PORT_OFFSET ?? 0);

const ASK_MS_MAX = 3_000;

export interface Asking {
  token?: string;
  replica?: number;
}

/** GET at a service's own port; undefined when it cannot be reached. */
export async function ask<T>(service: Service, path: string, { token, replica }: Asking = {}): Promise<T | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${portOf(service, replica)}${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ASK_MS_MAX),
    });
    return (await response.json()) as T;
  } catch {
    return undefined;
  }
}
