/** Service tokens: short-lived, bound to caller and callee, carrying the person on whose behalf they act. */

import { z } from "@hono/zod-openapi";
import { jwtVerify, SignJWT } from "jose";
import { Problem } from "../errors.ts";
import type { Clock, ServiceId } from "./ports.ts";
import type { Principal } from "./service.ts";

const ISSUER = "chimera";
const ALGORITHM = "HS256";
export const TOKEN_TTL_MS = 60_000;
/** What `./chimera token` gives at most. */
export const PERSON_TOKEN_TTL_MS_MAX = 600_000;
/** A token is renewed this long before it ends, so that none dies on the way. */
const RENEW_BEFORE_MS = 15_000;
/** Verified tokens are remembered, since a signature check costs more than the call it guards. */
const VERIFIED_MAX = 1_000;

const Act = z.object({
  id: z.string(),
  role: z.enum(["viewer", "researcher", "trader", "risk", "admin"]),
  from: z.string().optional(),
  second: z.string().optional(),
});

/** On whose behalf a token acts. */
export interface OnBehalf extends Omit<Principal, "kind"> {
  ttlMs?: number;
}
export interface Tokens {
  /** A token from `caller` for `callee`, perhaps on behalf of a person; cached until shortly before it ends. */
  mint(caller: string, callee: ServiceId, person?: OnBehalf): Promise<string>;
  /** Throws Problem UNAUTHENTICATED unless the token is ours, alive and meant for `callee`. */
  verify(token: string, callee: ServiceId): Promise<Principal>;
}

export function createTokens(key: Uint8Array, clock: Clock): Tokens {
  const minted = new Map<string, { token: string; until: number }>();
  const verified = new Map<string, { principal: Principal; until: number }>();

  async function mint(caller: string, callee: ServiceId, person?: OnBehalf) {
    const act = person && { id: person.id, role: person.role, from: person.from, second: person.second };
    const slot = JSON.stringify([caller, callee, act]);
    const kept = minted.get(slot);
    const now = clock.now();
    if (kept && person?.ttlMs === undefined && kept.until - RENEW_BEFORE_MS > now) return kept.token;
    const ttlMs = Math.min(person?.ttlMs ?? TOKEN_TTL_MS, PERSON_TOKEN_TTL_MS_MAX);
    const until = now + ttlMs;
    const token = await clock.hold(
      new SignJWT(act ? { act } : {})
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setSubject(caller)
        .setAudience(callee)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.ceil(until / 1000))
        .sign(key),
    );
    if (person?.ttlMs === undefined) keep(minted, slot, { token, until });
    return token;
  }

  async function verify(token: string, callee: ServiceId): Promise<Principal> {
    const slot = `${callee}>${token}`;
    const kept = verified.get(slot);
    const now = clock.now();
    if (kept && kept.until > now) return kept.principal;
    try {
      const options = { issuer: ISSUER, audience: callee, algorithms: [ALGORITHM], currentDate: new Date(now) };
      const { payload } = await clock.hold(jwtVerify(token, key, { ...options, requiredClaims: ["sub", "exp"] }));
      const act = payload.act === undefined ? undefined : Act.parse(payload.act);
      const principal: Principal = act
        ? { kind: "person", ...act }
        : { kind: "service", id: String(payload.sub), role: "admin" };
      keep(verified, slot, { principal, until: (payload.exp ?? 0) * 1000 });
      return principal;
    } catch (cause) {
      throw new Problem("UNAUTHENTICATED", "The service token is missing, expired or not for this service.", { cause });
    }
  }
  return { mint, verify };
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= VERIFIED_MAX) map.delete(map.keys().next().value as string);
  map.set(key, value);
}
