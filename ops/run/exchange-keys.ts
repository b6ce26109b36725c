/** The exchange's key in the data folder, sealed by the master key; S1's process alone is handed what is in it. */
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Origin } from "./folder.ts";
import { mustBePrivate } from "./secret-files.ts";

/** `secret`: an HMAC secret, or an Ed25519 private key as PEM. */
export interface ExchangeKey {
  api_key: string;
  secret: string;
}
export interface KeyPlace {
  path: string;
  origin: Pick<Origin, "mode" | "venue" | "account">;
}
interface Sealed {
  format: 1;
  iv: string;
  tag: string;
  data: string;
  /** The end of the key's name, so that people can tell which one it is. */
  ends_with: string;
  created_at: string;
}

const CIPHER = "aes-256-gcm";
const MASTER_BYTES = 32;
const IV_BYTES = 12;
const SHOWN_CHARACTERS = 4;

const sealedFile = ({ path }: KeyPlace): string => join(path, "keys", "exchange.sealed");
/** A sealed key opens only where it was sealed for. */
const placeOf = ({ origin }: KeyPlace): Buffer => Buffer.from(`${origin.mode}/${origin.venue}/${origin.account}`);

/** In hex. */
export const newMasterKey = (): string => Buffer.from(systemRandom().bytes(MASTER_BYTES)).toString("hex");

/** CHIMERA_MASTER_KEY_FILE, else the folder's own, made on first use. Throws when others may read it. */
export function masterKey(place: KeyPlace, env: Record<string, string | undefined>): Uint8Array {
  const given = env.CHIMERA_MASTER_KEY_FILE;
  const file = given ?? join(place.path, "keys", "master.key");
  if (given === undefined && !existsSync(file)) writeFileSync(file, newMasterKey(), { mode: 0o600, flag: "wx" });
  if (!existsSync(file)) throw new Error(`CHIMERA_MASTER_KEY_FILE names ${file}, which is not there.`);
  mustBePrivate(file, statSync(file));
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  if (key.length !== MASTER_BYTES) throw new Error(`${file} should hold ${MASTER_BYTES} bytes in hex.`);
  return new Uint8Array(key);
}

/** Replaces the key that was there. */
export function sealKey(place: KeyPlace, master: Uint8Array, key: ExchangeKey): void {
  const iv = systemRandom().bytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, master, iv).setAAD(placeOf(place));
  const data = Buffer.concat([cipher.update(JSON.stringify(key)), cipher.final()]);
  const sealed: Sealed = {
    format: 1,
    iv: Buffer.from(iv).toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
    ends_with: key.api_key.slice(-SHOWN_CHARACTERS),
    created_at: new Date(wallClock().now()).toISOString(),
  };
  writeFileSync(sealedFile(place), JSON.stringify(sealed), { mode: 0o600 });
}

/** Undefined where there is none. Throws when it was sealed by another master key or for another place. */
export function openKey(place: KeyPlace, master: () => Uint8Array): ExchangeKey | undefined {
  const sealed = readSealed(place);
  if (!sealed) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, master(), Buffer.from(sealed.iv, "base64"));
    decipher.setAAD(placeOf(place)).setAuthTag(Buffer.from(sealed.tag, "base64"));
    const data = Buffer.concat([decipher.update(Buffer.from(sealed.data, "base64")), decipher.final()]);
    return JSON.parse(data.toString()) as ExchangeKey;
  } catch (cause) {
    const { mode, venue } = place.origin;
    const what = `${sealedFile(place)} does not open: it was sealed by another master key, or not for ${mode} ${venue}.`;
    throw new Error(`${what} Set the key again: ./chimera keys set.`, { cause });
  }
}

/** What may be shown of it. */
export function describeKey(place: KeyPlace): { ends_with: string; created_at: string } | undefined {
  const sealed = readSealed(place);
  return sealed && { ends_with: sealed.ends_with, created_at: sealed.created_at };
}

export const removeKey = (place: KeyPlace): void => rmSync(sealedFile(place), { force: true });

function readSealed(place: KeyPlace): Sealed | undefined {
  const file = sealedFile(place);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Sealed;
  } catch (cause) {
    throw new Error(`${file} is damaged. Set the key again: ./chimera keys set.`, { cause });
  }
}

/** What the environment of S1's process says of the key; what is set there already stays. */
export function exchangeKeyEnv(
  place: KeyPlace,
  env: Record<string, string | undefined>,
  owner?: ServiceId,
): Record<string, string> {
  if (owner !== undefined && owner !== "s01") return {};
  const key = openKey(place, () => masterKey(place, env));
  return key ? { CHIMERA_S01_API_KEY: key.api_key, CHIMERA_S01_API_SECRET: key.secret } : {};
}

/** What the environment of S11's process says: a key of its own, made of the master key, for the secrets of channels. */
export function channelKeyEnv(
  place: KeyPlace,
  env: Record<string, string | undefined>,
  owner?: ServiceId,
): Record<string, string> {
  if (owner !== undefined && owner !== "s11") return {};
  return { CHIMERA_S11_CHANNEL_KEY: channelKeyFrom(masterKey(place, env)) };
}

/** In hex; the same for the same master key, which it does not tell. */
export const channelKeyFrom = (master: Uint8Array): string =>
  Buffer.from(hkdfSync("sha256", master, "", "chimera channels", MASTER_BYTES)).toString("hex");
