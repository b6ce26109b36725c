/** One's own second factor, over REST, for who has just proved who they are. */
import { z } from "@hono/zod-openapi";
import { type Verb, verb } from "../../shared/kit/service.ts";
import type { SecondFactor } from "./second-factor.ts";

export const secondFactorVerbs = (factor: SecondFactor): Verb[] => [
  verb({
    name: "offerSecondFactor",
    summary: "A secret for an authenticator app, shown this once",
    rest: "POST /auth/totp/enrol",
    care: "fresh",
    once: "never",
    input: z.object({}),
    output: z.object({ secret: z.string(), uri: z.string() }),
    async run(_input, call) {
      return factor.offer(call.principal.id);
    },
  }),
  verb({
    name: "acceptSecondFactor",
    summary: "Ask for a code at each sign-in from now on; answers recovery codes, shown this once",
    rest: "POST /auth/totp/confirm",
    care: "fresh",
    once: "never",
    input: z.object({ code: z.string().regex(/^\d{6}$/, "six digits") }),
    output: z.object({ recovery_codes: z.array(z.string()) }),
    async run({ code }, call) {
      return { recovery_codes: await factor.accept(call.principal.id, code) };
    },
  }),
  verb({
    name: "dropSecondFactor",
    summary: "Ask for no code of an app any more",
    rest: "POST /auth/totp/disable",
    care: "fresh",
    once: "body",
    input: z.object({}),
    output: z.object({ second_factor: z.boolean().openapi({ description: "Whether a passkey is asked for still" }) }),
    async run(_input, call) {
      return { second_factor: await factor.drop(call.principal.id) };
    },
  }),
];
