/** Codes of an app as a second factor: offered with a secret, taken up with a first code, given up again. */
import { put } from "../../shared/changes.ts";
import { type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { hasSecondFactor, makeRecoveryCodes, withoutNeedlessRecovery } from "./factors.ts";
import { base32, otpauthUri, SECRET_BYTES, stepOfCode } from "./one-time-code.ts";
import type { ProofParts } from "./proof.ts";

const OFFER_MS = 10 * 60_000;

export function createSecondFactor({ store, clock, random, sealer, audit }: Omit<ProofParts, "rateLimit">) {
  const rowOf = async (username: string): Promise<Row<User>> =>
    (await store.get(users, username)) ?? refuse("NOT_FOUND", `There is no user ${username}.`);
  const keep = ({ rev }: Row<User>, user: User, outcome: string) => {
    const entry = audit({ actor: user.username, what: "user.second-factor", ref: user.username, outcome });
    return store.commit([put(users, user, rev), entry], { sync: "full" });
  };
  const sealing = () =>
    sealer ?? refuse("UNAVAILABLE", "Second factors cannot be kept sealed here: CHIMERA_S12_GRANT_KEY is not set.");

  return {
    /** A secret for an authenticator app, shown this once. One that is in use stays so until a code of this one comes. */
    async offer(username: string): Promise<{ secret: string; uri: string }> {
      const row = await rowOf(username);
      const secret = random.bytes(SECRET_BYTES);
      const sealed_secret = sealing().seal(secret, username);
      const second_factor_offered = { sealed_secret, expires_at: clock.now() + OFFER_MS };
      await keep(row, { ...row.value, second_factor_offered }, "offered");
      return { secret: base32(secret), uri: otpauthUri(username, secret) };
    },

    /**
     * From now on a sign-in needs a second factor. Answers recovery codes, each good for one, shown once; older ones
     * are void.
     */
    async accept(username: string, code: string): Promise<string[]> {
      const row = await rowOf(username);
      const { second_factor_offered: offer, ...user } = row.value;
      if (!offer || offer.expires_at <= clock.now()) {
        return refuse("WRONG_STATE", "Nothing is offered, or not any more: ask for a secret at /auth/totp/enrol.");
      }
      const secret = sealing().open(offer.sealed_secret, username);
      const step = stepOfCode(secret, code, { now: clock.now(), lastStep: -1 });
      if (step === undefined) return refuse("INVALID", "That is not the code. Is the clock of your device right?");
      const { codes, recovery } = makeRecoveryCodes(username, random);
      const second_factor = { sealed_secret: offer.sealed_secret, last_step: step };
      await keep(row, { ...user, second_factor, recovery }, "on");
      return codes;
    },

    /** Answers whether there is a second factor still: a passkey. */
    async drop(username: string): Promise<boolean> {
      const row = await rowOf(username);
      const { second_factor, second_factor_offered, ...user } = row.value;
      if (!second_factor) refuse("WRONG_STATE", "There is no app whose codes are asked for.");
      const next = withoutNeedlessRecovery(user);
      await keep(row, next, "off");
      return hasSecondFactor(next);
    },
  };
}
export type SecondFactor = ReturnType<typeof createSecondFactor>;
