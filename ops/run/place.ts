/** Where a process stands: the address it listens on, the one it is reached at, and the place that only it can have. */
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { isOfEnv } from "./identity.ts";
import type { Env, ProcessSettings } from "./process-settings.ts";
import { isLoopback } from "./proxies.ts";
import type { Listening } from "./serve.ts";

/**
 * Of two processes at one place the newer takes the older one's leases at once, so no two may be at the same. On one
 * machine the replica's number says it, since it is the number of a port too. Elsewhere the host's name does: a pod's,
 * which no other pod is given, or a container's id. One that starts again in the same pod is at the same place, and the
 * one before it is surely gone.
 */
export function placeOf(settings: Pick<ProcessSettings, "place" | "replica">, env: Env, owner: ServiceId): string {
  const { place, replica } = settings;
  if (place !== undefined) return `${owner}.${place}`;
  const isNumbered = env.CHIMERA_REPLICA !== undefined || !isOfEnv(env);
  return `${owner}.${isNumbered ? replica : hostname()}`;
}

type TlsSettings = Pick<ProcessSettings, "serviceTlsCert" | "serviceTlsKey" | "serviceTlsCa">;

/** What services listen by. Throws an Error that names a file which cannot be read, or a setting that lacks its pair. */
export function listenAt(settings: Pick<ProcessSettings, "bind"> & TlsSettings, port: number): At {
  const tls = serviceTls(settings);
  return { hostname: settings.bind, port, ...(tls && { tls }) };
}
type At = Pick<Listening, "hostname" | "port" | "tls">;

function serviceTls({ serviceTlsCert: cert, serviceTlsKey: key }: TlsSettings): Listening["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Error("CHIMERA_SERVICE_TLS_CERT and CHIMERA_SERVICE_TLS_KEY belong together: set both, or neither.");
  }
  return { cert: pemIn(cert, "CHIMERA_SERVICE_TLS_CERT"), key: pemIn(key, "CHIMERA_SERVICE_TLS_KEY") };
}

/** The certificate by which other services' are known; undefined: those that the runtime knows. */
export const serviceCa = ({ serviceTlsCa: file }: TlsSettings): string | undefined =>
  file === undefined ? undefined : pemIn(file, "CHIMERA_SERVICE_TLS_CA");

export function pemIn(file: string, variable: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${variable} names ${file}, which cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Where other replicas reach this one. */
export function advertised(
  settings: Pick<ProcessSettings, "advertiseUrl" | "bind"> & TlsSettings,
  port: number,
): string {
  const { advertiseUrl, bind, serviceTlsCert } = settings;
  if (advertiseUrl !== undefined) return advertiseUrl.replace(/\/$/, "");
  const address = isEverywhere(bind) ? (ownAddress() ?? bind) : bind;
  return `${serviceTlsCert === undefined ? "http" : "https"}://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

export const isEverywhere = (address: string): boolean => address === "0.0.0.0" || address === "::";

/** The first that others than this machine can reach. */
const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ address, internal, family }) => !internal && family === "IPv4" && !isLoopback(address))?.address;
