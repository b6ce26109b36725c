/** Whom the gateway lets in: made, given roles, disabled and enabled, and given new passwords. */
import { put } from "../../shared/changes.ts";
import { type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Op, Random, Store } from "../../shared/kit/ports.ts";
import { factorsOf, hasSecondFactor, withoutSecondFactors } from "./factors.ts";
import { hashPassword, oneTimePassword, PASSWORD_CHARACTERS_MIN, SALT_BYTES } from "./passwords.ts";
import type { Given, ProofParts, Prove } from "./proof.ts";

const ADMINS_MAX = 100;
/** What the audit log calls those that are no people. */
const RESERVED = /^(?:s\d\d|policy|single|nobody|system|config|terminal|installation)$/;

export interface UserView {
  username: string;
  role: User["role"];
  disabled: boolean;
  must_change_password: boolean;
  second_factor: boolean;
  created_at: number;
}
/** What may be shown of a user: no hash, no secret. */
export const viewOf = (user: User): UserView => ({
  username: user.username,
  role: user.role,
  disabled: user.disabled,
  must_change_password: user.must_change_password ?? false,
  second_factor: hasSecondFactor(user),
  created_at: user.created_at,
});

/** Who does it, and what is to be stored in the same commit. */
export interface By {
  actor: string;
  also?: readonly Op[];
}
type Named = Pick<User, "username" | "role">;

interface Change extends By {
  username: string;
  what: string;
  edit(user: User): User;
}
interface Making extends By, Named {
  password: string;
  isOneTime: boolean;
}
export interface UsersParts {
  store: Store;
  clock: Clock;
  random: Random;
  prove: Prove;
  audit: ProofParts["audit"];
  /** What goes with a user who is disabled, in the same commit. */
  onDisable(username: string): Promise<Op[]>;
  /** Called as soon as a change is stored, or may be. */
  onChange(username: string): Promise<void>;
}

export function createUsers({ store, clock, random, prove, audit, onDisable, onChange }: UsersParts) {
  const hash = (password: string) => clock.hold(hashPassword(password, random.bytes(SALT_BYTES)));
  const isAdmin = (user: User) => user.role === "admin" && !user.disabled;

  /** One change after the other: of two admins who demote each other at the same moment one stays. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  }

  /** Stores it with a new generation, which ends every session that the user has. */
  const change = ({ actor, username, what, edit, also = [] }: Change): Promise<User> =>
    inTurn(async () => {
      const row = (await store.get(users, username)) ?? refuse("NOT_FOUND", `There is no user ${username}.`);
      const before = row.value;
      const next = { ...edit(before), generation: before.generation + 1 };
      const others =
        isAdmin(before) && !isAdmin(next) ? await store.count(users, { role: "admin", disabled: false }) : 2;
      if (others < 2) refuse("RULE", `${username} is the only admin who is left.`);
      const entry = audit({ actor, what, ref: username, before: viewOf(before), after: viewOf(next), outcome: "ok" });
      const gone = next.disabled && !before.disabled ? await onDisable(username) : [];
      try {
        await store.commit([put(users, next, row.rev), ...gone, entry, ...also], { sync: "full" });
      } finally {
        await onChange(username);
      }
      return next;
    });

  async function create({ username, role, password, actor, isOneTime, also = [] }: Making): Promise<User> {
    if (password.length < PASSWORD_CHARACTERS_MIN) {
      refuse("INVALID", `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`);
    }
    const made: User = {
      username,
      password_hash: await hash(password),
      role,
      disabled: false,
      generation: 1,
      created_at: clock.now(),
      ...(isOneTime && { must_change_password: true }),
    };
    const entry = audit({ actor, what: "user.created", ref: username, after: viewOf(made), outcome: role });
    await store.commit([put(users, made, null), entry, ...also], { sync: "full" });
    return made;
  }

  return {
    /** The first user, with the password that the installation was given. */
    createFirst: (username: string, password: string) =>
      create({ username, role: "admin", password, actor: "first start", isOneTime: false }),

    /** Whether another admin than this one can sign in and decide. */
    async hasOtherAdmin(username: string): Promise<boolean> {
      const { items } = await store.query(users, { where: { role: "admin", disabled: false }, limit: ADMINS_MAX });
      return items.some(({ value }) => value.username !== username && !value.must_change_password);
    },

    /** Answers the password, which is good for choosing another one and is shown this once. */
    async add({ username, role }: Named, by: By): Promise<{ user: UserView; password: string }> {
      if (RESERVED.test(username)) refuse("INVALID", `${username} is what the audit log calls something else.`);
      if (await store.get(users, username)) refuse("CONFLICT", `There is a user ${username} already.`);
      const password = oneTimePassword(random);
      return { user: viewOf(await create({ ...by, username, role, password, isOneTime: true })), password };
    },

    async setRole({ username, role }: Named, by: By): Promise<UserView> {
      return viewOf(await change({ ...by, username, what: "user.role", edit: (user) => ({ ...user, role }) }));
    },

    async setDisabled({ username, disabled }: Pick<User, "username" | "disabled">, by: By): Promise<UserView> {
      const what = disabled ? "user.disabled" : "user.enabled";
      return viewOf(await change({ ...by, username, what, edit: (user) => ({ ...user, disabled }) }));
    },

    async factorsOf(username: string): Promise<ReturnType<typeof factorsOf> | undefined> {
      const user = (await store.get(users, username))?.value;
      return user && factorsOf(user);
    },

    /** As `add`; `withFactor` also takes second factors away, of whom has lost them. */
    async reset(username: string, withFactor: boolean, by: By): Promise<{ user: UserView; password: string }> {
      const password = oneTimePassword(random);
      const password_hash = await hash(password);
      const edit = (user: User): User => ({
        ...(withFactor ? withoutSecondFactors(user) : user),
        password_hash,
        must_change_password: true,
      });
      return { user: viewOf(await change({ ...by, username, what: "user.password-reset", edit })), password };
    },

    /** One's own. Ends all of one's sessions. */
    async changePassword(username: string, given: Given, password: string): Promise<User> {
      if (password === given.password) refuse("INVALID", "The new password is the old one.");
      const { generation } = await prove(username, given, "user.password");
      const password_hash = await hash(password);
      const edit = ({ must_change_password, ...user }: User): User => {
        // Another password, or role, since: whoever gave it may have done so to keep them out.
        if (user.generation !== generation) refuse("CONFLICT", "You were changed meanwhile: sign in again.");
        return { ...user, password_hash };
      };
      return change({ actor: username, username, what: "user.password", edit });
    },
  };
}
export type Users = ReturnType<typeof createUsers>;
