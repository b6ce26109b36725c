/** Passkeys as second factors: offered, taken up, checked wherever a person proves who they are, and removed. */
import { put } from "../../shared/changes.ts";
import { type Passkey, type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { hasSecondFactor, makeRecoveryCodes, type Spent, withoutNeedlessRecovery } from "./factors.ts";
import { type ChallengeParts, createChallenges } from "./passkey-challenges.ts";
import { challengeIn, countSigned, madePasskey } from "./passkey-check.ts";
import { makingOptions, signingOptions } from "./passkey-options.ts";
import type { Assertion, NewCredential, PasskeyView } from "./passkey-shapes.ts";
import type { Site } from "./passkey-site.ts";
import type { ProofParts } from "./proof.ts";

const PASSKEYS_MAX = 20;
const OWNER_BYTES = 32;
const NOWHERE: Site = { origin: "nowhere", rp_id: "nowhere" };
/** Checked against when there is no such passkey, so that this takes as long. Its private key is 1: it opens nothing. */
const DECOY = {
  public_key: "pQECAyYgASFYIGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWIlggT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
};

export interface PasskeyParts extends Pick<ProofParts, "store" | "clock" | "audit">, ChallengeParts {
  alert(severity: "ERROR", code: string, message: string, action: string): void;
}

const viewOf = ({ passkey_id, name, rp_id, created_at, last_used_at }: Passkey): PasskeyView => ({
  ...{ passkey_id, name, rp_id, created_at },
  ...(last_used_at !== undefined && { last_used_at }),
});

export function createPasskeys(parts: PasskeyParts) {
  const { store, clock, random, audit, alert } = parts;
  const challenges = createChallenges(parts);
  const rowOf = async (username: string): Promise<Row<User>> =>
    (await store.get(users, username)) ?? refuse("NOT_FOUND", `There is no user ${username}.`);
  const entryOf = (username: string, { passkey_id, name }: Passkey, outcome: string): Op =>
    audit({ actor: username, what: "user.passkey", ref: username, outcome, after: { passkey_id, name } });

  /** The signature was right and its count was not: somebody else has a copy of the passkey, or had one. */
  async function tellOfCopy(username: string, passkey: Passkey): Promise<void> {
    await store.commit([entryOf(username, passkey, "refused: its count went back")]);
    const what = `The passkey ${JSON.stringify(passkey.name)} of ${username} signed with a count that it had passed`;
    alert("ERROR", "PASSKEY_COPIED", `${what}: it may have been copied`, "Refused; remove the passkey if in doubt");
  }

  return {
    /** What a browser needs to have a challenge signed by a passkey, whoever's: it tells no names. */
    async challenge(site: Site, from: string | undefined) {
      await challenges.mustNotBeMany(from);
      const challenge = await challenges.make(site);
      return clock.hold(signingOptions(challenge, site.rp_id));
    },

    /** What a browser needs to make one. */
    async offer(username: string, site: Site) {
      const { passkeys: there = [], passkey_owner } = (await rowOf(username)).value;
      if (there.length >= PASSKEYS_MAX) refuse("RULE", `Nobody has more than ${PASSKEYS_MAX} passkeys: remove one.`);
      const owner = passkey_owner ?? Buffer.from(random.bytes(OWNER_BYTES)).toString("base64url");
      const challenge = await challenges.make({ ...site, owner: { username, id: owner } });
      return clock.hold(makingOptions(challenge, { rp_id: site.rp_id, username, owner, there }));
    },

    /** From now on a sign-in needs a second factor. Answers recovery codes with the first one, shown this once. */
    async accept(username: string, name: string, given: NewCredential) {
      const asked = await challenges.take(challengeIn(given.response.clientDataJSON));
      if (asked?.owner?.username !== username) {
        return refuse("WRONG_STATE", "This was not offered, or not any more: ask for one at /auth/passkeys/offer.");
      }
      const made = await clock.hold(madePasskey(given, asked));
      if (!made) return refuse("INVALID", "The passkey could not be verified. Was it made at this page?");
      const { rev, value: user } = await rowOf(username);
      const passkey: Passkey = { ...made, name, rp_id: asked.rp_id, created_at: clock.now() };
      const { passkeys = [] } = user;
      if (passkeys.some(({ passkey_id }) => passkey_id === made.passkey_id)) {
        return refuse("CONFLICT", "This passkey is there already.");
      }
      const first = hasSecondFactor(user) ? undefined : makeRecoveryCodes(username, random);
      const next: User = {
        ...user,
        passkeys: [...passkeys, passkey],
        passkey_owner: asked.owner.id,
        ...(first && { recovery: first.recovery }),
      };
      await store.commit([put(users, next, rev), entryOf(username, passkey, "added")], { sync: "full" });
      return { ...viewOf(passkey), ...(first && { recovery_codes: first.codes }) };
    },

    list: async (username: string): Promise<PasskeyView[]> =>
      ((await rowOf(username)).value.passkeys ?? []).map(viewOf),

    /** Answers whether there is a second factor still. */
    async remove(username: string, id: string): Promise<boolean> {
      const { rev, value: user } = await rowOf(username);
      const { passkeys = [] } = user;
      const gone =
        passkeys.find(({ passkey_id }) => passkey_id === id) ?? refuse("NOT_FOUND", "There is no such passkey.");
      const next = withoutNeedlessRecovery({ ...user, passkeys: passkeys.filter((each) => each !== gone) });
      await store.commit([put(users, next, rev), entryOf(username, gone, "removed")], { sync: "full" });
      return hasSecondFactor(next);
    },

    /**
     * What is to be stored when the challenge was signed by a passkey of that user; undefined when it was not. Uses the
     * challenge up either way.
     */
    async check(user: User | undefined, given: Assertion): Promise<Spent | undefined> {
      const asked = await challenges.take(challengeIn(given.response.clientDataJSON));
      const site = asked && !asked.owner ? asked : undefined;
      const passkey = user?.passkeys?.find(({ passkey_id, rp_id }) => passkey_id === given.id && rp_id === site?.rp_id);
      const counter = await clock.hold(countSigned(given, passkey ?? DECOY, site ?? NOWHERE));
      const isWhose = given.response.userHandle ?? user?.passkey_owner;
      if (!site || !user || !passkey || counter === undefined || isWhose !== user.passkey_owner) return undefined;
      // Authenticators that do not count say 0 for ever.
      if ((counter > 0 || passkey.counter > 0) && counter <= passkey.counter) {
        await tellOfCopy(user.username, passkey);
        return undefined;
      }
      const used: Passkey = { ...passkey, counter, last_used_at: clock.now() };
      const passkeys = user.passkeys?.map((each) => (each === passkey ? used : each));
      return { user: { ...user, ...(passkeys && { passkeys }) }, ops: [entryOf(user.username, passkey, "used")] };
    },
  };
}
export type Passkeys = ReturnType<typeof createPasskeys>;
