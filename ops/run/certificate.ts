/** The gateway's certificate: the owner's own files, or a self-signed one that is made once and renewed in time. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { generate } from "selfsigned";
import type { DataFolder } from "./folder.ts";
import type { TlsWanted } from "./gateway-settings.ts";
import { isLoopback } from "./proxies.ts";

export interface Certificate {
  /** PEM: the certificate with its chain, and its key. */
  cert: string;
  key: string;
  /** SHA-256 of the certificate, bytes in hex with colons, as browsers show it. */
  fingerprint: string;
  isSelfSigned: boolean;
  /** Epoch ms. */
  endsAt: number;
}

const DAY_MS = 86_400_000;
/** Browsers take none that lasts longer. */
const LIFE_MS = 397 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** For clocks that are behind ours. */
const BEGIN_BEFORE_MS = DAY_MS;
const ALWAYS = ["localhost", "127.0.0.1", "::1"];

/** Throws an Error that names the file which is none, or does not fit the other. `now` in epoch ms. */
export async function certificateFor(
  wanted: TlsWanted,
  folder: Pick<DataFolder, "path">,
  now: number,
): Promise<Certificate> {
  if (wanted.files) return read(readPem(wanted.files.cert), readPem(wanted.files.key), wanted.files.cert);
  const file = join(folder.path, "keys", "tls.pem");
  const kept = existsSync(file) ? ownIn(file) : undefined;
  if (kept && kept.endsAt - RENEW_BEFORE_MS > now && covers(kept, wanted.names)) return kept;
  const made = await selfSigned(wanted.names, now);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // In one file, so that key and certificate are always of one another.
  writeFileSync(`${file}.new`, made, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return ownIn(file) as Certificate;
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function read(cert: string, key: string, file: string): Certificate {
  try {
    const parsed = new X509Certificate(cert);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error("the key is another certificate's");
    const { fingerprint256: fingerprint, validTo } = parsed;
    const isSelfSigned = parsed.verify(parsed.publicKey);
    return { cert, key, fingerprint, isSelfSigned, endsAt: Date.parse(validTo) };
  } catch (cause) {
    throw new Error(`${file} and its key are of no use for TLS: ${(cause as Error).message}`, { cause });
  }
}

/** Undefined for a damaged file: another certificate is made. */
function ownIn(file: string): Certificate | undefined {
  const text = readFileSync(file, "utf8");
  try {
    return read(text, text, file);
  } catch {
    return undefined;
  }
}

function covers({ cert }: Certificate, names: readonly string[]): boolean {
  const parsed = new X509Certificate(cert);
  return [...ALWAYS, ...names].every((name) =>
    isIP(name) === 0 ? parsed.subjectAltName?.split(", ").includes(`DNS:${name}`) : parsed.checkIP(name),
  );
}

async function selfSigned(names: readonly string[], now: number): Promise<string> {
  const altNames = [...new Set([...ALWAYS, ...names, hostname(), ...ownAddresses()])].map((name) =>
    isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
  );
  const subject = [{ name: "commonName", value: names.find((name) => isIP(name) === 0) ?? "Chimera" }];
  const made = await generate(subject, {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(now - BEGIN_BEFORE_MS),
    notAfterDate: new Date(now + LIFE_MS - BEGIN_BEFORE_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return made.private + made.cert;
}

/** As they are when the certificate is made; it is not made again when they change. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map(({ address }) => address.replace(/%.*$/, ""))
    .filter((address) => !isLoopback(address));
