/** Personal API keys over REST: for people alone, since no key may make another. */
import { z } from "@hono/zod-openapi";
import { apiKeys as records } from "../../shared/collections/people.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, Paging, pageOf, placeOf } from "../../shared/paging.ts";
import { type ApiKeys, viewOfKey } from "./api-keys.ts";
import { ApiKeyAnswer, ApiKeyWithToken, NewApiKey } from "./types.ts";

export const apiKeyVerbs = (keys: ApiKeys, store: Pick<Store, "get" | "query">): Verb[] => [
  verb({
    name: "listApiKeys",
    summary: "Your API keys; an admin sees everybody's",
    rest: "GET /api-keys",
    care: "person",
    input: z.object(Paging),
    output: ListOf(ApiKeyAnswer),
    async run(asked, call) {
      const { id: username, role } = call.principal;
      const own = role === "admin" ? {} : { where: { username } };
      return pageOf(await store.query(records, { ...own, ...placeOf(asked) }), viewOfKey);
    },
  }),
  verb({
    name: "createApiKey",
    summary: "Make a key for a program of yours, with a role you have; shown this once",
    rest: "POST /api-keys",
    care: "fresh",
    once: "never",
    input: NewApiKey,
    output: ApiKeyWithToken,
    async run(wanted, call) {
      const { key, token } = await keys.create(call.principal.id, wanted, call.principal.role);
      return { ...key, api_key: token };
    },
  }),
  verb({
    name: "revokeApiKey",
    summary: "End a key of yours; an admin anybody's",
    rest: "DELETE /api-keys/{key_id}",
    care: "person",
    once: "body",
    input: z.object({ key_id: z.string().min(1).max(64) }),
    output: z.object({ revoked: z.boolean() }),
    async second({ key_id }, who) {
      const key = (await store.get(records, key_id))?.value;
      const isTheirs = key === undefined || key.username === who.id || who.role !== "admin";
      return isTheirs ? undefined : `End ${key.username}'s API key "${key.name}"`;
    },
    async run({ key_id }, { principal, also }) {
      await keys.revoke(key_id, principal, also);
      return { revoked: true };
    },
  }),
];
