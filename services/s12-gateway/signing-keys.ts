/** Keys that access tokens are signed with (Ed25519): made here, sealed in the store, replaced by a job. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { put } from "../../shared/changes.ts";
import { type SigningKey, signingKeys } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Random, Row, Store } from "../../shared/kit/ports.ts";
import type { Log } from "../../shared/kit/service.ts";
import type { Sealer } from "../../shared/sealing.ts";

const SEED_BYTES = 32;
/** What stands before the seed in a PKCS #8 document of an Ed25519 key (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const KEYS_MAX = 1_000;
export const ALGORITHM = "EdDSA";

/** RFC 8037; with `d` it can sign. */
export interface Jwk {
  kty: "OKP";
  crv: "Ed25519";
  x: string;
  d?: string;
}
/** A key as a key set tells it (RFC 7517). */
export interface PublicKey extends Omit<Jwk, "d"> {
  kid: string;
  alg: typeof ALGORITHM;
  use: "sig";
}
export interface SigningKeysParts {
  store: Store;
  clock: Clock;
  random: Random;
  /** None: private parts stay in memory, and a new key is made at each start. */
  sealer: Sealer | undefined;
  /** How long a key signs. */
  lifeMs: number;
  /** How long a token lasts: as long as a key that signs no more must be able to verify. */
  tokenMs: number;
  log: Log;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

const jwkOf = (x: string): Jwk => ({ kty: "OKP", crv: "Ed25519", x });

/** The public part of a seed, base64url. */
function publicPart(seed: Uint8Array): string {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  return createPublicKey(key).export({ format: "jwk" }).x as string;
}

export function createSigningKeys({ store, clock, random, sealer, lifeMs, tokenMs, log, audit }: SigningKeysParts) {
  let known: ReadonlyMap<string, SigningKey> = new Map();
  let isRead = false;
  let signs: { kid: string; jwk: Jwk; until: number } | undefined;
  let last: Promise<void> = Promise.resolve();

  /** The private part; undefined where this process cannot know it. */
  function open({ kid, x, sealed_seed }: SigningKey): Jwk | undefined {
    if (signs?.kid === kid) return signs.jwk;
    if (!sealer || sealed_seed === undefined) return undefined;
    try {
      return { ...jwkOf(x), d: Buffer.from(sealer.open(sealed_seed, kid)).toString("base64url") };
    } catch {
      log.warn("a signing key was sealed by another grant key; another one is made", { kid });
      return undefined;
    }
  }

  async function read(): Promise<Row<SigningKey>[]> {
    const { items } = await store.query(signingKeys, { limit: KEYS_MAX });
    isRead = true;
    known = new Map(items.map(({ value }) => [value.kid, value]));
    return items;
  }

  /** One more key, and the end of all that still sign, in one commit. */
  async function replace(rows: readonly Row<SigningKey>[]): Promise<void> {
    const seed = random.bytes(SEED_BYTES);
    const x = publicPart(seed);
    const kid = digest("signing key", x).slice(0, 16);
    const now = clock.now();
    const made: SigningKey = { kid, x, created_at: now, ...(sealer && { sealed_seed: sealer.seal(seed, kid) }) };
    const retired = rows
      .filter(({ value }) => value.ends_at === undefined)
      .map(({ value, rev }) => put(signingKeys, { ...value, ends_at: now + tokenMs }, rev));
    const entry = audit({ actor: "s12", what: "signing-key", ref: kid, outcome: "made" });
    await store.commit([put(signingKeys, made, null), ...retired, entry], { sync: "full" });
    signs = { kid, jwk: { ...jwkOf(x), d: Buffer.from(seed).toString("base64url") }, until: now + lifeMs };
    await read();
  }

  async function look(): Promise<void> {
    const rows = await read();
    const now = clock.now();
    for (const { value } of rows) {
      const jwk = value.ends_at === undefined && value.created_at + lifeMs > now ? open(value) : undefined;
      if (!jwk) continue;
      signs = { kid: value.kid, jwk, until: value.created_at + lifeMs };
      return;
    }
    await replace(rows);
  }

  /** Makes sure that there is a key that signs and is not too old; for the start and for a job. */
  function rotate(): Promise<void> {
    last = last.catch(() => {}).then(look);
    return last;
  }

  return {
    rotate,
    /** What signs now. */
    async signer(): Promise<{ kid: string; jwk: Jwk }> {
      if (!signs || signs.until <= clock.now()) await rotate();
      return signs as { kid: string; jwk: Jwk };
    },
    /** The public part of a key whose tokens may still be alive. NOT_READY before any were read: nobody is known then. */
    verifier(kid: string): Jwk | undefined {
      if (!isRead) refuse("NOT_READY", "The gateway is starting.", { retryAfterMs: 250 });
      const key = known.get(kid);
      return key && (key.ends_at ?? Number.POSITIVE_INFINITY) > clock.now() ? jwkOf(key.x) : undefined;
    },
    /** All that verify, for who checks tokens elsewhere. */
    keySet: (): { keys: PublicKey[] } => ({
      keys: [...known.values()]
        .filter(({ ends_at }) => (ends_at ?? Number.POSITIVE_INFINITY) > clock.now())
        .map(({ kid, x }) => ({ kty: "OKP", crv: "Ed25519", x, kid, alg: ALGORITHM, use: "sig" })),
    }),
  };
}
export type SigningKeys = ReturnType<typeof createSigningKeys>;
