/** What browsers are told to have a passkey made, or a challenge signed by one. */
import { generateAuthenticationOptions, generateRegistrationOptions } from "@simplewebauthn/server";
import type { Passkey } from "../../shared/collections/people.ts";
import { CHALLENGE_MS } from "./passkey-challenges.ts";
import { ALGORITHMS } from "./passkey-check.ts";

type Challenge = Uint8Array<ArrayBuffer>;

/** For whichever passkey there is of that host: it tells no names. */
export const signingOptions = (challenge: Challenge, rp_id: string) =>
  generateAuthenticationOptions({ rpID: rp_id, challenge, timeout: CHALLENGE_MS, userVerification: "preferred" });

export interface Making {
  rp_id: string;
  username: string;
  /** What the authenticator files it under. */
  owner: string;
  there: readonly Passkey[];
}
/** Kept by the authenticator under the user's name, so that a sign-in need not say which one it wants. */
export const makingOptions = (challenge: Challenge, { rp_id, username, owner, there }: Making) =>
  generateRegistrationOptions({
    rpName: "Chimera",
    rpID: rp_id,
    userName: username,
    userDisplayName: username,
    userID: Uint8Array.from(Buffer.from(owner, "base64url")),
    challenge,
    timeout: CHALLENGE_MS,
    excludeCredentials: there
      .filter((each) => each.rp_id === rp_id)
      .map(({ passkey_id, transports }) => ({ id: passkey_id, transports })),
    authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
    supportedAlgorithmIDs: [...ALGORITHMS],
  });
