/** Signs requests as the kind of key wants it: HMAC with a secret, Ed25519 with a private key. */
import { createHmac, createPrivateKey, type KeyObject, sign } from "node:crypto";

const PRIVATE_KEY = /^-----BEGIN PRIVATE KEY-----/;

/** Hex for HMAC SHA-256, base64 for Ed25519; throws an Error that says what a secret is that is neither. */
export function signerOf(secret: string): (text: string) => string {
  if (!PRIVATE_KEY.test(secret)) return (text) => createHmac("sha256", secret).update(text).digest("hex");
  const key = privateKey(secret);
  return (text) => sign(null, Buffer.from(text), key).toString("base64");
}

function privateKey(pem: string): KeyObject {
  // An environment variable may have its line ends written out.
  const key = createPrivateKey(pem.replaceAll("\\n", "\n"));
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Error(`The exchange key is of kind ${key.asymmetricKeyType}: use an Ed25519 key or an HMAC secret.`);
  }
  return key;
}
