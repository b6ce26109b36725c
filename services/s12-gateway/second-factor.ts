/** Second factors: offered with a secret, taken up with a first code, given up again. */
import { put } from "../../shared/changes.ts";
import { type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { base32, otpauthUri, SECRET_BYTES, stepOfCode } from "./one-time-code.ts";
import { type ProofParts, recoveryHash } from "./proof.ts";

const OFFER_MS = 10 * 60_000;
const RECOVERY_CODES = 10;
/** 80 bits: a fast hash of it cannot be searched. */
const RECOVERY_BYTES = 10;

export function createSecondFactor({ store, clock, random, sealer, audit }: Omit<ProofParts, "rateLimit">) {
  const rowOf = async (username: string): Promise<Row<User>> =>
    (await store.get(users, username)) ?? refuse("NOT_FOUND", `There is no user ${username}.`);
  const keep = ({ rev }: Row<User>, user: User, outcome: string) => {
    const entry = audit({ actor: user.username, what: "user.second-factor", ref: user.username, outcome });
    return store.commit([put(users, user, rev), entry], { sync: "full" });
  };
  const sealing = () =>
    sealer ?? refuse("UNAVAILABLE", "Second factors cannot be kept sealed here: CHIMERA_S12_GRANT_KEY is not set.");
  const recoveryCode = (): string => (base32(random.bytes(RECOVERY_BYTES)).match(/.{4}/g) ?? []).join("-");

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

    /** From now on a sign-in needs a code. Answers the recovery codes, each good for one, shown this once. */
    async accept(username: string, code: string): Promise<string[]> {
      const row = await rowOf(username);
      const { second_factor_offered: offer, ...user } = row.value;
      if (!offer || offer.expires_at <= clock.now()) {
        return refuse("WRONG_STATE", "Nothing is offered, or not any more: ask for a secret at /auth/totp/enrol.");
      }
      const secret = sealing().open(offer.sealed_secret, username);
      const step = stepOfCode(secret, code, { now: clock.now(), lastStep: -1 });
      if (step === undefined) return refuse("INVALID", "That is not the code. Is the clock of your device right?");
      const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode);
      const recovery = codes.map((each) => recoveryHash(username, each));
      const second_factor = { sealed_secret: offer.sealed_secret, last_step: step, recovery };
      await keep(row, { ...user, second_factor }, "on");
      return codes;
    },

    async drop(username: string): Promise<void> {
      const row = await rowOf(username);
      const { second_factor, second_factor_offered, ...user } = row.value;
      if (!second_factor) refuse("WRONG_STATE", "There is no second factor.");
      await keep(row, user, "off");
    },
  };
}
export type SecondFactor = ReturnType<typeof createSecondFactor>;
