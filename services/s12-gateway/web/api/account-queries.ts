/** What the pages of settings and search ask: one's sessions, passkeys and keys, users, what live trading needs. */
import { queryOptions } from "@tanstack/react-query";
import { QUESTION_CHARACTERS_MIN } from "../state/hits.ts";
import { chimera } from "./chimera.ts";

const HITS_OF_EACH = 20;
const limit = 200;

const list = <T>(name: string, ask: (given: { signal: AbortSignal }) => Promise<{ items: T[] }>) =>
  queryOptions({
    queryKey: [name],
    queryFn: async ({ signal }) => (await ask({ signal })).items,
    refetchInterval: 30_000,
  });

export const sessionsQuery = list("sessions", (given) => chimera.listSessions({}, given));
export const passkeysQuery = list("passkeys", (given) => chimera.listPasskeys({}, given));
export const apiKeysQuery = list("api-keys", (given) => chimera.listApiKeys({ limit }, given));
export const usersQuery = list("users", (given) => chimera.listUsers({ limit }, given));

/** Asks the exchange itself, which costs weight: once, and again when somebody says so. */
export const liveChecksQuery = queryOptions({
  queryKey: ["live-checks"],
  queryFn: async ({ signal }) => (await chimera.checkLive({}, { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
});

export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: ({ signal }) => chimera.search({ q, limit: HITS_OF_EACH }, { signal }),
    enabled: q.length >= QUESTION_CHARACTERS_MIN,
    staleTime: 15_000,
  });
