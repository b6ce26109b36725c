/** Who a person is: passwords, sessions that survive a restart, and the limit on guessing. */
import { put, remove } from "../../shared/changes.ts";
import { sessions, type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Random, RateLimit, Store } from "../../shared/kit/ports.ts";
import { hashPassword, isPassword, PASSWORD_CHARACTERS_MIN, SALT_BYTES } from "./passwords.ts";

const TOKEN_BYTES = 32;
/** Guesses per name and, wider, in all: the second keeps a botnet from trying one guess on many names. */
const GUESSES_PER_NAME = { limit: 10, windowMs: 15 * 60_000 };
const GUESSES_IN_ALL = { limit: 200, windowMs: 15 * 60_000 };
export const COOKIE = "chimera_session";

export interface Person {
  username: string;
  role: User["role"];
}
export interface SignInParts {
  store: Store;
  clock: Clock;
  random: Random;
  rateLimit: RateLimit;
  sessionMs: number;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

export function createSignIn(parts: SignInParts) {
  const { store, clock, random, rateLimit, sessionMs, audit } = parts;
  /** Compared with when the name is unknown, so that an unknown name takes as long as a wrong password. */
  let decoy: Promise<string> | undefined;
  const decoyHash = () => {
    decoy ??= clock.hold(hashPassword("no such person", random.bytes(SALT_BYTES)));
    return decoy;
  };

  async function createUser(username: string, password: string, role: User["role"], actor: string): Promise<void> {
    if (password.length < PASSWORD_CHARACTERS_MIN) {
      refuse("INVALID", `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`);
    }
    const password_hash = await clock.hold(hashPassword(password, random.bytes(SALT_BYTES)));
    const user: User = { username, password_hash, role, disabled: false, generation: 1, created_at: clock.now() };
    await store.commit([put(users, user, null), audit({ actor, what: "user.created", ref: username, outcome: role })], {
      sync: "full",
    });
  }

  async function login(username: string, password: string): Promise<{ token: string; expiresMs: number }> {
    for (const [key, rule] of [
      [`login/${digest(username)}`, GUESSES_PER_NAME],
      ["login", GUESSES_IN_ALL],
    ] as const) {
      const verdict = await rateLimit.take(key, rule);
      if (!verdict.allowed) {
        const seconds = Math.ceil(verdict.resetMs / 1000);
        refuse("RATE_LIMITED", `Too many attempts; try again in ${seconds} s.`, { retryAfterMs: verdict.resetMs });
      }
    }
    const user = (await store.get(users, username))?.value;
    const hash = user?.password_hash ?? (await decoyHash());
    const isRight = await clock.hold(isPassword(password, hash));
    if (!user || user.disabled || !isRight) {
      await store.commit([
        audit({ actor: digest(username).slice(0, 12), what: "login", ref: "s12", outcome: "refused" }),
      ]);
      refuse("BAD_CREDENTIALS", "The name or the password is wrong.");
    }
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url");
    const now = clock.now();
    const session = {
      id: digest("session", token),
      username,
      generation: user.generation,
      created_at: now,
      expires_at: now + sessionMs,
    };
    await store.commit([put(sessions, session), audit({ actor: username, what: "login", ref: "s12", outcome: "ok" })], {
      sync: "full",
    });
    return { token, expiresMs: sessionMs };
  }

  /** The person behind a token, looked up each time so that a logout, a new role or a disabling counts at once. */
  async function whoIs(token: string): Promise<Person | undefined> {
    const session = (await store.get(sessions, digest("session", token)))?.value;
    if (!session || session.expires_at <= clock.now()) return undefined;
    const user = (await store.get(users, session.username))?.value;
    if (!user || user.disabled || user.generation !== session.generation) return undefined;
    return { username: user.username, role: user.role };
  }

  async function logout(token: string): Promise<void> {
    const id = digest("session", token);
    const session = await store.get(sessions, id);
    if (!session) return;
    const { username } = session.value;
    await store.commit([remove(sessions, id), audit({ actor: username, what: "logout", ref: "s12", outcome: "ok" })], {
      sync: "full",
    });
  }
  return { createUser, login, whoIs, logout };
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
