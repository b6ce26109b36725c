/** Access tokens: JWTs that say for minutes who one is and in which sign-in (RFC 7519, RFC 9068). */
import { z } from "@hono/zod-openapi";
import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { asProblem } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Role } from "../../shared/kit/service.ts";
import { ALGORITHM, type SigningKeys } from "./signing-keys.ts";

export const ISSUER = "chimera-gateway";
export const AUDIENCE = "chimera-api";
export const TYPE = "at+jwt";
/** Verified tokens are remembered, since every request brings one; what they stand for is looked up all the same. */
const VERIFIED_MAX = 1_000;

const Claims = z.object({
  sub: z.string(),
  role: z.enum(["viewer", "researcher", "trader", "risk", "admin"]),
  sid: z.string(),
  gen: z.number().int(),
});
export interface Bearer {
  username: string;
  role: Role;
  session_id: string;
  generation: number;
}
export interface AccessTokensParts {
  keys: Pick<SigningKeys, "signer" | "verifier">;
  clock: Clock;
  ttlMs: number;
}

export function createAccessTokens({ keys, clock, ttlMs }: AccessTokensParts) {
  const verified = new Map<string, { bearer: Bearer; kid: string; until: number }>();

  /** Throws whatever is wrong with it. */
  async function check(token: string): Promise<{ bearer: Bearer; kid: string; until: number }> {
    const { kid = "" } = decodeProtectedHeader(token);
    const jwk = keys.verifier(kid);
    if (!jwk) throw new Error("no key of ours signed it");
    const { payload } = await clock.hold(
      jwtVerify(
        token,
        { ...jwk },
        {
          // The one way we sign: the token's own word about it is not asked.
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["sub", "iat", "nbf", "exp"],
          currentDate: new Date(clock.now()),
        },
      ),
    );
    const { sub, role, sid, gen } = Claims.parse(payload);
    const bearer = { username: sub, role, session_id: sid, generation: gen };
    return { bearer, kid, until: ((payload as JWTPayload).exp as number) * 1000 };
  }

  return {
    ttlMs,
    async issue({ username, role, session_id, generation }: Bearer): Promise<string> {
      const { kid, jwk } = await keys.signer();
      const second = Math.floor(clock.now() / 1000);
      const jwt = new SignJWT({ role, sid: session_id, gen: generation })
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(username)
        .setIssuedAt(second)
        .setNotBefore(second)
        .setExpirationTime(second + Math.floor(ttlMs / 1000));
      return clock.hold(jwt.sign({ ...jwk }));
    },

    /** What it says; undefined when it is not one of ours, not yet or no longer good. */
    async verify(token: string): Promise<Bearer | undefined> {
      const kept = verified.get(token);
      if (kept && kept.until > clock.now() && keys.verifier(kept.kid)) return kept.bearer;
      verified.delete(token);
      const found = await check(token).catch((error: unknown) => {
        // Nothing is wrong with the token: the keys are not read yet.
        if (asProblem(error).code === "NOT_READY") throw error;
      });
      if (!found) return undefined;
      if (verified.size >= VERIFIED_MAX) verified.delete(verified.keys().next().value as string);
      verified.set(token, found);
      return found.bearer;
    },
  };
}
export type AccessTokens = ReturnType<typeof createAccessTokens>;
