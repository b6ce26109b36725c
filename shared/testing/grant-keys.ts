/** The same pair of keys for grants in every test. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** What PKCS #8 puts before the 32 bytes of an Ed25519 key. */
const HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** Another number makes another pair. */
export function grantKeysForTests(seed = 7): { privateKey: string; publicKey: string } {
  const der = Buffer.concat([HEAD, Buffer.alloc(32, seed)]);
  const secret: KeyObject = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(secret).export({ format: "der", type: "spki" }).toString("base64url");
  return { privateKey: der.toString("base64url"), publicKey };
}
