/** Sessions: each a family of refresh tokens, of which one at a time is good, opened and ended as a whole. */
import { put, remove } from "../../shared/changes.ts";
import { type Session, sessions } from "../../shared/collections/people.ts";
import type { Clock, Op, Random, Store } from "../../shared/kit/ports.ts";
import type { Context } from "../../shared/kit/service.ts";
import type { Copies } from "./copies.ts";
import {
  decideRotation,
  firstToken,
  isGood,
  issuedAt,
  readRefreshToken,
  rotationSalt,
  withSecret,
} from "./refresh-token.ts";
import { createSessionStore } from "./session-store.ts";

const AGENT_CHARACTERS_MAX = 200;

/** Where a sign-in came from and with what. */
export interface Origin {
  from?: string | undefined;
  agent?: string | undefined;
}
/** A session with the one refresh token of it that is good. */
export interface Opened {
  session: Session;
  token: string;
}
export interface FamiliesParts {
  store: Store;
  clock: Clock;
  random: Random;
  copies: Copies;
  /** A session ends so long after its last refresh, and so long after its beginning. */
  idleMs: number;
  lifeMs: number;
  /** How long a token opens anything before it has to be rotated. */
  tokenMs: number;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
  alert: Context["alert"];
}

export function createFamilies(parts: FamiliesParts) {
  const { clock, random, idleMs, lifeMs, tokenMs, audit, alert } = parts;
  const { commit, read, edit, of } = createSessionStore(parts);
  const bytes = (count: number) => random.bytes(count);

  async function end(ended: readonly Session[], { actor, what }: { actor: string; what: string }): Promise<void> {
    if (ended.length === 0) return;
    const entries = ended.map(({ id }) => audit({ actor, what, ref: id, outcome: "ok" }));
    const ids = ended.map(({ id }) => id);
    await commit([...ids.map((id) => remove(sessions, id)), ...entries], ids);
  }

  /** A used token came again: two have it. */
  async function endStolen(session: Session): Promise<void> {
    const { username, from = "an unknown address" } = session;
    await end([session], { actor: username, what: "session.reused" });
    const what = `A used token of ${username}'s sign-in from ${from} came again: that sign-in was ended.`;
    alert("WARN", "SESSION_REUSED", what, "ended");
  }

  return {
    read,
    end,
    of,

    async open(user: { username: string; generation: number }, { from, agent }: Origin): Promise<Opened> {
      const { username, generation } = user;
      const { token, session_id: id, refresh_hash } = firstToken(bytes);
      const now = clock.now();
      const ends_at = now + lifeMs;
      const session: Session = {
        ...{ id, username, generation, refresh_hash, ends_at },
        ...{ created_at: now, last_seen_at: now, confirmed_at: now },
        expires_at: Math.min(ends_at, now + idleMs),
        ...(from !== undefined && { from }),
        ...(agent !== undefined && { agent: agent.slice(0, AGENT_CHARACTERS_MAX) }),
      };
      const entry = audit({ actor: username, what: "login", ref: "s12", outcome: "ok" });
      await commit([put(sessions, session, null), entry], [id]);
      return { session, token };
    },

    /** The session that a browser's cookie opens: until it is due for a rotation, and a moment after one. */
    async byCookie(token: string): Promise<Session | undefined> {
      const given = readRefreshToken(token);
      const session = given && (await read(given.session_id));
      if (!session || !isGood(session, given.secret, clock.now())) return undefined;
      return issuedAt(session) + tokenMs > clock.now() ? session : undefined;
    },

    /** The session and its next token. Undefined when there is none; a used token ends the whole family. */
    async rotate(token: string): Promise<Opened | undefined> {
      const given = readRefreshToken(token);
      if (!given) return undefined;
      const found = await edit(given.session_id, (session) => {
        const now = clock.now();
        const decided = decideRotation(session, given.secret, { now, salt: rotationSalt(bytes) });
        if (decided.kind !== "rotated") return decided;
        const expires_at = Math.min(session.ends_at, now + idleMs);
        return { ...decided, session: { ...decided.session, last_seen_at: now, expires_at } };
      });
      if (!found) return undefined;
      if (found.kind !== "reused") return { session: found.session, token: withSecret(token, found.secret) };
      await endStolen(found.session);
      return undefined;
    },

    /** Answers whether there still is such a session. */
    async confirm({ id, username }: Session): Promise<boolean> {
      const entry = audit({ actor: username, what: "confirm", ref: "s12", outcome: "ok" });
      const confirmed = (session: Session) => ({ session: { ...session, confirmed_at: clock.now() } });
      return (await edit(id, confirmed, [entry])) !== undefined;
    },
  };
}
export type Families = ReturnType<typeof createFamilies>;
