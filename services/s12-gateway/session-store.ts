/** Sessions in the store, with their copies in the cache: read often, changed by revision, gone at once. */
import { put } from "../../shared/changes.ts";
import { type Session, sessions } from "../../shared/collections/people.ts";
import { asProblem } from "../../shared/errors.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import type { Copies } from "./copies.ts";

const TRIES_MAX = 5;
const SESSIONS_MAX = 1_000;

const keyOf = (id: string): string => `session/${id}`;

export function createSessionStore({ store, clock, copies }: { store: Store; clock: Clock; copies: Copies }) {
  const isAlive = ({ expires_at }: Session) => expires_at > clock.now();
  const load = async (id: string) => (await store.get(sessions, id))?.value;

  /** `ids`: the sessions that it changes. */
  async function commit(ops: readonly Op[], ids: readonly string[]): Promise<void> {
    try {
      await store.commit(ops, { sync: "full" });
    } finally {
      await copies.changed(ids.map(keyOf));
    }
  }

  return {
    commit,
    /** One that is alive. */
    async read(id: string): Promise<Session | undefined> {
      const session = await copies.read(keyOf(id), () => load(id));
      return session && isAlive(session) ? session : undefined;
    },
    /**
     * Stores what is decided, by revision: of a rotation, a confirmation and an end at the same moment none undoes
     * another. A session that is to stay as it is is not written. Undefined when there is none that is alive.
     */
    async edit<T extends { session: Session }>(
      id: string,
      decide: (session: Session) => T,
      also: readonly Op[] = [],
    ): Promise<T | undefined> {
      for (let tries = 1; ; tries++) {
        const row = await store.get(sessions, id);
        if (!row || !isAlive(row.value)) return undefined;
        const decided = decide(row.value);
        if (decided.session === row.value) return decided;
        try {
          await commit([put(sessions, decided.session, row.rev), ...also], [id]);
          return decided;
        } catch (error) {
          if (asProblem(error).code !== "CONFLICT" || tries >= TRIES_MAX) throw error;
        }
      }
    },
    /** All of a user that are alive, the newest first. */
    async of(username: string): Promise<Session[]> {
      const { items } = await store.query(sessions, { where: { username }, limit: SESSIONS_MAX });
      const alive = items.map(({ value }) => value).filter(isAlive);
      return alive.sort((a, b) => b.created_at - a.created_at);
    },
  };
}
