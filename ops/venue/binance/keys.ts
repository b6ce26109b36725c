/** API keys and what they sign with: HMAC-SHA256 by a shared secret, Ed25519 and RSA by a registered public key. */
import { createHash, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { errors } from "./errors.ts";
import { checkTiming, type ParsedRequest, type Permission, type VenueAccount } from "./request.ts";

export type KeyKind = "hmac" | "ed25519" | "rsa";

/** Nothing for text that is no public key of a kind Binance takes. */
export function readPublicKey(pem: string): { kind: "ed25519" | "rsa"; key: KeyObject } | undefined {
  try {
    const key = createPublicKey(pem);
    const kind = key.asymmetricKeyType;
    return kind === "ed25519" || kind === "rsa" ? { kind, key } : undefined;
  } catch {
    return undefined;
  }
}

/** What a WebSocket request and a REST request have in common, as far as signing goes. */
export type SignedRequest = Pick<ParsedRequest, "params" | "payload" | "signature" | "apiKey">;

const FINGERPRINT_CHARACTERS = 12;

/** Names an API key where it may be read by others, in the journal say: from it the key cannot be had. */
export const fingerprint = (apiKey: string): string =>
  createHash("sha256").update(apiKey).digest("hex").slice(0, FINGERPRINT_CHARACTERS);

export class Keys {
  private readonly byKey = new Map<string, VenueAccount>();
  private readonly fingerprints = new Map<string, string>();
  private readonly off: ReadonlySet<string>;
  private readonly publicKeys = new Map<string, { kind: "ed25519" | "rsa"; key: KeyObject }>();

  /** `off`: the fingerprints of keys that may not be used. Throws an Error for a public key that is none. */
  constructor(accounts: readonly VenueAccount[], off: ReadonlySet<string> = new Set()) {
    this.off = off;
    for (const account of accounts) this.add(account);
  }

  add(account: VenueAccount): void {
    if (account.public_key !== undefined) {
      const read = readPublicKey(account.public_key);
      if (!read) throw new Error(`The public key of ${account.account} is no PEM of an Ed25519 or RSA key`);
      this.publicKeys.set(account.key, read);
    }
    this.byKey.set(account.key, account);
    this.fingerprints.set(account.key, fingerprint(account.key));
  }

  /** Of a key that is known. */
  fingerprintOf(apiKey: string): string | undefined {
    return this.fingerprints.get(apiKey);
  }

  isOn({ key }: VenueAccount): boolean {
    return !this.off.has(this.fingerprints.get(key) ?? "");
  }

  all(): VenueAccount[] {
    return [...this.byKey.values()];
  }

  kindOf(account: VenueAccount): KeyKind {
    return this.publicKeys.get(account.key)?.kind ?? "hmac";
  }

  /** Throws −2014, and −2015 for one unknown or switched off, which the answer does not tell apart. */
  ofKey(apiKey: string | undefined): VenueAccount {
    if (apiKey === undefined || !/^[\w-]{1,128}$/.test(apiKey)) throw errors.keyFormat();
    const account = this.byKey.get(apiKey);
    if (!account || !this.isOn(account)) throw errors.key();
    return account;
  }

  /** Checks key, timing and signature of a signed request; throws Binance's errors in Binance's order. */
  signed(request: SignedRequest, now: number): VenueAccount {
    const account = this.ofKey(request.apiKey);
    checkTiming(request.params, now);
    if (request.signature === undefined || request.signature === "") throw errors.mandatory("signature");
    if (!this.isSignedBy(account, request.payload, request.signature)) throw errors.signature();
    return account;
  }

  private isSignedBy(account: VenueAccount, payload: string, signature: string): boolean {
    const asymmetric = this.publicKeys.get(account.key);
    if (!asymmetric) return isHmac(account.secret, payload, signature);
    if (!/^[A-Za-z0-9+/]{40,700}={0,2}$/.test(signature)) return false;
    const algorithm = asymmetric.kind === "rsa" ? "RSA-SHA256" : null;
    return verify(algorithm, Buffer.from(payload), asymmetric.key, Buffer.from(signature, "base64"));
  }
}

/** In hex of either case, compared in constant time. */
function isHmac(secret: string, payload: string, signature: string): boolean {
  if (!/^[0-9a-fA-F]{64}$/.test(signature)) return false;
  const expected = createHmac("sha256", secret).update(payload).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

/** Throws −2015 for a key that may not do this. */
export function checkPermission({ permissions }: VenueAccount, route: string): void {
  if (permissions === undefined) return;
  if (!permissions.includes(neededFor(route))) throw errors.key();
}

function neededFor(route: string): Permission {
  if (route.includes("/fapi/")) return "enableFutures";
  if (/^(POST|PUT|DELETE) \/api\//.test(route)) return "enableSpotAndMarginTrading";
  if (/^POST \/sapi\/v1\/(asset|futures)\/transfer$/.test(route)) return "permitsUniversalTransfer";
  return "enableReading";
}
