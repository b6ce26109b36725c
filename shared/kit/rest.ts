/** The REST face: verbs as routes with limits, roles, idempotency and one kind of error. */

import type { Hono, Context as HonoContext } from "hono";
import { Problem, refuse } from "../errors.ts";
import { arrivalOf } from "./arrival.ts";
import { parseJson, readText } from "./body.ts";
import { csvResponse, wantsCsv } from "./csv.ts";
import type { Once } from "./once.ts";
import type { Clock } from "./ports.ts";
import { invalid } from "./problem.ts";
import type { Asking, Call, Principal, Verb } from "./service.ts";
import { forSomebodyAt, withWordOf } from "./trace.ts";

export interface RestParts {
  clock: Clock;
  once: Once;
  /** Throws Problem UNAUTHENTICATED. */
  whoAsks(request: Request): Promise<Principal>;
  observe(verb: Verb, status: number, ms: number): void;
  /** Throws what stands against it, or answers in the verb's place. */
  admits?(asking: Asking): Promise<Response | undefined>;
  /** The answer from where the verb runs, when that is not here. */
  elsewhere?(verb: Verb, input: unknown, asked: Asked): Promise<Response | undefined>;
}

/** A request as it came, its body read. */
export interface Asked {
  request: Request;
  text: string;
}

/** `POST /orders/{id}` as Hono writes it. */
const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

/** `prefix` is put before the verb's own path. */
export function mountRest(app: Hono, [verb, prefix]: [Verb, string], parts: RestParts): void {
  const [method, path] = (verb.rest as string).split(" ") as [string, string];
  app.on(method, prefix + honoPath(path), async (c) => {
    const started = parts.clock.mono();
    const observe = (status: number) => parts.observe(verb, status, parts.clock.mono() - started);
    try {
      const { response, isElsewhere } = await answerRest(c, verb, parts);
      // Where it ran it is counted.
      if (!isElsewhere) observe(response.status);
      return response;
    } catch (error) {
      observe(error instanceof Problem ? error.status : 500);
      throw error;
    }
  });
}

interface RestAnswer {
  response: Response;
  isElsewhere: boolean;
}

async function answerRest(c: HonoContext, verb: Verb, parts: RestParts): Promise<RestAnswer> {
  const request = c.req.raw;
  const principal = verb.audience === "open" ? NOBODY : await parts.whoAsks(request);
  allow(verb, principal);
  return forSomebodyAt(whereIs(principal, request), () => answerTo(principal, c, verb, parts));
}

/** A service that asks for itself is no somebody. */
const whereIs = (principal: Principal, request: Request): string | undefined =>
  principal.kind === "service" ? undefined : (principal.from ?? arrivalOf(request).from);

async function answerTo(principal: Principal, c: HonoContext, verb: Verb, parts: RestParts): Promise<RestAnswer> {
  const request = c.req.raw;
  // A HEAD is answered as the GET it stands for.
  const isRead = request.method === "GET" || request.method === "HEAD";
  const text = isRead ? "" : await readText(request, parts.clock);
  const inPath = c.req.param();
  const given = { ...(isRead ? readQuery(request.url) : readBody(text, request)), ...inPath };
  const parsed = verb.input.safeParse(given);
  if (!parsed.success) throw invalid(parsed.error);
  const instead = await parts.admits?.({ verb, input: parsed.data, principal, request, text });
  if (instead) return { response: instead, isElsewhere: false };
  const words = await wantsSecond(verb, parsed.data, principal);
  if (words !== undefined && !isAllowed(principal)) refuse("SECOND_PERSON", words);
  const elsewhere = await parts.elsewhere?.(verb, parsed.data, { request, text });
  if (elsewhere) return { response: elsewhere, isElsewhere: true };

  const call = callOf(request, principal);
  const work = async () => {
    const run = () => verb.run(parsed.data as never, call);
    const answer = (await (words === undefined ? run() : withWordOf(principal.second, run))) as never;
    return { status: verb.status(answer), answer: answer as unknown };
  };
  const key = request.headers.get("idempotency-key") ?? undefined;
  // Where the body has an id of its own the header is a choice, and counts like anywhere once it is sent.
  const takesKey = verb.once === "header" || (verb.once === "body" && key !== undefined);
  const needsKey = takesKey && !(isDryRun(parsed.data) === true) && verb.isDoneAgain?.(parsed.data as never) !== true;
  const who = `${principal.kind}:${principal.id}`;
  const { status, answer, replayed } = needsKey
    ? await parts.once({ who, verb: verb.name, key, body: JSON.stringify(inPath) + text }, work)
    : { ...(await work()), replayed: false };
  if (answer instanceof Response) return { response: answer, isElsewhere: false };
  if (verb.csv && wantsCsv(request.headers.get("accept"))) {
    return { response: csvResponse(verb.csv, answer, c.req.path), isElsewhere: false };
  }
  const response = c.json(answer as object, status as 200, replayed ? { "idempotency-replayed": "true" } : {});
  return { response, isElsewhere: false };
}

const callOf = (request: Request, principal: Principal): Call => ({
  principal,
  arrival: arrivalOf(request),
  signal: request.signal,
  header: (name) => request.headers.get(name) ?? undefined,
});

const NOBODY: Principal = { kind: "nobody", id: "", role: "viewer" };

const isDryRun = (input: unknown): unknown => (input as { dry_run?: unknown } | undefined)?.dry_run;

/** Services may ask all; people what their role allows, and never what is for services alone. */
export function allow(verb: Verb, principal: Principal): void {
  if (verb.audience === "open" || principal.kind === "service") return;
  if (verb.audience === "service") refuse("FORBIDDEN", `${verb.name} is for services only.`);
  if (!verb.roles.includes(principal.role)) {
    refuse("FORBIDDEN", `${verb.name} needs one of: ${verb.roles.join(", ")}; you are ${principal.role}.`);
  }
}

/** In words what a person asks for, where it needs a second one. Whoever executes it asks, whatever was checked before. */
const wantsSecond = async (verb: Verb, input: unknown, who: Principal): Promise<string | undefined> =>
  who.kind === "person" ? verb.second?.(input as never, who) : undefined;

/** Nobody is a second person to themselves. */
const isAllowed = ({ id, second }: Principal): boolean => second !== undefined && second !== id;

/** Looks at the query alone: an address can have a host that is none. */
function readQuery(url: string): Record<string, string> {
  const query: Record<string, string> = {};
  const at = url.indexOf("?");
  for (const [name, value] of new URLSearchParams(at < 0 ? "" : url.slice(at))) {
    if (Object.hasOwn(query, name))
      refuse("INVALID", `${name}: given twice`, { errors: [{ field: name, message: "given twice" }] });
    query[name] = value;
  }
  return query;
}

function readBody(text: string, request: Request): Record<string, unknown> {
  if (text === "") return {};
  const body = parseJson(text, request.headers.get("content-type"));
  if (typeof body !== "object" || body === null || Array.isArray(body))
    refuse("INVALID", "The body must be an object.");
  return body as Record<string, unknown>;
}
