/** Forwards `/api/v1/…` to the service whose documented path it is, as the person who asked. */
import { refuse } from "../../shared/errors.ts";
import { readText } from "../../shared/kit/body.ts";
import { createGuard, type Guard } from "../../shared/kit/call-guard.ts";
import type { Clock, Random, ServiceId } from "../../shared/kit/ports.ts";
import { wrongMethod } from "../../shared/kit/problem.ts";
import type { Peers, Principal, Verb } from "../../shared/kit/service.ts";
import type { Act } from "./acts.ts";
import type { ApiDocuments } from "./api-documents.ts";
import { type ApiDocument, isForPeople } from "./api-merge.ts";
import { untilFound, untilHandedOver } from "./handover.ts";

export const API_PREFIX = "/api/v1";
/** What a person asks for is waited for this long; a service gives up by itself before. */
const ANSWER_MS_MAX = 10_000;
const AWAY_RETRY_MS = 1_000;

interface Route {
  id: ServiceId;
  method: string;
  pattern: RegExp;
  roles: readonly string[];
  care: Verb["care"];
}

export interface ProxyParts {
  peers: Peers;
  documents: ApiDocuments;
  clock: Clock;
  random: Random;
  self: ServiceId;
  care: {
    /** Throws where who asks has not shown that it is them. */
    heed(request: Request, care: Verb["care"]): Promise<void>;
    /** What to answer where a service wants a second person first. */
    orKept(answer: Response, request: Request, asked: { text: string; who: Principal }): Promise<Response>;
  };
}
/** One request to another service: its path with the query, without the prefix. */
interface Going {
  id: ServiceId;
  method: string;
  path: string;
  headers: Headers;
  body: string | undefined;
  /** Of the request that it is made for. */
  signal?: AbortSignal;
}

export function createProxy({ peers, documents, clock, random, self, care }: ProxyParts) {
  const others = peers.services.filter((service) => service.id !== self);
  const read = new WeakMap<ApiDocument, Route[]>();
  const guards = new Map(others.map(({ id, name }) => [id, createGuard(name, clock, random)]));

  function routesOf(id: ServiceId): Route[] {
    const document = documents.known(id);
    if (!document) return [];
    const routes = read.get(document) ?? readRoutes(id, document);
    read.set(document, routes);
    return routes;
  }
  const routesTo = (path: string): Route[] =>
    others.flatMap((service) => routesOf(service.id)).filter((route) => route.pattern.test(path));

  /** What is known is asked at once, so that one service that is away holds up nobody's way to another. */
  async function find(method: string, path: string): Promise<Route | Response> {
    const refreshed = documents.refresh();
    const known = routesTo(path).find((route) => route.method === method);
    if (known) return known;
    await refreshed;
    const here = routesTo(path);
    const exact = here.find((route) => route.method === method);
    if (exact) return exact;
    if (here.length > 0) return wrongMethod(path, [...new Set(here.map((route) => route.method))]);
    const away = others.filter((service) => !documents.known(service.id)).map((service) => service.name);
    if (away.length === 0) refuse("NOT_FOUND", `No service answers ${path}.`);
    return refuse("UNAVAILABLE", `No service that is there answers ${path}; ${away.join(", ")} cannot be reached.`, {
      retryAfterMs: AWAY_RETRY_MS,
    });
  }

  function send({ id, method, path, headers, body, signal }: Going, who: Principal): Promise<Response> {
    const target = () => new Request(`http://${id}${path}`, { method, headers, ...(body !== undefined && { body }) });
    return untilHandedOver(() => peers.fetch(id, target(), who), { clock, isChange: method !== "GET", signal });
  }

  return {
    /** `request` has the prefix still; what S12 itself answers never comes here. */
    async forward(request: Request, who: Principal): Promise<Response> {
      const url = new URL(request.url);
      const path = url.pathname.slice(API_PREFIX.length);
      // A HEAD is answered as the GET it stands for; the server leaves the body out.
      const method = request.method === "HEAD" ? "GET" : request.method;
      const { signal } = request;
      const found = await untilFound(() => find(method, path), { clock, isChange: method !== "GET", signal });
      if (found instanceof Response) return found;
      if (found.roles.includes(who.role)) await care.heed(request, found.care);
      const { id } = found;
      const headers = new Headers({ accept: DEFAULT_ACCEPT });
      for (const name of FORWARDED) {
        const value = request.headers.get(name);
        if (value !== null && value !== "*/*") headers.set(name, value);
      }
      const going = { id, method, path: path + url.search, headers, signal };
      if (method === "GET") {
        const read = () => send({ ...going, body: undefined }, who);
        return (guards.get(id) as Guard).run(read, true, clock.mono() + ANSWER_MS_MAX);
      }
      const text = await readText(request, clock);
      // What changes something (closing, cancelling) is always tried, once: a breaker is for what pages read again and again.
      return care.orKept(await send({ ...going, body: text }, who), request, { text, who });
    },

    /** Has the service do what was asked before, in somebody's name and once per key. */
    async carry({ method, path, body }: Act, who: Principal, key: string): Promise<Response> {
      const found = await find(method, path.replace(/\?.*$/, ""));
      if (found instanceof Response) return found;
      const headers = new Headers({ accept: DEFAULT_ACCEPT, "content-type": DEFAULT_ACCEPT, "idempotency-key": key });
      return send({ id: found.id, method, path, headers, body: JSON.stringify(body) }, who);
    },
  };
}

/** For clients that take anything, as programs and browsers say by themselves. */
const DEFAULT_ACCEPT = "application/json";
/** Everything else a client sends stays here: above all what could pretend to be an identity. */
const FORWARDED = ["accept", "content-type", "idempotency-key", "traceparent", "last-event-id"];

function readRoutes(id: ServiceId, document: ApiDocument): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => isForPeople(operation))
      .map(([method, operation]) => ({
        id,
        roles: operation["x-roles"] ?? [],
        care: operation["x-care"] ?? "none",
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
      })),
  );
}
