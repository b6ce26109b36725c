/** Checking what authenticators say: that a passkey is new and whole, and that it signed a challenge (WebAuthn 3). */
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { COSEALG, decodeClientDataJSON } from "@simplewebauthn/server/helpers";
import type { Passkey } from "../../shared/collections/people.ts";
import type { Assertion, NewCredential } from "./passkey-shapes.ts";
import type { Site } from "./passkey-site.ts";

/** What today's authenticators sign with, the best first. */
export const ALGORITHMS: readonly number[] = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];

/** The challenge that was signed, as told; "" where nothing is told. */
export function challengeIn(clientData: string): string {
  try {
    const { challenge } = decodeClientDataJSON(clientData);
    return typeof challenge === "string" ? challenge : "";
  } catch {
    return "";
  }
}

/** Signed within somebody else's page, which ours never is. */
const isFramed = (clientData: string): boolean => decodeClientDataJSON(clientData).crossOrigin === true;

type Made = Pick<Passkey, "passkey_id" | "public_key" | "counter" | "transports">;
/** The passkey that was made; undefined when it was not made for that site, or is not whole. */
export async function madePasskey(given: NewCredential, { origin, rp_id }: Site): Promise<Made | undefined> {
  const { clientDataJSON, transports } = given.response;
  try {
    if (isFramed(clientDataJSON)) return undefined;
    const { registrationInfo } = await verifyRegistrationResponse({
      response: given,
      expectedChallenge: challengeIn(clientDataJSON),
      expectedOrigin: origin,
      expectedRPID: rp_id,
      // The password is the other factor: having the passkey is enough.
      requireUserVerification: false,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    if (!registrationInfo || registrationInfo.credential.id !== given.id) return undefined;
    const { publicKey, counter } = registrationInfo.credential;
    return { passkey_id: given.id, public_key: Buffer.from(publicKey).toString("base64url"), counter, transports };
  } catch {
    // The library throws for whatever an authenticator or a forger sends amiss.
    return undefined;
  }
}

/** The authenticator's count of signatures; undefined when this is no signature by that passkey for that site. */
export async function countSigned(
  given: Assertion,
  passkey: Pick<Passkey, "public_key">,
  { origin, rp_id }: Site,
): Promise<number | undefined> {
  const { userHandle, ...response } = given.response;
  try {
    if (isFramed(response.clientDataJSON)) return undefined;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...given, response },
      expectedChallenge: challengeIn(response.clientDataJSON),
      expectedOrigin: origin,
      expectedRPID: rp_id,
      // The count is judged by who knows whose passkey it is: one that goes back is told of.
      credential: {
        id: given.id,
        publicKey: Uint8Array.from(Buffer.from(passkey.public_key, "base64url")),
        counter: 0,
      },
      requireUserVerification: false,
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}
