/** Who a person is: signing in, staying so, and how long ago a person last proved who they are. */
import { type Session, type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { AccessTokens } from "./access-token.ts";
import type { Copies } from "./copies.ts";
import type { Families, Opened, Origin } from "./families.ts";
import type { Given, Prove } from "./proof.ts";
import { REFRESH_MARK } from "./refresh-token.ts";

/** How long a proof of who one is counts for what is dangerous. */
const FRESH_MS = 5 * 60_000;

/** What every request needs to know of a user. */
type Standing = Pick<User, "username" | "role" | "generation" | "disabled" | "must_change_password">;
export interface Person {
  username: string;
  role: User["role"];
  mustChangePassword: boolean;
  session_id: string;
}
/** What a sign-in and each refresh of it answer. */
export interface SignedIn {
  access_token: string;
  expiresMs: number;
  refresh_token: string;
  refreshExpiresMs: number;
}
export interface SignInParts {
  store: Store;
  clock: Clock;
  copies: Copies;
  families: Families;
  access: AccessTokens;
  prove: Prove;
}

const standingKey = (username: string): string => `person/${username}`;

export function createSignIn({ store, clock, copies, families, access, prove }: SignInParts) {
  async function readStanding(username: string): Promise<Standing | undefined> {
    const user = (await store.get(users, username))?.value;
    if (!user) return undefined;
    const { role, generation, disabled, must_change_password } = user;
    return { username, role, generation, disabled, ...(must_change_password && { must_change_password }) };
  }

  /** The person whose session it is. A new role, a new password or a disabling has ended it. */
  async function personIn(session: Session | undefined): Promise<Person | undefined> {
    if (!session) return undefined;
    const { username, generation, id: session_id } = session;
    const user = await copies.read(standingKey(username), () => readStanding(username));
    if (!user || user.disabled || user.generation !== generation) return undefined;
    return { username, role: user.role, mustChangePassword: user.must_change_password ?? false, session_id };
  }

  /** The session of an access token, or of a browser's cookie, which is a refresh token. */
  async function sessionOf(token: string): Promise<Session | undefined> {
    if (token.startsWith(REFRESH_MARK)) return families.byCookie(token);
    const bearer = await access.verify(token);
    const session = bearer && (await families.read(bearer.session_id));
    if (!bearer || !session) return undefined;
    const isTheirs = session.username === bearer.username && session.generation === bearer.generation;
    return isTheirs ? session : undefined;
  }

  async function answer({ session, token: refresh_token }: Opened, { username, role }: Person): Promise<SignedIn> {
    const { id: session_id, generation, expires_at } = session;
    const access_token = await access.issue({ username, role, session_id, generation });
    const refreshExpiresMs = expires_at - clock.now();
    return { access_token, expiresMs: access.ttlMs, refresh_token, refreshExpiresMs };
  }

  async function openSession(user: User, origin: Origin): Promise<SignedIn> {
    const opened = await families.open(user, origin);
    const { username, role } = user;
    return answer(opened, { username, role, mustChangePassword: false, session_id: opened.session.id });
  }

  async function mustBePerson(token: string | undefined): Promise<Session> {
    const session = token === undefined ? undefined : await sessionOf(token);
    if (!session || !(await personIn(session)))
      return refuse("FORBIDDEN", "Only a person who is signed in may do this, no program.");
    return session;
  }

  return {
    /** The person behind a token; a logout, a new role or a disabling counts at once. */
    whoIs: async (token: string): Promise<Person | undefined> => personIn(await sessionOf(token)),
    /** Whether a session that was open is so still, whatever has become of its tokens. */
    isIn: async (session_id: string): Promise<boolean> =>
      (await personIn(await families.read(session_id))) !== undefined,
    openSession,
    login: async (username: string, given: Given, origin: Origin): Promise<SignedIn> =>
      openSession(await prove(username, given, "login"), origin),

    /** New tokens for a refresh token, which is used up by it. Throws UNAUTHENTICATED, the same for whatever was wrong. */
    async refresh(token: string): Promise<SignedIn> {
      const opened = await families.rotate(token);
      const person = await personIn(opened?.session);
      if (!opened || !person) return refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
      return answer(opened, person);
    },

    async logout(token: string): Promise<void> {
      const session = await sessionOf(token);
      if (session) await families.end([session], { actor: session.username, what: "logout" });
    },

    mustBePerson,
    /** Throws CONFIRM unless the session's person proved who they are within the last minutes. */
    async mustBeFresh(token: string | undefined): Promise<void> {
      const { confirmed_at } = await mustBePerson(token);
      if (confirmed_at + FRESH_MS <= clock.now())
        refuse("CONFIRM", "Confirm with your password at /auth/confirm first.");
    },
    /** Answers how long it counts. */
    async confirm(token: string | undefined, given: Given): Promise<number> {
      const session = await mustBePerson(token);
      await prove(session.username, given, "confirm");
      if (!(await families.confirm(session))) refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
      return FRESH_MS;
    },

    /** To be called with each change of a user, so that it counts at once. */
    changed: (username: string): Promise<void> => copies.changed([standingKey(username)]),
    /** One's own sessions, the newest first. */
    async sessionsOf(username: string): Promise<Session[]> {
      const generation = (await readStanding(username))?.generation;
      return (await families.of(username)).filter((session) => session.generation === generation);
    },
    /** Ends one of one's own. Throws NOT_FOUND. */
    async endSession(username: string, session_id: string): Promise<void> {
      const session = await families.read(session_id);
      if (session?.username !== username) return refuse("NOT_FOUND", "There is no such session.");
      await families.end([session], { actor: username, what: "session.ended" });
    },
    /** Ends all of one's own but this one; answers how many. */
    async endOthers(username: string, session_id: string): Promise<number> {
      const others = (await families.of(username)).filter(({ id }) => id !== session_id);
      await families.end(others, { actor: username, what: "session.ended" });
      return others.length;
    },
  };
}
export type SignIn = ReturnType<typeof createSignIn>;
