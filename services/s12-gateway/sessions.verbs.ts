/** Staying signed in and one's sessions, over REST; the keys that tokens are checked with. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../../shared/errors.ts";
import { type Call, type Verb, verb } from "../../shared/kit/service.ts";
import { isOfPage, sessionCookieOf } from "./session-cookie.ts";
import type { SignIn } from "./sign-in.ts";
import { mustBePerson, signedIn } from "./sign-in.verbs.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { KeySet, LoginAnswer, RefreshRequest, SessionAnswer } from "./types.ts";

export const sessionVerbs = (signIn: SignIn, keys: Pick<SigningKeys, "keySet">): Verb[] => [
  verb({
    name: "refresh",
    summary: "New tokens for a refresh token, which is good once; a browser's is in its cookie",
    rest: "POST /auth/refresh",
    audience: "open",
    once: "never",
    input: RefreshRequest,
    output: LoginAnswer,
    async run({ refresh_token }, call) {
      const fromCookie = refresh_token === undefined ? cookieOf(call) : undefined;
      const token = refresh_token ?? fromCookie ?? refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
      return signedIn(await signIn.refresh(token), call, fromCookie !== undefined);
    },
  }),
  verb({
    name: "listSessions",
    summary: "Where you are signed in, the newest first",
    rest: "GET /auth/sessions",
    care: "person",
    input: z.object({}),
    output: z.object({ items: z.array(SessionAnswer) }),
    async run(_input, call) {
      const { id: current, username } = await mustBePerson(signIn, call);
      const items = (await signIn.sessionsOf(username)).map(({ id, created_at, last_seen_at, from, agent }) => ({
        session_id: id,
        created_at,
        last_seen_at,
        ...(from !== undefined && { from }),
        ...(agent !== undefined && { agent }),
        current: id === current,
      }));
      return { items };
    },
  }),
  verb({
    name: "endSession",
    summary: "End one of your sessions",
    rest: "POST /auth/sessions/{session_id}/end",
    care: "person",
    once: "body",
    input: z.object({ session_id: z.string().min(1).max(64) }),
    output: z.object({ ended: z.boolean() }),
    async run({ session_id }, call) {
      const { username } = await mustBePerson(signIn, call);
      await signIn.endSession(username, session_id);
      return { ended: true };
    },
  }),
  verb({
    name: "endOtherSessions",
    summary: "End all of your sessions but this one",
    rest: "POST /auth/sessions/end-others",
    care: "person",
    once: "body",
    input: z.object({}),
    output: z.object({ ended: z.number().int() }),
    async run(_input, call) {
      const { username, id } = await mustBePerson(signIn, call);
      return { ended: await signIn.endOthers(username, id) };
    },
  }),
  ...(["GET /auth/jwks", "GET /.well-known/jwks.json"] as const).map((rest, at) =>
    verb({
      name: at === 0 ? "getKeySet" : "getWellKnownKeySet",
      summary: "The keys that access tokens are checked with (RFC 7517)",
      rest,
      audience: "open",
      input: z.object({}),
      output: KeySet,
      run: () => keys.keySet(),
    }),
  ),
];

/** A cookie is sent by itself: one from another site's page counts for nothing. */
function cookieOf(call: Call): string | undefined {
  const names = ["cookie", "sec-fetch-site", "origin"];
  const given = names.flatMap((name): [string, string][] => {
    const value = call.header(name);
    return value === undefined ? [] : [[name, value]];
  });
  const headers = new Headers(given);
  const { origin, isTls } = call.arrival;
  const token = sessionCookieOf(headers, isTls);
  const own = origin ?? `${isTls ? "https" : "http"}://${call.header("host")}`;
  if (token !== undefined && !isOfPage(headers, own)) refuse("FORBIDDEN", "This came from another site's page.");
  return token;
}
