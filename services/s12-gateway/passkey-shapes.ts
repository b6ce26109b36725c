/** Shapes of passkeys on the wire: WebAuthn's own JSON forms, as browsers read and write them. */
import { z } from "@hono/zod-openapi";

/** An id has at most 1023 bytes (WebAuthn, 4). */
const ID_MAX = 1_364;
const base64url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\w-]+$/, "base64url without padding");

const credential = {
  id: base64url(ID_MAX),
  rawId: base64url(ID_MAX),
  type: z.literal("public-key"),
  clientExtensionResults: z.looseObject({}).default({}),
};

/** What `PublicKeyCredential.toJSON()` gives of a new passkey. */
export const NewCredential = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url(8_192),
      attestationObject: base64url(16_384),
      transports: z.array(z.string().max(32)).max(10).default([]),
    }),
  })
  .openapi("NewPasskeyCredential");
export type NewCredential = z.output<typeof NewCredential>;

/** What `PublicKeyCredential.toJSON()` gives of a signed challenge. */
export const Assertion = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url(8_192),
      authenticatorData: base64url(8_192),
      signature: base64url(4_096),
      // A browser that was given none says null or leaves it out.
      userHandle: base64url(256).nullish(),
    }),
  })
  .openapi("PasskeyAssertion", {
    description: "A passkey's answer to the challenge of POST /auth/passkey/challenge, as the browser gives it",
  });
export type Assertion = z.output<typeof Assertion>;

const userVerification = z.string().optional();
/** For `PublicKeyCredential.parseRequestOptionsFromJSON`. */
export const RequestOptions = z
  .looseObject({ challenge: z.string(), rpId: z.string().optional(), timeout: z.number().optional(), userVerification })
  .openapi("PasskeyRequestOptions");

/** For `PublicKeyCredential.parseCreationOptionsFromJSON`. */
export const CreationOptions = z
  .looseObject({
    challenge: z.string(),
    rp: z.object({ id: z.string().optional(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ alg: z.number().int(), type: z.string() })),
    timeout: z.number().optional(),
  })
  .openapi("PasskeyCreationOptions");

export const NewPasskey = z.object({
  name: z.string().trim().min(1).max(80).openapi({ example: "my laptop" }),
  credential: NewCredential,
});
export const PasskeyView = z
  .object({
    passkey_id: z.string(),
    name: z.string(),
    rp_id: z.string().openapi({ description: "The host at whose page it works" }),
    created_at: z.number(),
    last_used_at: z.number().optional(),
  })
  .openapi("Passkey");
export type PasskeyView = z.output<typeof PasskeyView>;
export const PasskeyAdded = PasskeyView.extend({
  recovery_codes: z
    .array(z.string())
    .optional()
    .openapi({ description: "With the first second factor, shown this once: each does once in place of it" }),
}).openapi("PasskeyAdded");
