/** Letting one admin in again where no admin can: for whoever has the machine, while no gateway runs on the store. */
import { put } from "../../shared/changes.ts";
import { users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { withoutSecondFactors } from "./factors.ts";
import { hashPassword, oneTimePassword, SALT_BYTES } from "./passwords.ts";
import type { ProofParts } from "./proof.ts";
import { viewOf } from "./users.ts";

const ADMINS_MAX = 100;

export interface Rescued {
  username: string;
  one_time_password: string;
}
export type RescueParts = Pick<ProofParts, "store" | "random" | "audit">;

export function createRescue({ store, random, audit }: RescueParts) {
  const adminNames = async (): Promise<string[]> => {
    const { items } = await store.query(users, { where: { role: "admin" }, limit: ADMINS_MAX });
    return items.map(({ key }) => key);
  };

  async function theOne(): Promise<string> {
    const names = await adminNames();
    const [only] = names;
    if (only === undefined) refuse("NOT_FOUND", "There are no users yet: ./chimera up makes the first one.");
    if (names.length > 1) refuse("INVALID", `There are several admins: name one of ${names.join(", ")}.`);
    return only;
  }

  /**
   * Gives an admin a one-time password, ends their sessions, forgets second factors and lets them in again if they
   * were locked out. `actor` is who did it, for the audit log. Throws NOT_FOUND, and INVALID where the name is missing.
   */
  return async function rescueAdmin(username: string | undefined, actor: string): Promise<Rescued> {
    const row = await store.get(users, username ?? (await theOne()));
    if (row?.value.role !== "admin") {
      const names = await adminNames();
      return refuse("NOT_FOUND", `There is no admin ${username}. There is ${names.join(", ")}.`);
    }
    const one_time_password = oneTimePassword(random);
    const password_hash = await hashPassword(one_time_password, random.bytes(SALT_BYTES));
    const next = {
      ...withoutSecondFactors(row.value),
      password_hash,
      must_change_password: true,
      disabled: false,
      generation: row.value.generation + 1,
    };
    const change = { before: viewOf(row.value), after: viewOf(next) };
    const entry = audit({ actor, what: "user.rescued", ref: row.key, outcome: "ok", ...change });
    await store.commit([put(users, next, row.rev), entry], { sync: "full" });
    return { username: row.key, one_time_password };
  };
}
