/** Proving who one is, by password and second factor: one limit on guessing for every place that asks. */
import { put } from "../../shared/changes.ts";
import { type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Random, RateLimit, Store } from "../../shared/kit/ports.ts";
import { currentFrom } from "../../shared/kit/trace.ts";
import type { Sealer } from "../../shared/sealing.ts";
import { hasSecondFactor, recoveryHash, type Spent } from "./factors.ts";
import { knownAt, takeGuess } from "./guesses.ts";
import { stepOfCode } from "./one-time-code.ts";
import type { Assertion } from "./passkey-shapes.ts";
import { hashPassword, isPassword, SALT_BYTES } from "./passwords.ts";

export interface Given {
  password: string;
  /** A code of the app, or a recovery code. */
  totp?: string | undefined;
  /** A challenge that a passkey has signed, in place of a code. */
  passkey?: Assertion | undefined;
}
export interface ProofParts {
  store: Store;
  clock: Clock;
  random: Random;
  rateLimit: RateLimit;
  /** Of second factors; there are none without it. */
  sealer: Sealer | undefined;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; before?: unknown; after?: unknown }): Op;
}

type CheckPasskey = (user: User | undefined, given: Assertion) => Promise<Spent | undefined>;

export function createProof(parts: ProofParts & { checkPasskey: CheckPasskey }) {
  const { store, clock, random, rateLimit, sealer, audit, checkPasskey } = parts;
  /** Compared with when the name is unknown, so that an unknown name takes as long as a wrong password. */
  let decoy: Promise<string> | undefined;
  const decoyHash = () => {
    decoy ??= clock.hold(hashPassword("no such person", random.bytes(SALT_BYTES)));
    return decoy;
  };

  /** The user with the code used up; undefined when it does not open the door. */
  function spendCode(user: User, given: string): Spent | undefined {
    const { second_factor: factor, recovery = [] } = user;
    if (factor && sealer) {
      const secret = sealer.open(factor.sealed_secret, user.username);
      const step = stepOfCode(secret, given, { now: clock.now(), lastStep: factor.last_step });
      if (step !== undefined) return { user: { ...user, second_factor: { ...factor, last_step: step } }, ops: [] };
    }
    const hash = recoveryHash(user.username, given);
    if (!recovery.includes(hash)) return undefined;
    return { user: { ...user, recovery: recovery.filter((left) => left !== hash) }, ops: [] };
  }

  /**
   * The user whose name, password and second factor these are: a code, or a passkey's signature. Either is used up by
   * it. Throws BAD_CREDENTIALS, the same for whatever was wrong, and RATE_LIMITED after too many wrong ones.
   */
  return async function prove(username: string, given: Given, what: string): Promise<User> {
    const row = await store.get(users, username);
    const user = row?.value;
    const from = currentFrom();
    const giveBack = await takeGuess(rateLimit, username, { user, from });
    const isRight = await clock.hold(isPassword(given.password, user?.password_hash ?? (await decoyHash())));
    const needsSecond = user !== undefined && hasSecondFactor(user);
    // Looked at for an unknown name too, so that the time it takes tells nothing.
    const signed = given.passkey && (await checkPasskey(user, given.passkey));
    const second = needsSecond ? (signed ?? spendCode(user, given.totp ?? "")) : undefined;
    if (!row || !user || user.disabled || !isRight || (needsSecond && !second)) {
      await store.commit([audit({ actor: digest(username).slice(0, 12), what, ref: "s12", outcome: "refused" })]);
      return refuse("BAD_CREDENTIALS", "The name, the password or the code is wrong.");
    }
    await giveBack();
    const next = knownAt(second?.user ?? user, from);
    if (next === user) return user;
    // By revision, so that of two who send the same code at once only one gets in.
    const kept = store.commit([put(users, next, row.rev), ...(second?.ops ?? [])], { sync: "full" });
    // Where from alone can be noted at the next time.
    await (second ? kept : kept.catch(() => {}));
    return next;
  };
}
export type Prove = ReturnType<typeof createProof>;
