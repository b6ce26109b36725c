/** Forwards `/api/v1/…` to the service whose documented path it is, as the person who asked. */
import { refuse } from "../../shared/errors.ts";
import { readText } from "../../shared/kit/body.ts";
import type { Clock, ServiceId } from "../../shared/kit/ports.ts";
import { wrongMethod } from "../../shared/kit/problem.ts";
import type { Log, Peers, Principal } from "../../shared/kit/service.ts";

export const API_PREFIX = "/api/v1";
/** How long a service's routes are believed before they are asked again. */
const ROUTES_MS = 60_000;
/** After a service was away, its routes are asked again soon. */
const RETRY_MS = 1_000;

interface Route {
  id: ServiceId;
  method: string;
  pattern: RegExp;
}
interface Known {
  routes: Route[];
  until: number;
}
interface Document {
  paths?: Record<string, Record<string, { tags?: string[] }>>;
}

export interface ProxyParts {
  peers: Peers;
  clock: Clock;
  log: Log;
  self: ServiceId;
}

export function createProxy({ peers, clock, log, self }: ProxyParts) {
  const known = new Map<ServiceId, Known>();

  async function routesOf(id: ServiceId): Promise<Route[]> {
    const kept = known.get(id);
    if (kept && kept.until > clock.now()) return kept.routes;
    try {
      const nobody: Principal = { kind: "service", id: self, role: "viewer" };
      const response = await peers.fetch(id, new Request("http://peer/openapi.json"), nobody);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const routes = readRoutes(id, (await response.json()) as Document);
      known.set(id, { routes, until: clock.now() + ROUTES_MS });
      return routes;
    } catch (error) {
      log.warn("routes of a service could not be read", { callee: id, error: String(error) });
      const routes = kept?.routes ?? [];
      known.set(id, { routes, until: clock.now() + RETRY_MS });
      return routes;
    }
  }

  async function find(method: string, path: string): Promise<{ id: ServiceId } | { allowed: string[] }> {
    const others = peers.services.filter((service) => service.id !== self);
    const lists = await Promise.all(others.map((service) => routesOf(service.id)));
    const here = lists.flat().filter((route) => route.pattern.test(path));
    const exact = here.find((route) => route.method === method);
    return exact ? { id: exact.id } : { allowed: [...new Set(here.map((route) => route.method))] };
  }

  /** `request` has the prefix still; what S12 itself answers never comes here. */
  return async function forward(request: Request, who: Principal): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(API_PREFIX.length);
    // A HEAD is answered as the GET it stands for; the server leaves the body out.
    const method = request.method === "HEAD" ? "GET" : request.method;
    const found = await find(method, path);
    if ("allowed" in found) {
      if (found.allowed.length === 0) refuse("NOT_FOUND", `No service answers ${path}.`);
      return wrongMethod(path, found.allowed);
    }
    const headers = new Headers({ accept: DEFAULT_ACCEPT });
    for (const name of FORWARDED) {
      const value = request.headers.get(name);
      if (value !== null && value !== "*/*") headers.set(name, value);
    }
    const target = new Request(`http://${found.id}${path}${url.search}`, {
      method,
      headers,
      ...(method !== "GET" && { body: await readText(request, clock) }),
    });
    return peers.fetch(found.id, target, who);
  };
}

/** For clients that take anything, as programs and browsers say by themselves. */
const DEFAULT_ACCEPT = "application/json";
/** Everything else a client sends stays here: above all what could pretend to be an identity. */
const FORWARDED = ["accept", "content-type", "idempotency-key", "traceparent", "last-event-id"];

function readRoutes(id: ServiceId, document: Document): Route[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => !operation.tags?.includes("service only"))
      .map(([method]) => ({
        id,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
      })),
  );
}
