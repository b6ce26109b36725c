/** Grants: the gateway's signature under one transfer, without which the exchange connector moves no funds. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { jwtVerify, SignJWT } from "jose";
import type { Transfer } from "../contracts.ts";
import { canonicalHash } from "../domain/canonical.ts";
import { Problem } from "../errors.ts";
import type { Clock } from "./ports.ts";

/** How long a grant lasts at most; one that is not used in that time is signed anew. */
export const GRANT_TTL_MS_MAX = 60_000;
/** Over REST the grant travels here. */
export const GRANT_HEADER = "x-chimera-grant";

const ISSUER = "s12";
const AUDIENCE = "s01";
const ALGORITHM = "EdDSA";
/** Keeps every other token that was ever signed with this key from being taken for a grant. */
const TYPE = "chimera-grant+jwt";
const SECOND_MS = 1_000;

const Claims = z.object({ sub: z.string(), hash: z.string(), approver: z.string().min(1), start_by: z.number() });

export interface Grant {
  transfer_id: string;
  /** Of the transfer, by `transferHash`. */
  hash: string;
  /** A person's name, or "policy". */
  approver: string;
  /** Epoch ms. A transfer that has not left for the exchange by then is not made; of one that has, this asks. */
  start_by: number;
}

export interface GrantSigner {
  sign(grant: Grant): Promise<string>;
}
export interface GrantChecker {
  /** Answers who approved. Throws Problem FORBIDDEN unless the grant is ours, alive and for exactly this transfer. */
  check(given: string | undefined, transfer: Transfer): Promise<Omit<Grant, "transfer_id">>;
}

/** Hex SHA-256 of the canonical JSON of what would be done. */
export function transferHash({ transfer_id, account, from, to, amount_usdt, reason }: Transfer): string {
  return canonicalHash({ transfer_id, account, from, to, amount_usdt, reason });
}

/** `privateKey` is PKCS #8 in DER as base64url; throws for what is none. */
export function createGrantSigner(privateKey: string, clock: Clock): GrantSigner {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64url"), format: "der", type: "pkcs8" });
  return {
    sign({ transfer_id, hash, approver, start_by }) {
      const second = Math.floor(clock.now() / SECOND_MS);
      const token = new SignJWT({ hash, approver, start_by })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(transfer_id)
        .setIssuedAt(second)
        .setExpirationTime(second + GRANT_TTL_MS_MAX / SECOND_MS);
      return clock.hold(token.sign(key));
    },
  };
}

/** Where there is no key to check with, nothing is granted. */
export const NOTHING_GRANTED: GrantChecker = {
  check: () => Promise.reject(new Problem("FORBIDDEN", "This service has no key to check grants with.")),
};

/** `publicKey` is SPKI in DER as base64url; throws for what is none. */
export function createGrantChecker(publicKey: string, clock: Clock): GrantChecker {
  const key = createPublicKey({ key: Buffer.from(publicKey, "base64url"), format: "der", type: "spki" });

  async function claims(given: string): Promise<z.output<typeof Claims>> {
    const options = {
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: [ALGORITHM],
      typ: TYPE,
      requiredClaims: ["exp"],
      // Whatever end a grant names, it is old after this.
      maxTokenAge: GRANT_TTL_MS_MAX / SECOND_MS,
      currentDate: new Date(clock.now()),
    };
    try {
      return Claims.parse((await clock.hold(jwtVerify(given, key, options))).payload);
    } catch (cause) {
      throw new Problem("FORBIDDEN", "The grant is not the gateway's, or its time is over.", { cause });
    }
  }

  return {
    async check(given, transfer) {
      if (!given) throw new Problem("FORBIDDEN", "Funds move on the gateway's grant only.");
      const { sub, hash, approver, start_by } = await claims(given);
      if (sub !== transfer.transfer_id || hash !== transferHash(transfer))
        throw new Problem("FORBIDDEN", "The grant is for another transfer.");
      return { approver, hash, start_by };
    },
  };
}
