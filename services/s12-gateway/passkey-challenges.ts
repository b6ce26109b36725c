/** Challenges that passkeys sign: random, remembered for minutes with the page they were made for, good once. */
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Cache, Random, RateLimit } from "../../shared/kit/ports.ts";
import type { Site } from "./passkey-site.ts";

const CHALLENGE_BYTES = 32;
export const CHALLENGE_MS = 5 * 60_000;
/** Whoever asks for one need not say who they are: without a limit they could fill the cache. */
const ASKED_IN_ALL = { limit: 240, windowMs: 60_000 };
/** Fewer, so that no one place can keep everybody else from signing in. */
const ASKED_FROM_ONE = { limit: 60, windowMs: 60_000 };
const ONCE = { limit: 1, windowMs: CHALLENGE_MS };

/** What a challenge was made for. */
export interface Asked extends Site {
  /** Who is to make a passkey; missing where one is to sign. */
  owner?: { username: string; id: string };
}

export interface ChallengeParts {
  cache: Cache;
  random: Pick<Random, "bytes">;
  rateLimit: Pick<RateLimit, "take">;
}

export function createChallenges({ cache, random, rateLimit }: ChallengeParts) {
  const keyOf = (challenge: string) => `passkey/${digest("challenge", challenge)}`;
  return {
    /** Throws RATE_LIMITED where too many were asked for, from that address or in all. */
    async mustNotBeMany(from: string | undefined): Promise<void> {
      const limits = [
        [`passkey-challenge/${digest(from ?? "")}`, ASKED_FROM_ONE],
        ["passkey-challenge", ASKED_IN_ALL],
      ] as const;
      for (const [key, rule] of limits) {
        const { allowed, resetMs } = await rateLimit.take(key, rule);
        if (!allowed) refuse("RATE_LIMITED", "Too many challenges were asked for.", { retryAfterMs: resetMs });
      }
    },

    async make(asked: Asked): Promise<Uint8Array<ArrayBuffer>> {
      const challenge = Uint8Array.from(random.bytes(CHALLENGE_BYTES));
      await cache.set(keyOf(Buffer.from(challenge).toString("base64url")), asked, CHALLENGE_MS);
      return challenge;
    },

    /** What it was made for; undefined when it is none of ours, used or old. */
    async take(challenge: string): Promise<Asked | undefined> {
      const key = keyOf(challenge);
      const asked = await cache.get<Asked>(key);
      if (!asked) return undefined;
      // The cache of another replica may hold it a moment longer: the limit is what all of them share.
      const { allowed } = await rateLimit.take(key, ONCE);
      await cache.delete(key);
      return allowed ? asked : undefined;
    },
  };
}
export type Challenges = ReturnType<typeof createChallenges>;
