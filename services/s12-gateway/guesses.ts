/** How often anybody may guess at passwords: per name, per place and in all, and so that strangers keep nobody out. */
import type { User } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { RateLimit } from "../../shared/kit/ports.ts";
import { networkOf } from "./limits.ts";

const WINDOW_MS = 15 * 60_000;
const PER_NAME = { limit: 10, windowMs: WINDOW_MS };
/** Less than in all, so that no one place can use up what is for everybody. */
const PER_PLACE = { limit: 40, windowMs: WINDOW_MS };
/** Keeps a botnet from trying one guess on many names. */
const IN_ALL = { limit: 200, windowMs: WINDOW_MS };
const PLACES_MAX = 8;

type Rule = readonly [key: string, rule: { limit: number; windowMs: number }];

/**
 * Guesses from where a person has signed in before count for that name and place alone: whoever guesses from
 * elsewhere, at their name or at many, can lock out those who come from nowhere known, and not them.
 */
function rulesFor(username: string, user: User | undefined, from: string | undefined): readonly Rule[] {
  const name = digest(username);
  if (from === undefined)
    return [
      [`login/${name}`, PER_NAME],
      ["login", IN_ALL],
    ];
  const place = networkOf(from);
  if (user?.places?.includes(place)) return [[`login/${name}/${place}`, PER_NAME]];
  return [
    [`login/at/${place}`, PER_PLACE],
    [`login/${name}`, PER_NAME],
    ["login", IN_ALL],
  ];
}

/**
 * Takes one guess, before it is known whether it is right: of many at once no more than the limit is looked at. Answers
 * how it is given back. Throws RATE_LIMITED.
 */
export async function takeGuess(
  rateLimit: RateLimit,
  username: string,
  { user, from }: { user: User | undefined; from: string | undefined },
): Promise<() => Promise<void>> {
  const rules = rulesFor(username, user, from);
  for (const [key, rule] of rules) {
    const verdict = await rateLimit.take(key, rule);
    if (verdict.allowed) continue;
    const seconds = Math.ceil(verdict.resetMs / 1000);
    refuse("RATE_LIMITED", `Too many attempts; try again in ${seconds} s.`, { retryAfterMs: verdict.resetMs });
  }
  return async () => {
    for (const [key, rule] of rules) await rateLimit.giveBack(key, rule);
  };
}

/** As they are once they have proved who they are from there; the same user where that place is known already. */
export function knownAt(user: User, from: string | undefined): User {
  const place = from === undefined ? undefined : networkOf(from);
  const { places = [] } = user;
  if (place === undefined || places.includes(place)) return user;
  return { ...user, places: [place, ...places].slice(0, PLACES_MAX) };
}
