/** Personal API keys: what programs of a person come in with, each with a role, an end and a last use. */
import { timingSafeEqual } from "node:crypto";
import { put, remove } from "../../shared/changes.ts";
import { type ApiKey, apiKeys, type User, users } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";
import type { ProofParts } from "./proof.ts";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEYS_PER_USER_MAX = 50;
const DAY_MS = 86_400_000;
/** Uses are noted no more often than this. */
const NOTE_MS = 60_000;
/** How every key begins, so that people and scanners know one when they see it. */
export const KEY_MARK = "chk_";
const TOKEN = /^chk_([0-9a-f]{16})[\w-]{43}$/;

/** The roles of whose rights each role has all. */
const COVERS: Record<User["role"], readonly User["role"][]> = {
  viewer: ["viewer"],
  researcher: ["viewer", "researcher"],
  trader: ["viewer", "trader"],
  risk: ["viewer", "researcher", "risk"],
  admin: ["viewer", "researcher", "trader", "risk", "admin"],
};

export interface Wanted {
  name: string;
  role: User["role"];
  read_only: boolean;
  scopes?: readonly string[] | undefined;
  expires_in_days: number;
}
/** Whose a key is, with the key's role and bounds. */
export interface KeyHolder extends Pick<ApiKey, "key_id" | "read_only" | "scopes"> {
  principal: Principal;
}
export type ApiKeyView = Omit<ApiKey, "hash">;
export const viewOfKey = ({ hash, ...shown }: ApiKey): ApiKeyView => shown;

type Parts = Pick<ProofParts, "store" | "clock" | "random" | "audit">;

export function createApiKeys({ store, clock, random, audit }: Parts) {
  const hashOf = (token: string) => digest("api key", token);
  const ofUser = async (username: string) =>
    (await store.query(apiKeys, { where: { username }, limit: 1000 })).items.map(({ value }) => value);

  /** A key opens as without it where its use cannot be noted; by revision, so that none comes back once revoked. */
  async function note(key: ApiKey, rev: string): Promise<void> {
    const now = clock.now();
    if ((key.last_used_at ?? 0) + NOTE_MS > now) return;
    await store.commit([put(apiKeys, { ...key, last_used_at: now }, rev)]).catch(() => {});
  }

  return {
    /** Answers the key, which is shown this once. */
    async create(username: string, wanted: Wanted, role: User["role"]): Promise<{ key: ApiKeyView; token: string }> {
      if (!COVERS[role].includes(wanted.role))
        refuse("FORBIDDEN", `As ${role} you cannot give the role ${wanted.role}.`);
      const live = (await ofUser(username)).filter((key) => key.expires_at > clock.now());
      if (live.length >= KEYS_PER_USER_MAX) refuse("RULE", `At most ${KEYS_PER_USER_MAX} keys: revoke one first.`);
      const key_id = Buffer.from(random.bytes(ID_BYTES)).toString("hex");
      const token = `${KEY_MARK}${key_id}${Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url")}`;
      const created_at = clock.now();
      const { name, read_only, scopes, expires_in_days } = wanted;
      const expires_at = created_at + expires_in_days * DAY_MS;
      const made = {
        key_id,
        username,
        name,
        hash: hashOf(token),
        role: wanted.role,
        read_only,
        ...(scopes && { scopes: [...new Set(scopes)].sort() }),
        created_at,
        expires_at,
      };
      const after = viewOfKey(made);
      const entry = audit({ actor: username, what: "api-key.created", ref: key_id, after, outcome: "ok" });
      await store.commit([put(apiKeys, made, null), entry], { sync: "full" });
      return { key: after, token };
    },

    /** One's own; an admin anybody's. */
    async revoke(key_id: string, who: Principal, also: readonly Op[] = []): Promise<void> {
      const row = await store.get(apiKeys, key_id);
      const isTheirs = row && (row.value.username === who.id || who.role === "admin");
      if (!row || !isTheirs) return refuse("NOT_FOUND", "There is no such key.");
      const before = viewOfKey(row.value);
      const entry = audit({ actor: who.id, what: "api-key.revoked", ref: key_id, before, outcome: "ok" });
      await store.commit([remove(apiKeys, key_id), entry, ...also], { sync: "full" });
    },

    /** Whose key it is, with the key's role; looked up each time. Undefined when it opens nothing. */
    async whoIs(token: string): Promise<KeyHolder | undefined> {
      const key_id = TOKEN.exec(token)?.[1];
      const row = key_id === undefined ? undefined : await store.get(apiKeys, key_id);
      if (!row) return undefined;
      const key = row.value;
      const isRight = timingSafeEqual(Buffer.from(key.hash), Buffer.from(hashOf(token)));
      if (!isRight || key.expires_at <= clock.now()) return undefined;
      const user = (await store.get(users, key.username))?.value;
      if (!user || user.disabled || user.must_change_password || !COVERS[user.role].includes(key.role))
        return undefined;
      await note(key, row.rev);
      const principal: Principal = { kind: "person", id: key.username, role: key.role };
      return { principal, key_id: key.key_id, read_only: key.read_only, scopes: key.scopes };
    },

    /** The end of all keys of a user, for the commit that disables them. */
    endOf: async (username: string): Promise<Op[]> =>
      (await ofUser(username)).map((key) => remove(apiKeys, key.key_id)),
  };
}
export type ApiKeys = ReturnType<typeof createApiKeys>;
