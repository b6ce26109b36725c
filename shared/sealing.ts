/** Sealing of what must be read again but never lie open in the store: AES-256-GCM, bound to whom it is of. */
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  seal(secret: Uint8Array, owner: string): string;
  /** Throws when it was sealed by another key or for another owner. */
  open(sealed: string, owner: string): Uint8Array;
}

/** The key is derived from `keyText` (HKDF, RFC 5869) for `purpose` alone. */
export function createSealer(keyText: string, purpose: string, bytes: (count: number) => Uint8Array): Sealer {
  const key = new Uint8Array(hkdfSync("sha256", keyText, "", `chimera ${purpose}`, KEY_BYTES));
  return {
    seal(secret, owner) {
      const iv = bytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(owner));
      const data = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), data]).toString("base64");
    },
    open(sealed, owner) {
      const all = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv(CIPHER, key, all.subarray(0, IV_BYTES)).setAAD(Buffer.from(owner));
      decipher.setAuthTag(all.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return new Uint8Array(Buffer.concat([decipher.update(all.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]));
    },
  };
}
