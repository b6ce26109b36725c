/** The browser's part of passkeys: making one and signing a challenge with one, as JSON in and out. */

/** False where the browser has none: an old one, or a page that is neither at https nor at localhost. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === "function" && "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** Nobody touched the key, or whoever sits there said no: nothing to complain about. */
export const isPasskeyDeclined = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");

/** The authenticator holds a passkey of this user already. */
export const isPasskeyThere = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "InvalidStateError";

/** Of the options of `POST /auth/passkeys/offer`, what `POST /auth/passkeys` takes as `credential`. */
export async function createPasskey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return jsonOf(await navigator.credentials.create({ publicKey }));
}

/** Of the options of `POST /auth/passkey/challenge`, what a sign-in or a confirmation takes as `passkey`. */
export async function getPasskey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return jsonOf(await navigator.credentials.get({ publicKey }));
}

function jsonOf(credential: Credential | null): object {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("No passkey was given.", "NotAllowedError");
  return credential.toJSON() as object;
}
