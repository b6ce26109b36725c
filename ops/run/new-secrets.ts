/** The secrets of a new installation, each in a file of its own, as containers and pods are handed them. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { generate } from "selfsigned";
import { systemRandom } from "../../shared/adapters/random.ts";
import { channelKeyFrom, masterKey, newMasterKey, openKey } from "./exchange-keys.ts";
import { newServiceKey, newTag, openFolder, originOf } from "./folder.ts";
import { newGrantKey } from "./grant-keys.ts";

export interface SecretsWanted {
  /** Names of the services' hosts, which their certificate is good for. */
  hosts: readonly string[];
  /** Ids of those that have a user of their own in the document store. */
  owners: readonly string[];
  /** A data folder whose own secrets are taken, so that what it holds can be carried over. */
  from?: string;
  /** Who is to own the files; unset: whoever makes them. */
  owner?: { uid: number; gid: number };
  /** Epoch ms. */
  now: number;
}
export interface MadeSecret {
  file: string;
  /** False: it was there already, and was left as it is. */
  isNew: boolean;
}

const PASSWORD_BYTES = 24;
const DAY_MS = 86_400_000;
const YEARS_MS = 10 * 365 * DAY_MS;
const PRIVATE = 0o600;
/** Whoever connects has to read these; they prove nothing. */
const PUBLIC = 0o644;

/** The file of `CHIMERA_SERVICE_KEY` is `service-key`. */
export const secretFile = (variable: string): string =>
  variable
    .replace(/^CHIMERA_/, "")
    .toLowerCase()
    .replaceAll("_", "-");

/**
 * Makes what is missing in `folder` and changes nothing that is there. Throws an Error where only a part of what
 * belongs together is there.
 */
export async function makeSecrets(folder: string, wanted: SecretsWanted): Promise<MadeSecret[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: MadeSecret[] = [];
  const keep = (variable: string, make: () => string, mode = PRIVATE): string => {
    const file = join(folder, secretFile(variable));
    const isNew = !existsSync(file);
    if (isNew) writeFileSync(file, `${make()}\n`, { mode, flag: "wx" });
    if (isNew) chmodSync(file, mode);
    if (wanted.owner) chownSync(file, wanted.owner.uid, wanted.owner.gid);
    made.push({ file, isNew });
    return readFileSync(file, "utf8").trim();
  };
  const known = wanted.from === undefined ? undefined : secretsIn(wanted.from);
  keep("CHIMERA_SERVICE_KEY", () => known?.serviceKey ?? newServiceKey());
  keep("CHIMERA_INSTALLATION_TAG", () => known?.tag ?? newTag());
  const master = keep("CHIMERA_MASTER_KEY", () => known?.master ?? newMasterKey());
  keep("CHIMERA_BACKUP_KEY", newMasterKey);
  keep("CHIMERA_S11_CHANNEL_KEY", () => channelKeyFrom(Buffer.from(master, "hex")));
  pair(folder, keep, known?.grant);
  keep("CHIMERA_ADMIN_PASSWORD", () => password(12));
  for (const name of PASSWORDS) keep(name, () => password());
  for (const id of wanted.owners) keep(`CHIMERA_${id.toUpperCase()}_ARANGO_PASSWORD`, () => password());
  keep("CHIMERA_S3_ACCESS_KEY", () => `chimera-${password(6)}`);
  keep("CHIMERA_S01_API_KEY", () => known?.exchange?.api_key ?? "paper-key");
  keep("CHIMERA_S01_API_SECRET", () => known?.exchange?.secret ?? "paper-secret");
  await certificates(folder, keep, wanted);
  if (wanted.owner) chownSync(folder, wanted.owner.uid, wanted.owner.gid);
  return made;
}

const PASSWORDS = [
  "CHIMERA_VENUE_ADMIN_TOKEN",
  "CHIMERA_REDIS_PASSWORD",
  "CHIMERA_ARANGO_PASSWORD",
  "CHIMERA_S3_SECRET_KEY",
  "CHIMERA_GRAFANA_PASSWORD",
  "CHIMERA_ARANGO_JWT",
];

type Keep = (variable: string, make: () => string, mode?: number) => string;

const password = (bytes = PASSWORD_BYTES): string => Buffer.from(systemRandom().bytes(bytes)).toString("base64url");

function pair(folder: string, keep: Keep, known: { secret: string; known: string } | undefined): void {
  const names = ["CHIMERA_S12_GRANT_KEY", "CHIMERA_S01_GRANT_PUBLIC_KEY"];
  mustBelongTogether(folder, names);
  const grant = known ?? newGrantKey();
  keep("CHIMERA_S12_GRANT_KEY", () => grant.secret);
  keep("CHIMERA_S01_GRANT_PUBLIC_KEY", () => grant.known, PUBLIC);
}

function mustBelongTogether(folder: string, variables: readonly string[]): void {
  const files = variables.map((variable) => join(folder, secretFile(variable)));
  const [there, missing] = [files.filter(existsSync), files.filter((file) => !existsSync(file))];
  if (there.length === 0 || missing.length === 0) return;
  throw new Error(
    `${missing.join(", ")} is missing, which belongs to ${there.join(", ")}: bring it back, or remove both.`,
  );
}

/** What a data folder has, for an installation that is to be the same one elsewhere. */
function secretsIn(path: string) {
  const origin = originOf(path);
  if (!origin) throw new Error(`${resolve(path)} holds no installation.`);
  const folder = openFolder(path, origin);
  const read = (file: string) => readFileSync(file, "utf8").trim();
  const master = masterKey(folder, process.env);
  return {
    serviceKey: Buffer.from(folder.serviceKey).toString("hex"),
    tag: folder.tag,
    master: Buffer.from(master).toString("hex"),
    grant: { secret: read(folder.grantKeys.privateKey), known: read(folder.grantKeys.publicKey) },
    exchange: openKey(folder, () => master),
  };
}

/** One authority and one certificate for all services: they share a key by which they trust each other anyway. */
async function certificates(folder: string, keep: Keep, { hosts, now }: SecretsWanted): Promise<void> {
  const names = ["CHIMERA_SERVICE_TLS_CA", "CHIMERA_SERVICE_TLS_CERT", "CHIMERA_SERVICE_TLS_KEY"];
  mustBelongTogether(folder, names);
  const isThere = existsSync(join(folder, secretFile("CHIMERA_SERVICE_TLS_CA")));
  const { ca, cert, key } = isThere ? { ca: "", cert: "", key: "" } : await serviceCertificate(hosts, now);
  keep("CHIMERA_SERVICE_TLS_CA", () => ca.trim(), PUBLIC);
  keep("CHIMERA_SERVICE_TLS_CERT", () => cert.trim(), PUBLIC);
  keep("CHIMERA_SERVICE_TLS_KEY", () => key.trim());
}

async function serviceCertificate(hosts: readonly string[], now: number) {
  const life = { notBeforeDate: new Date(now - DAY_MS), notAfterDate: new Date(now + YEARS_MS) };
  const kind = { ...life, keyType: "ec" as const, curve: "P-256" as const, algorithm: "sha256" };
  const authority = await generate([{ name: "commonName", value: "Chimera services" }], {
    ...kind,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  const altNames = ["localhost", ...hosts].map((value) => ({ type: 2 as const, value }));
  const own = await generate([{ name: "commonName", value: "chimera" }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [...altNames, { type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { ca: authority.cert, cert: own.cert, key: own.private };
}
