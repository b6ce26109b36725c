/** Forwards `/api/v1/…` to the service whose documented path it is, as the person who asked. */
import { FAILURES, refuse } from "../../shared/errors.ts";
import { readText } from "../../shared/kit/body.ts";
import { createGuard, type Guard } from "../../shared/kit/call-guard.ts";
import type { Clock, Random, ServiceId } from "../../shared/kit/ports.ts";
import { wrongMethod } from "../../shared/kit/problem.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import type { ApiDocuments } from "./api-documents.ts";
import { type ApiDocument, isForPeople } from "./api-merge.ts";

export const API_PREFIX = "/api/v1";
/** What a person asks for is waited for this long; a service gives up by itself before. */
const ANSWER_MS_MAX = 10_000;
/** A shard that changes hands has its new holder in moments. */
const HANDOVER_MS = 250;
const AWAY_RETRY_MS = 1_000;

interface Route {
  id: ServiceId;
  method: string;
  pattern: RegExp;
}

export interface ProxyParts {
  peers: Peers;
  documents: ApiDocuments;
  clock: Clock;
  random: Random;
  self: ServiceId;
}

export function createProxy({ peers, documents, clock, random, self }: ProxyParts) {
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
  async function find(method: string, path: string): Promise<ServiceId | Response> {
    const refreshed = documents.refresh();
    const known = routesTo(path).find((route) => route.method === method);
    if (known) return known.id;
    await refreshed;
    const here = routesTo(path);
    const exact = here.find((route) => route.method === method);
    if (exact) return exact.id;
    if (here.length > 0) return wrongMethod(path, [...new Set(here.map((route) => route.method))]);
    const away = others.filter((service) => !documents.known(service.id)).map((service) => service.name);
    if (away.length === 0) refuse("NOT_FOUND", `No service answers ${path}.`);
    return refuse("UNAVAILABLE", `No service that is there answers ${path}; ${away.join(", ")} cannot be reached.`, {
      retryAfterMs: AWAY_RETRY_MS,
    });
  }

  /** Between two holders nothing was done: whatever was asked may be asked again. */
  async function sendOwned(id: ServiceId, target: () => Request, who: Principal): Promise<Response> {
    const first = await peers.fetch(id, target(), who);
    if (!(await isBetweenOwners(first))) return first;
    await clock.sleep(HANDOVER_MS);
    return peers.fetch(id, target(), who);
  }

  /** `request` has the prefix still; what S12 itself answers never comes here. */
  return async function forward(request: Request, who: Principal): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(API_PREFIX.length);
    // A HEAD is answered as the GET it stands for; the server leaves the body out.
    const method = request.method === "HEAD" ? "GET" : request.method;
    const found = await find(method, path);
    if (found instanceof Response) return found;
    const headers = new Headers({ accept: DEFAULT_ACCEPT });
    for (const name of FORWARDED) {
      const value = request.headers.get(name);
      if (value !== null && value !== "*/*") headers.set(name, value);
    }
    const isRead = method === "GET";
    const body = isRead ? undefined : await readText(request, clock);
    const target = () =>
      new Request(`http://${found}${path}${url.search}`, { method, headers, ...(body !== undefined && { body }) });
    const send = () => sendOwned(found, target, who);
    // What changes something (closing, cancelling) is always tried, once: a breaker is for what pages read again and again.
    if (!isRead) return send();
    return (guards.get(found) as Guard).run(send, true, clock.mono() + ANSWER_MS_MAX);
  };
}

async function isBetweenOwners(response: Response): Promise<boolean> {
  if (response.status !== FAILURES.NOT_OWNER.status) return false;
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { code?: unknown } | undefined;
  return body?.code === "NOT_OWNER";
}

/** For clients that take anything, as programs and browsers say by themselves. */
const DEFAULT_ACCEPT = "application/json";
/** Everything else a client sends stays here: above all what could pretend to be an identity. */
const FORWARDED = ["accept", "content-type", "idempotency-key", "traceparent", "last-event-id"];

function readRoutes(id: ServiceId, document: ApiDocument): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => isForPeople(operation))
      .map(([method]) => ({
        id,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
      })),
  );
}
