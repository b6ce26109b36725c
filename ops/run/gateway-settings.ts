/** How the gateway is open to others than this machine: by the environment, and never without encryption. */
import { isIP } from "node:net";
import { z } from "@hono/zod-openapi";
import { isEverywhere } from "./place.ts";
import { describeEnv, type Env, readEnv } from "./process-settings.ts";
import { addressesIn, addressIn, createProxies, isLoopback, PROXY_HEADERS, type Proxies } from "./proxies.ts";

const GUIDE = "docs/guide/open-to-the-internet.md tells how.";

const list = z.string().transform((text) => text.split(/[\s,]+/).filter((each) => each !== ""));
const port = z.coerce.number().int().min(1).max(65_535);
const isName = (text: string): boolean => isIP(text) !== 0 || /^(\*\.)?([a-z\d_-]+\.)*[a-z\d_-]+$/i.test(text);

const settings = z.object({
  host: z
    .string()
    .optional()
    .describe(
      "Address at which others than this machine reach the gateway, over TLS; 0.0.0.0 or :: for all of its own",
    ),
  publicPort: port
    .default(8443)
    .describe("The port there; at its documented port the gateway is for this machine alone"),
  tls: z
    .enum(["on", "off"])
    .default("on")
    .describe("off: no TLS at CHIMERA_HOST, for trusted proxies on another machine which do it; others are refused"),
  tlsCert: z
    .string()
    .optional()
    .describe("PEM file of the certificate and its chain; unset: a self-signed one is made"),
  tlsKey: z.string().optional().describe("PEM file of the certificate's key"),
  hostNames: list
    .refine((names) => names.every(isName), "host names with commas between them")
    .prefault("")
    .describe("Names by which people reach the gateway, with commas between them; for the self-signed certificate"),
  trustedProxies: list
    .prefault("")
    .describe("Addresses and ranges (10.0.0.0/8) of proxies that are believed who asks, with commas between them"),
  proxyHeaders: z
    .enum(PROXY_HEADERS)
    .default("x-forwarded")
    .describe("Which headers those proxies write: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239)"),
  localAddresses: list
    .prefault("")
    .describe("Addresses that count as this machine: a container host's own, where it publishes on its loopback alone"),
});

export interface GatewaySettings {
  proxies: Proxies;
  /** Whether another address at the other end of a socket counts as this machine. */
  isLocal(peer: string | undefined): boolean;
  /** Undefined: for this machine alone. */
  open: Opening | undefined;
}
export interface Opening {
  host: string;
  port: number;
  /** Undefined: plain http, for trusted proxies alone. */
  tls: TlsWanted | undefined;
}
export interface TlsWanted {
  /** The owner's own certificate; undefined: a self-signed one. */
  files: { cert: string; key: string } | undefined;
  /** What a self-signed one has to be good for, besides this machine. */
  names: readonly string[];
}

/** Throws an Error that says which setting is wrong, and what to do where the gateway would be open unencrypted. */
export function readGatewaySettings(env: Env): GatewaySettings {
  const given = readEnv(settings, env, "how the gateway is open");
  const around = { proxies: trusted(given), isLocal: localIn(given) };
  const files = certificateFiles(given);
  const { host, tls, publicPort, hostNames, trustedProxies } = given;
  if (host === undefined) return { ...around, open: undefined };
  const address = addressIn(host) ?? host;
  if (!isName(address)) throw new Error(`CHIMERA_HOST: ${JSON.stringify(host)} is no address. ${GUIDE}`);
  const offset = Number(env.CHIMERA_PORT_OFFSET ?? 0);
  const open = { host: address, port: publicPort + offset };
  if (tls === "on") {
    const names = [...(isEverywhere(address) || isLoopback(address) ? [] : [address]), ...hostNames];
    return { ...around, open: { ...open, tls: { files, names } } };
  }
  if (trustedProxies.length === 0 && !isLoopback(address)) {
    throw new Error(
      `CHIMERA_TLS=off would send passwords in the clear at ${address}: leave TLS on, or name the proxies that do it ` +
        `with CHIMERA_TRUSTED_PROXIES. ${GUIDE}`,
    );
  }
  return { ...around, open: { ...open, tls: undefined } };
}

/** One row per setting, for the reference. */
export const describeGatewaySettings = () => describeEnv(settings);

type Given = z.output<typeof settings>;

function trusted({ trustedProxies, proxyHeaders }: Given): Proxies {
  try {
    return createProxies(trustedProxies, proxyHeaders);
  } catch (cause) {
    throw new Error(`CHIMERA_TRUSTED_PROXIES: ${(cause as Error).message}`, { cause });
  }
}

function localIn({ localAddresses }: Given): GatewaySettings["isLocal"] {
  try {
    return addressesIn(localAddresses);
  } catch (cause) {
    throw new Error(`CHIMERA_LOCAL_ADDRESSES: ${(cause as Error).message}`, { cause });
  }
}

function certificateFiles({ tlsCert: cert, tlsKey: key, tls }: Given): TlsWanted["files"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Error("CHIMERA_TLS_CERT and CHIMERA_TLS_KEY belong together: set both, or neither.");
  }
  if (tls === "off") throw new Error("CHIMERA_TLS=off has no use for CHIMERA_TLS_CERT: remove one of them.");
  return { cert, key };
}
