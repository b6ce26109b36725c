/** One's own passkeys over REST, and the challenge that any of them may sign. */
import { z } from "@hono/zod-openapi";
import { type Call, type Verb, verb } from "../../shared/kit/service.ts";
import { CreationOptions, NewPasskey, PasskeyAdded, PasskeyView, RequestOptions } from "./passkey-shapes.ts";
import { type Site, siteOf } from "./passkey-site.ts";
import type { Passkeys } from "./passkeys.ts";

/** Without `publicUrl`, people's pages stand wherever the gateway was asked. */
export const passkeyVerbs = (passkeys: Passkeys, publicUrl: string | undefined): Verb[] => [
  verb({
    name: "challengePasskey",
    summary: "A challenge for a passkey to sign; the answer goes as `passkey` wherever a code goes",
    rest: "POST /auth/passkey/challenge",
    audience: "open",
    once: "never",
    input: z.object({}),
    output: RequestOptions,
    run: async (_input, call) => ({ ...(await passkeys.challenge(siteOfPage(call, publicUrl), call.arrival.from)) }),
  }),
  verb({
    name: "listPasskeys",
    summary: "Your own passkeys, oldest first",
    rest: "GET /auth/passkeys",
    care: "person",
    input: z.object({}),
    output: z.object({ items: z.array(PasskeyView) }),
    run: async (_input, call) => ({ items: await passkeys.list(call.principal.id) }),
  }),
  verb({
    name: "offerPasskey",
    summary: "What a browser needs to make a passkey",
    rest: "POST /auth/passkeys/offer",
    care: "fresh",
    once: "never",
    input: z.object({}),
    output: CreationOptions,
    async run(_input, call) {
      return { ...(await passkeys.offer(call.principal.id, siteOfPage(call, publicUrl))) };
    },
  }),
  verb({
    name: "addPasskey",
    summary: "Take up the passkey that was made; with the first second factor, answers recovery codes, shown this once",
    rest: "POST /auth/passkeys",
    care: "fresh",
    once: "never",
    input: NewPasskey,
    output: PasskeyAdded,
    async run({ name, credential }, call) {
      return passkeys.accept(call.principal.id, name, credential);
    },
  }),
  verb({
    name: "removePasskey",
    summary: "Take a passkey away",
    rest: "POST /auth/passkeys/{passkey_id}/remove",
    care: "fresh",
    once: "body",
    input: z.object({ passkey_id: z.string() }),
    output: z.object({ second_factor: z.boolean().openapi({ description: "Whether there is one still" }) }),
    async run({ passkey_id }, call) {
      return { second_factor: await passkeys.remove(call.principal.id, passkey_id) };
    },
  }),
];

function siteOfPage({ arrival, header }: Call, publicUrl: string | undefined): Site {
  const asked = `${arrival.isTls ? "https" : "http"}://${header("host") ?? "localhost"}`;
  return siteOf(publicUrl ?? arrival.origin ?? asked);
}
