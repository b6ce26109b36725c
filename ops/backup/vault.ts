/** Seals what a backup consists of: compressed, encrypted, and under names that tell nothing without the key. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { systemRandom } from "../../shared/adapters/random.ts";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 1;
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES;
const ZSTD_LEVEL = 3;

export interface Vault {
  /** What a piece is filed under: the same for the same bytes, so that each is kept once. */
  nameOf(plain: Uint8Array): string;
  /** For the place named so alone: moved elsewhere it does not open. */
  seal(place: string, plain: Uint8Array): Uint8Array;
  /** Throws Damaged for what was altered, cut off, put elsewhere, or sealed by another key. */
  open(place: string, sealed: Uint8Array): Uint8Array;
}

export class Damaged extends Error {}

/** AES-256-GCM and HMAC-SHA-256 under keys of their own, derived from `key` by HKDF (RFC 5869). */
export function createVault(key: Uint8Array): Vault {
  const derived = (purpose: string) =>
    new Uint8Array(hkdfSync("sha256", key, "", `chimera backup ${purpose}`, KEY_BYTES));
  const [sealing, naming] = [derived("sealing"), derived("naming")];
  return {
    nameOf: (plain) => createHmac("sha256", naming).update(plain).digest("hex"),
    seal(place, plain) {
      const iv = systemRandom().bytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, sealing, iv).setAAD(Buffer.from(place));
      const data = Buffer.concat([cipher.update(Bun.zstdCompressSync(plain, { level: ZSTD_LEVEL })), cipher.final()]);
      return Buffer.concat([Uint8Array.of(FORMAT), iv, cipher.getAuthTag(), data]);
    },
    open(place, sealed) {
      if (sealed[0] !== FORMAT || sealed.length < HEAD_BYTES)
        throw new Damaged(`${place} is no sealed part of a backup.`);
      try {
        const decipher = createDecipheriv(CIPHER, sealing, sealed.subarray(1, 1 + IV_BYTES)).setAAD(Buffer.from(place));
        decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, HEAD_BYTES));
        return Bun.zstdDecompressSync(Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]));
      } catch (cause) {
        throw new Damaged(`${place} does not open: it was altered, or sealed by another key.`, { cause });
      }
    },
  };
}

/** The key in a file of 64 hex digits that only its owner reads. Throws an Error that says what is wrong, and never the key. */
export function vaultBy(file: string | undefined): Vault {
  if (file === undefined) {
    throw new Error(
      "A backup is encrypted: CHIMERA_BACKUP_KEY_FILE names a file of 32 bytes in hex. " +
        "Make one by (umask 077; openssl rand -hex 32 > backup.key), and keep a copy of it elsewhere.",
    );
  }
  if (!existsSync(file)) throw new Error(`CHIMERA_BACKUP_KEY_FILE names ${file}, which is not there.`);
  if ((statSync(file).mode & 0o004) !== 0) throw new Error(`${file} can be read by everybody: chmod 600 ${file}`);
  const text = readFileSync(file, "utf8").trim();
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new Error(`${file} should hold 32 bytes in hex: 64 digits, and nothing else.`);
  return createVault(Buffer.from(text, "hex"));
}
