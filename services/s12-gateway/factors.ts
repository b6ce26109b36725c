/** Second factors of a user as a whole: whether there is one, and the recovery codes that stand in for a lost one. */
import type { User } from "../../shared/collections/people.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Random } from "../../shared/kit/ports.ts";
import { base32 } from "./one-time-code.ts";

const RECOVERY_CODES = 10;
/** 80 bits: a fast hash of it cannot be searched. */
const RECOVERY_BYTES = 10;

/** What is to be stored once a second factor was given. */
export interface Spent {
  /** As the user is with the factor used. */
  user: User;
  ops: Op[];
}

export const hasSecondFactor = ({ second_factor, passkeys = [] }: User): boolean =>
  second_factor !== undefined || passkeys.length > 0;

/** What people are told of their own. */
export const factorsOf = (user: User) => ({
  second_factor: hasSecondFactor(user),
  app_codes: user.second_factor !== undefined,
  recovery_codes_left: user.recovery?.length ?? 0,
});

/** The id under which authenticators file the user's passkeys stays: a new passkey then takes an old one's place there. */
export function withoutSecondFactors({
  second_factor,
  second_factor_offered,
  passkeys,
  recovery,
  ...user
}: User): User {
  return user;
}

/** Recovery codes go with the last factor, since there is nothing left that they could stand in for. */
export const withoutNeedlessRecovery = (user: User): User =>
  hasSecondFactor(user) ? user : withoutSecondFactors(user);

export const recoveryHash = (username: string, code: string): string =>
  digest("recovery code", username, code.replaceAll("-", "").toUpperCase());

/** Codes to be shown once, and their hashes to be kept. */
export function makeRecoveryCodes(username: string, random: Pick<Random, "bytes">) {
  const codeOf = (bytes: Uint8Array): string => (base32(bytes).match(/.{4}/g) ?? []).join("-");
  const codes = Array.from({ length: RECOVERY_CODES }, () => codeOf(random.bytes(RECOVERY_BYTES)));
  return { codes, recovery: codes.map((code) => recoveryHash(username, code)) };
}
