/** What of the gateway is no verb: the proxy, live events, the reference and the page, and who it is that asks. */
import { asProblem, Problem, refuse } from "../../shared/errors.ts";
import { arrivalOf } from "../../shared/kit/arrival.ts";
import { problemResponse } from "../../shared/kit/problem.ts";
import type { Log, Principal } from "../../shared/kit/service.ts";
import { type ApiKeys, KEY_MARK, type KeyHolder } from "./api-keys.ts";
import type { Listening } from "./live.ts";
import { API_PREFIX } from "./proxy.ts";
import { scopeOf } from "./scopes.ts";
import { isFromOurPage, tokenOf } from "./session-cookie.ts";
import type { SignIn } from "./sign-in.ts";

/** All that somebody with a one-time password may ask. */
const OWN_PASSWORD: ReadonlySet<string> = new Set([
  "/auth/me",
  "/auth/password",
  "/auth/passkey/challenge",
  "/auth/logout",
]);

export interface DoorParts {
  keys: Pick<ApiKeys, "whoIs">;
  signIn: SignIn;
  log: Log;
  /** `mayListen` is asked again and again, since a stream outlives its sign-in. */
  events(request: Request, view: Pick<Listening, "whose" | "mayListen">): Response;
  forward(request: Request, who: Principal): Promise<Response>;
  /** `path` is without the prefix. */
  reference(request: Request, path: string): Promise<Response | undefined>;
  page(request: Request): Response | undefined;
}

/** Who asks, whatever they ask for. */
interface Asker {
  principal: Principal;
  /** What their requests count under. */
  slot: string;
  mustChangePassword: boolean;
  /** Of a program: what it came with. */
  key?: KeyHolder;
  /** Whether they may still be told what they asked to be told from now on. */
  isIn(): Promise<boolean>;
}

export function createDoor({ keys, signIn, log, events, forward, reference, page }: DoorParts) {
  /** A request is asked about more than once on its way. */
  const known = new WeakMap<Request, Promise<Asker | undefined>>();

  async function find(request: Request): Promise<Asker | undefined> {
    const arrival = arrivalOf(request);
    const given = tokenOf(request.headers, arrival);
    if (!given) return undefined;
    const { from } = arrival;
    const { token, fromCookie } = given;
    if (fromCookie && !isFromOurPage(request)) refuse("FORBIDDEN", "This came from another site's page.");
    if (token.startsWith(KEY_MARK)) {
      const key = await keys.whoIs(token);
      const isIn = async () => (await keys.whoIs(token)) !== undefined;
      const principal = key && { ...key.principal, from };
      return key && principal && { principal, slot: `key/${key.key_id}`, mustChangePassword: false, key, isIn };
    }
    const person = await signIn.whoIs(token);
    if (!person) return undefined;
    const { username, role, mustChangePassword, session_id } = person;
    const principal: Principal = { kind: "person", id: username, role, from };
    return { principal, slot: `person/${username}`, mustChangePassword, isIn: () => signIn.isIn(session_id) };
  }

  function askerOf(request: Request): Promise<Asker | undefined> {
    const asker = known.get(request) ?? find(request);
    known.set(request, asker);
    return asker;
  }

  /** Throws FORBIDDEN or CHANGE_PASSWORD where it is not for them, whatever their role. */
  async function admit(request: Request): Promise<Asker | undefined> {
    const asker = await askerOf(request);
    if (!asker) return undefined;
    const { method, url } = request;
    const path = new URL(url).pathname.replace(API_PREFIX, "");
    if (asker.key) mustBeForKeys(asker.key, method, path);
    if (asker.mustChangePassword && !OWN_PASSWORD.has(path)) {
      refuse("CHANGE_PASSWORD", "Choose a password of your own at /auth/password first.");
    }
    return asker;
  }

  async function answer(request: Request, pathname: string): Promise<Response | undefined> {
    if (!pathname.startsWith(`${API_PREFIX}/`)) {
      return request.method === "GET" || request.method === "HEAD" ? page(request) : undefined;
    }
    const asker = (await admit(request)) ?? refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
    const isEvents = pathname === `${API_PREFIX}/events` && request.method === "GET";
    if (isEvents) return events(request, { whose: asker.principal.id, mayListen: asker.isIn });
    return (await reference(request, pathname.slice(API_PREFIX.length))) ?? forward(request, asker.principal);
  }

  return {
    authenticate: async (request: Request): Promise<Principal | undefined> => (await admit(request))?.principal,
    /** What a request counts under; undefined for who has not signed in, or not so that it counts. */
    slotOf: async (request: Request): Promise<string | undefined> =>
      (await askerOf(request).catch(() => undefined))?.slot,
    async fetch(request: Request): Promise<Response | undefined> {
      try {
        return await answer(request, new URL(request.url).pathname);
      } catch (error) {
        const problem =
          error instanceof URIError ? new Problem("MALFORMED", "The path is not valid.") : asProblem(error);
        if (problem.code === "INTERNAL") log.error("the gateway broke", { error: String(error) });
        return problemResponse(problem);
      }
    },
  };
}
export type Door = ReturnType<typeof createDoor>;

function mustBeForKeys({ read_only, scopes }: KeyHolder, method: string, path: string): void {
  const isRead = method === "GET" || method === "HEAD";
  if (read_only && !isRead) refuse("FORBIDDEN", "This key may only read.");
  const scope = scopeOf(method, path);
  if (scopes && (scope === undefined || !scopes.includes(scope))) {
    refuse("FORBIDDEN", `This key's scopes are ${scopes.join(", ")}; this needs ${scope ?? "one that no key has"}.`);
  }
}
