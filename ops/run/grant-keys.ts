/** The pair of keys for grants in the data folder: the gateway alone is handed the private one. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceId } from "../../shared/kit/ports.ts";

export interface GrantKeyFiles {
  privateKey: string;
  publicKey: string;
}

/** Makes the pair unless it is there. */
export function openGrantKeys(folder: string): GrantKeyFiles {
  const files = { privateKey: join(folder, "keys", "grant.key"), publicKey: join(folder, "keys", "grant.pub") };
  if (!existsSync(files.privateKey)) writeFileSync(files.privateKey, newGrantKey().secret, { mode: 0o600, flag: "wx" });
  if (!existsSync(files.publicKey)) writeFileSync(files.publicKey, publicText(readPrivate(files.privateKey)));
  return files;
}

/** The private key as PKCS #8 and the public one as SPKI, both base64url. */
export function newGrantKey(): { secret: string; known: string } {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    secret: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64url"),
    known: publicText(privateKey),
  };
}

/** What the environment of a service's process says of the keys; of one process for all: both. */
export function grantEnv(files: GrantKeyFiles, owner?: ServiceId): Record<string, string> {
  const read = (file: string): string => readFileSync(file, "utf8").trim();
  return {
    ...((owner === undefined || owner === "s12") && { CHIMERA_S12_GRANT_KEY: read(files.privateKey) }),
    ...((owner === undefined || owner === "s01") && { CHIMERA_S01_GRANT_PUBLIC_KEY: read(files.publicKey) }),
  };
}

const publicText = (key: KeyObject): string =>
  createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64url");

function readPrivate(file: string): KeyObject {
  try {
    const der = Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch (error) {
    throw new Error(`${file} is damaged: it should hold an Ed25519 key. ${(error as Error).message}`);
  }
}
