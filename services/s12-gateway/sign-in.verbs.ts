/** Signing in and out, proving again who one is, and one's own password, over REST. */
import { z } from "@hono/zod-openapi";
import { type Call, type Verb, verb } from "../../shared/kit/service.ts";
import { sessionCookie, tokenOf } from "./session-cookie.ts";
import type { SignedIn, SignIn } from "./sign-in.ts";
import { Confirmed, Login, LoginAnswer, Me, NewPassword, Proof } from "./types.ts";
import type { Users } from "./users.ts";

export const signInVerbs = (signIn: SignIn, users: Users): Verb[] => [
  verb({
    name: "login",
    summary: "Sign in: tokens for programs, and a cookie for browsers",
    rest: "POST /auth/login",
    audience: "open",
    once: "never",
    input: Login,
    output: LoginAnswer,
    run: async ({ username, ...given }, call) => signedIn(await signIn.login(username, given, cameWith(call)), call),
  }),
  verb({
    name: "logout",
    summary: "End this session",
    rest: "POST /auth/logout",
    once: "body",
    input: z.object({}),
    output: z.object({ signed_out: z.boolean() }),
    async run(_input, call) {
      const token = tokenIn(call);
      if (token !== undefined) await signIn.logout(token);
      return { signed_out: true };
    },
  }),
  verb({
    name: "whoAmI",
    summary: "Who is signed in",
    rest: "GET /auth/me",
    input: z.object({}),
    output: Me,
    async run(_input, call) {
      const person = await signIn.whoIs(tokenIn(call) ?? "");
      const { id: username, role } = call.principal;
      if (!person) return { username, role };
      const factors = await users.factorsOf(username);
      return { username, role, ...(person.mustChangePassword && { must_change_password: true }), ...factors };
    },
  }),
  verb({
    name: "confirm",
    summary: "Prove again who you are: for five minutes what is dangerous may be done",
    rest: "POST /auth/confirm",
    care: "person",
    once: "never",
    input: Proof,
    output: Confirmed,
    run: async (given, call) => ({ confirmed_for: Math.floor((await signIn.confirm(tokenIn(call), given)) / 1000) }),
  }),
  verb({
    name: "changePassword",
    summary: "Change your own password: ends your sessions and answers a new one",
    rest: "POST /auth/password",
    care: "person",
    once: "never",
    input: NewPassword,
    output: LoginAnswer,
    async run({ new_password, ...given }, call) {
      const user = await users.changePassword(call.principal.id, given, new_password);
      return signedIn(await signIn.openSession(user, cameWith(call)), call);
    },
  }),
];

/** Throws FORBIDDEN for a program with a key of its person. */
export const mustBePerson = (signIn: SignIn, call: Call): ReturnType<SignIn["mustBePerson"]> =>
  signIn.mustBePerson(tokenIn(call));
const cameWith = (call: Call) => ({ from: call.arrival.from, agent: call.header("user-agent") });

/** A page's scripts get no refresh token: a browser has it in a cookie that they cannot read. */
export function signedIn(given: SignedIn, call: Call, byCookie = false): z.output<typeof LoginAnswer> {
  const { access_token, refresh_token } = given;
  const refresh_expires_in = Math.floor(given.refreshExpiresMs / 1000);
  const isBrowser = byCookie || call.header("sec-fetch-site") !== undefined;
  const body: z.output<typeof LoginAnswer> = {
    access_token,
    token_type: "Bearer",
    expires_in: Math.floor(given.expiresMs / 1000),
    ...(!isBrowser && { refresh_token }),
    refresh_expires_in,
  };
  const cookie = sessionCookie(call.arrival.isTls, refresh_token, refresh_expires_in);
  const headers = { "content-type": "application/json", "set-cookie": cookie };
  // An answer with a cookie is a Response of its own; the kit passes it on as it is.
  return new Response(JSON.stringify(body), { headers }) as never;
}

/** The token that a verb was called with. */
function tokenIn(call: Call): string | undefined {
  const headers = new Headers();
  for (const name of ["authorization", "cookie"]) {
    const value = call.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  return tokenOf(headers, call.arrival)?.token;
}
