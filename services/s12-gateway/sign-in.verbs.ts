/** Signing in and out, over REST. */
import { z } from "@hono/zod-openapi";
import { type Call, type Verb, verb } from "../../shared/kit/service.ts";
import { type SignIn, sessionCookie, tokenOf } from "./sign-in.ts";
import { Login, LoginAnswer, Role } from "./types.ts";

export const signInVerbs = (signIn: SignIn): Verb[] => [
  verb({
    name: "login",
    summary: "Sign in: a bearer token, and the same as a cookie for browsers",
    rest: "POST /auth/login",
    audience: "open",
    once: "body",
    input: Login,
    output: LoginAnswer,
    run: (input, call) => login(signIn, input, call),
  }),
  verb({
    name: "logout",
    summary: "End this session",
    rest: "POST /auth/logout",
    once: "body",
    input: z.object({}),
    output: z.object({ signed_out: z.boolean() }),
    async run(_input, call) {
      const token = tokenOf(headersOf(call))?.token;
      if (token) await signIn.logout(token);
      return { signed_out: true };
    },
  }),
  verb({
    name: "whoAmI",
    summary: "Who is signed in",
    rest: "GET /auth/me",
    input: z.object({}),
    output: z.object({ username: z.string(), role: Role }),
    run: (_input, { principal }) => ({ username: principal.id, role: principal.role }),
  }),
];

async function login(signIn: SignIn, input: z.output<typeof Login>, call: Call): Promise<z.output<typeof LoginAnswer>> {
  const { token, expiresMs } = await signIn.login(input.username, input.password);
  const expires_in = Math.floor(expiresMs / 1000);
  const body = { access_token: token, token_type: "Bearer" as const, expires_in };
  const isTls = call.header("x-forwarded-proto") === "https";
  const cookie = sessionCookie(isTls, token, expires_in);
  const headers = { "content-type": "application/json", "set-cookie": cookie };
  // An answer with a cookie is a Response of its own; the kit passes it on as it is.
  return new Response(JSON.stringify(body), { headers }) as never;
}

/** The headers that sign-in looks at, from a verb's call. */
function headersOf(call: Call): { headers: Headers } {
  const headers = new Headers();
  for (const name of ["authorization", "cookie"]) {
    const value = call.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  return { headers };
}
