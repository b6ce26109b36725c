/** What the pages of settings and search ask: one's sessions, passkeys and keys, users, what live trading needs. */
import { queryOptions } from "@tanstack/react-query";
import { type Found, QUESTION_CHARACTERS_MIN } from "../state/hits.ts";
import { get } from "./http.ts";
import type { ApiKey, LiveCheck, Passkey, Session, UserRow } from "./people-shapes.ts";
import { pathWith } from "./report-queries.ts";
import type { Listing } from "./shapes.ts";

const ROWS_MAX = "200";
const HITS_OF_EACH = "20";

const list = <T>(name: string, path: string) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => (await get<Listing<T>>(path, signal)).items,
    refetchInterval: 30_000,
  });

export const sessionsQuery = list<Session>("sessions", pathWith("/auth/sessions", {}));
export const passkeysQuery = list<Passkey>("passkeys", pathWith("/auth/passkeys", {}));
export const apiKeysQuery = list<ApiKey>("api-keys", pathWith("/api-keys", { limit: ROWS_MAX }));
export const usersQuery = list<UserRow>("users", pathWith("/users", { limit: ROWS_MAX }));

/** Asks the exchange itself, which costs weight: once, and again when somebody says so. */
export const liveChecksQuery = queryOptions({
  queryKey: ["live-checks"],
  queryFn: async ({ signal }) => (await get<Listing<LiveCheck>>(pathWith("/xchg/live/checklist", {}), signal)).items,
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
});

export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: ({ signal }) => get<Found>(pathWith("/search", { q, limit: HITS_OF_EACH }), signal),
    enabled: q.length >= QUESTION_CHARACTERS_MIN,
    staleTime: 15_000,
  });
