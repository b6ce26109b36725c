/** Who a person is: sessions that survive a restart, and how long ago a person last proved who they are. */
import { put, remove } from "../../shared/changes.ts";
import { sessions, type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Random, Store } from "../../shared/kit/ports.ts";
import type { Given, Prove } from "./proof.ts";

const TOKEN_BYTES = 32;
/** How long a proof of who one is counts for what is dangerous. */
const FRESH_MS = 5 * 60_000;
export const COOKIE = "chimera_session";

export interface Person {
  username: string;
  role: User["role"];
  mustChangePassword: boolean;
}
export interface SignInParts {
  store: Store;
  clock: Clock;
  random: Random;
  sessionMs: number;
  prove: Prove;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

export function createSignIn({ store, clock, random, sessionMs, prove, audit }: SignInParts) {
  const sessionOf = async (token: string) => (await store.get(sessions, digest("session", token)))?.value;

  async function openSession({ username, generation }: User): Promise<{ token: string; expiresMs: number }> {
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url");
    const now = clock.now();
    const id = digest("session", token);
    const session = { id, username, generation, created_at: now, expires_at: now + sessionMs, confirmed_at: now };
    await store.commit([put(sessions, session), audit({ actor: username, what: "login", ref: "s12", outcome: "ok" })], {
      sync: "full",
    });
    return { token, expiresMs: sessionMs };
  }

  /** The person behind a token, looked up each time so that a logout, a new role or a disabling counts at once. */
  async function whoIs(token: string): Promise<Person | undefined> {
    const session = await sessionOf(token);
    if (!session || session.expires_at <= clock.now()) return undefined;
    const user = (await store.get(users, session.username))?.value;
    if (!user || user.disabled || user.generation !== session.generation) return undefined;
    const { username, role, must_change_password: mustChangePassword = false } = user;
    return { username, role, mustChangePassword };
  }

  async function logout(token: string): Promise<void> {
    const session = await sessionOf(token);
    if (!session) return;
    const { id, username } = session;
    await store.commit([remove(sessions, id), audit({ actor: username, what: "logout", ref: "s12", outcome: "ok" })], {
      sync: "full",
    });
  }

  async function mustBePerson(token: string | undefined) {
    const session = token === undefined ? undefined : await sessionOf(token);
    return session ?? refuse("FORBIDDEN", "Only a person who is signed in may do this, no program.");
  }

  return {
    whoIs,
    logout,
    openSession,
    login: async (username: string, given: Given) => openSession(await prove(username, given, "login")),
    mustBePerson,
    /** Throws CONFIRM unless the session's person proved who they are within the last minutes. */
    async mustBeFresh(token: string | undefined): Promise<void> {
      const session = await mustBePerson(token);
      const provenAt = session.confirmed_at ?? session.created_at;
      if (provenAt + FRESH_MS <= clock.now()) refuse("CONFIRM", "Confirm with your password at /auth/confirm first.");
    },
    /** Answers how long it counts. */
    async confirm(token: string | undefined, given: Given): Promise<number> {
      const session = await mustBePerson(token);
      const { username } = session;
      await prove(username, given, "confirm");
      const entry = audit({ actor: username, what: "confirm", ref: "s12", outcome: "ok" });
      await store.commit([put(sessions, { ...session, confirmed_at: clock.now() }), entry], { sync: "full" });
      return FRESH_MS;
    },
  };
}
export type SignIn = ReturnType<typeof createSignIn>;

/** The token of a request, from its header or its cookie. */
export function tokenOf(request: Pick<Request, "headers">): { token: string; fromCookie: boolean } | undefined {
  const bearer = /^Bearer ([\w-]{20,200})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer) return { token: bearer, fromCookie: false };
  const cookies = request.headers.get("cookie") ?? "";
  // The prefixed one first: no other host can have set it.
  const token = cookieIn(cookies, `__Host-${COOKIE}`) ?? cookieIn(cookies, COOKIE);
  return token === undefined ? undefined : { token, fromCookie: true };
}

const cookieIn = (cookies: string, name: string): string | undefined =>
  new RegExp(`(?:^|;\\s*)${name}=([\\w-]{20,200})(?:;|$)`).exec(cookies)?.[1];

/** A cookie is sent by itself, so a change asked with one must come from our own page. */
export function isFromOurPage(request: Request): boolean {
  if (request.method === "GET" || request.method === "HEAD") return true;
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none";
  const origin = request.headers.get("origin");
  return origin !== null && origin === new URL(request.url).origin;
}

/** `__Host-` and Secure wherever there is TLS; plain http exists on loopback only. */
export function sessionCookie(isTls: boolean, token: string, maxAgeSeconds: number): string {
  const name = isTls ? `__Host-${COOKIE}` : COOKIE;
  return `${name}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${isTls ? "; Secure" : ""}`;
}
