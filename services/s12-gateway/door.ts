/** What of the gateway is no verb: the proxy, live events, the reference and the page, and who it is that asks. */
import { asProblem, Problem, refuse } from "../../shared/errors.ts";
import { problemResponse } from "../../shared/kit/problem.ts";
import type { Log, Principal } from "../../shared/kit/service.ts";
import { type ApiKeys, KEY_MARK } from "./api-keys.ts";
import { API_PREFIX } from "./proxy.ts";
import { isFromOurPage, type SignIn, tokenOf } from "./sign-in.ts";

/** All that somebody with a one-time password may ask. */
const OWN_PASSWORD: ReadonlySet<string> = new Set([
  "/auth/me",
  "/auth/password",
  "/auth/passkey/challenge",
  "/auth/logout",
]);

/** Of what is forwarded: a path that is written another way is forwarded nowhere. */
const NEVER_BY_KEY: ReadonlySet<string> = new Set(["POST /xchg/live/arm"]);

export interface DoorParts {
  keys: Pick<ApiKeys, "whoIs">;
  signIn: SignIn;
  log: Log;
  /** `mayListen` is asked again and again, since a stream outlives its sign-in. */
  events(request: Request, mayListen: () => Promise<boolean>): Response;
  forward(request: Request, who: Principal): Promise<Response>;
  /** `path` is without the prefix. */
  reference(request: Request, path: string): Promise<Response | undefined>;
  page(request: Request): Response | undefined;
}

export function createDoor({ keys, signIn, log, events, forward, reference, page }: DoorParts) {
  async function byKey({ method, url }: Request, token: string): Promise<Principal | undefined> {
    const found = await keys.whoIs(token);
    const isRead = method === "GET" || method === "HEAD";
    if (found?.readOnly && !isRead) refuse("FORBIDDEN", "This key may only read.");
    const asked = `${method} ${new URL(url).pathname.replace(API_PREFIX, "")}`;
    if (found && NEVER_BY_KEY.has(asked))
      refuse("FORBIDDEN", "Only a person who is signed in may do this, no program.");
    return found?.principal;
  }

  async function authenticate(request: Request): Promise<Principal | undefined> {
    const given = tokenOf(request);
    if (!given) return undefined;
    if (given.fromCookie && !isFromOurPage(request)) refuse("FORBIDDEN", "This came from another site's page.");
    if (!given.fromCookie && given.token.startsWith(KEY_MARK)) return byKey(request, given.token);
    const person = await signIn.whoIs(given.token);
    if (person?.mustChangePassword && !OWN_PASSWORD.has(new URL(request.url).pathname.replace(API_PREFIX, ""))) {
      refuse("CHANGE_PASSWORD", "Choose a password of your own at /auth/password first.");
    }
    return person && { kind: "person", id: person.username, role: person.role };
  }

  async function answer(request: Request, pathname: string): Promise<Response | undefined> {
    if (!pathname.startsWith(`${API_PREFIX}/`)) {
      return request.method === "GET" || request.method === "HEAD" ? page(request) : undefined;
    }
    const who = (await authenticate(request)) ?? refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
    const isEvents = pathname === `${API_PREFIX}/events` && request.method === "GET";
    const mayListen = async () => (await authenticate(request)) !== undefined;
    if (isEvents) return events(request, mayListen);
    return (await reference(request, pathname.slice(API_PREFIX.length))) ?? forward(request, who);
  }

  return {
    authenticate,
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
