/** Turns one declared service into something that runs: routes, calls, consumers, jobs, health, an ordered stop. */
import { Hono } from "hono";
import type { Contract, Method } from "../contracts.ts";
import { config as configContract } from "../contracts.ts";
import { asProblem, Problem, refuse } from "../errors.ts";
import { isFromHere, NOWHERE } from "./arrival.ts";
import { createTokens, type Tokens } from "./auth.ts";
import { type ConfigHolder, createConfig, revisionGauge } from "./config.ts";
import { clientOf, createContext } from "./context.ts";
import { type Claim, createFences, type Fences, LEASE_HEADER, readClaim } from "./fences.ts";
import { deepFreeze } from "./freeze.ts";
import { type Health, healthOf } from "./health.ts";
import { serviceLog } from "./log.ts";
import { LogRing, mountLogged } from "./log-ring.ts";
import { type DeclaredMetric, LATENCY_MS_BUCKETS } from "./metrics.ts";
import { createOnce } from "./once.ts";
import { docsPage, openApiOf } from "./openapi.ts";
import type { Cancel } from "./ports.ts";
import { problemResponse, wrongMethod } from "./problem.ts";
import type { Reach } from "./reach.ts";
import { type Asked, mountRest } from "./rest.ts";
import { checkInput, FROM_HEADER, rpcHandler, rpcPath } from "./rpc.ts";
import { createRuntime } from "./runtime.ts";
import type { Check, Faces, Principal, ReachedPeers, Service, Verb } from "./service.ts";
import { readSettings } from "./settings.ts";
import { forSomebodyAt } from "./trace.ts";
import { answered, inItsTrace } from "./traced.ts";
import type { World } from "./world.ts";

/** How long a stop waits for requests in flight. */
const DRAIN_MS_MAX = 10_000;
const CONFIG_RETRY_MS = 500;
const FOLLOW_MS = 5_000;

export interface Hosted {
  readonly service: Service;
  readonly verbs: readonly Verb[];
  fetch(request: Request): Promise<Response>;
  /** Runs the verb behind a contract's method on a plain value, for callers in the same process. */
  call(method: Method, input: unknown, principal: Principal, lease?: Claim): Promise<unknown>;
  openapi(): unknown;
  health(): Promise<Health>;
  metrics(): Promise<string>;
  /** All that it measures, also what has not happened yet. */
  measures(): DeclaredMetric[];
  start(): Promise<void>;
  /** Instead of starting: keeps its config current, for verbs that only read. */
  follow(): Promise<Cancel>;
  stop(): Promise<void>;
  /** Resolves when everything committed so far is on the bus. */
  flush(): Promise<void>;
}

export interface Wiring {
  reach: Reach;
  peers: ReachedPeers;
  tokens?: Tokens;
  /** One for all instances of a process, which see the same callers. */
  fences?: Fences;
  /** Where verbs run that do not run here. */
  elsewhere?: Elsewhere;
}

/** The answer from elsewhere; undefined: it runs here. */
export interface Elsewhere {
  rest(verb: Verb, input: unknown, asked: Asked): Promise<Response | undefined>;
  rpc(verb: Verb, input: unknown, caller: { principal: Principal; headers: Headers }): Promise<Run | undefined>;
}
/** Asked for separately, since the answer itself may be undefined. */
export interface Run {
  answer: unknown;
}

export async function hostService(service: Service, world: World, wiring: Wiring): Promise<Hosted> {
  const ring = new LogRing({ clock: world.clock, service: service.id, replica: world.replica });
  const log = serviceLog(world.log, service.id, () => config.revision(), ring);
  const config = createConfig({
    ask: () => clientOf(service, configContract, context.reach),
    store: world.store(service.id),
    log,
    swapped: (active) => tellRevisions(active),
    refused: (rev, error) =>
      context.alert("ERROR", "CONFIG_REFUSED", `Revision ${rev} cannot be loaded: ${error}`, "the one before goes on"),
  });
  const settings = readSettings(service, world.env);
  const context = createContext({ service, world, config, log, ring, settings, ...wiring });
  const tellRevisions = revisionGauge(context.metrics);
  const faces = await service.setup(context as never);
  const verbs = faces.verbs ?? [];
  const state = { startedAt: world.clock.now(), started: false, stopping: false, inFlight: 0 };
  const tokens = wiring.tokens ?? createTokens(world.serviceKey, world.clock);
  const fences = wiring.fences ?? createFences(world.lock);
  const runtime = createRuntime({ service, world, faces, log, context, config });

  const health = () =>
    healthOf(service, world, { ...state, config: config.standing(), checks: checksOf(service, faces, context) });
  const app = buildApp({ ...wiring, service, world, faces, verbs, context, tokens, fences, ring, health });
  const byMethod = new Map(verbs.filter((v) => v.rpc).map((v) => [v.rpc as Method, v]));

  return {
    service,
    verbs,
    health,
    openapi: app.openapi,
    metrics: () => context.metrics.text(),
    measures: context.metrics.declared,
    flush: () => runtime.relay.flush(),
    async call(method, input, principal, lease) {
      if (lease) await fences.check(lease);
      if (state.stopping) refuse("STOPPING", `${service.id} is stopping.`);
      const verb = byMethod.get(method) ?? refuse("NOT_FOUND", `${service.id} does not answer ${method.desc.name}.`);
      const taken = checkInput(method, input);
      // Mostly the caller's own: neither side may change it.
      if (world.freeze) deepFreeze(taken);
      const asked = { kind: "server", name: verb.name } as const;
      const answer = await context.tracing.part(asked, () => app.run(verb, taken, principal));
      return world.freeze ? deepFreeze(answer) : answer;
    },
    async fetch(request) {
      state.inFlight++;
      try {
        const answer = async () => {
          if (!URL.canParse(request.url)) return problemResponse(new Problem("MALFORMED", "The Host header is none."));
          return state.stopping ? stopping(service) : metered(faces, request, (taken) => app.fetch(taken));
        };
        const response = await inItsTrace(request, { tracing: context.tracing, random: world.random }, answer);
        for (const [name, value] of Object.entries(faces.headers ?? {})) {
          if (!response.headers.has(name)) response.headers.set(name, value);
        }
        return response;
      } finally {
        state.inFlight--;
      }
    },
    async start() {
      if (service.usesConfig) await firstRevision(config, () => state.stopping, { clock: world.clock, log });
      await runtime.start();
      state.started = true;
    },
    async follow() {
      const catchUp = () =>
        config.catchUp().catch((error: unknown) => log.warn("no config revision", { error: String(error) }));
      if (!service.usesConfig) return () => {};
      await catchUp();
      return world.clock.every(FOLLOW_MS, catchUp);
    },
    async stop() {
      state.stopping = true;
      const deadline = world.clock.mono() + DRAIN_MS_MAX;
      while (state.inFlight > 0 && world.clock.mono() < deadline) await world.clock.sleep(20);
      await runtime.stop();
    },
  };
}

/** Waits for the first revision: a service that starts before the config service is not ready, and not broken. */
async function firstRevision(
  config: Pick<ConfigHolder, "refresh" | "standing">,
  isStopping: () => boolean,
  { clock, log }: { clock: World["clock"]; log: ReturnType<typeof serviceLog> },
): Promise<void> {
  for (;;) {
    try {
      return await config.refresh();
    } catch (error) {
      // One that cannot be loaded here will be taken back, for which it must be heard that it cannot.
      const mayCome = asProblem(error).status >= 500 || config.standing().refused !== undefined;
      if (!mayCome || isStopping()) throw error;
      log.warn("waiting for a config revision", { error: String(error) });
      await clock.sleep(CONFIG_RETRY_MS);
    }
  }
}

/** The answer to a request that is counted, with what is said of the count; or the refusal of one too many. */
async function metered(
  faces: Faces,
  request: Request,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  const { headers = {}, against } = (await faces.meter?.(request)) ?? {};
  const response = against ? problemResponse(against) : await answer(request);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

const stopping = (service: Service): Response =>
  problemResponse(new Problem("STOPPING", `${service.name} is stopping.`, { retryAfterMs: 5_000 }));

function checksOf(service: Service, faces: Faces, context: ReturnType<typeof createContext>): Check[] {
  const isCritical = faces.outlivesStore !== true;
  const store: Check = { name: "store", critical: isCritical, run: () => context.store.ping().then(() => undefined) };
  const revision: Check = { name: "config", critical: true, run: () => void context.config.current() };
  // What cannot be kept waits, and trading goes on.
  const objects: Check = { name: "objects", critical: false, run: () => context.blobs.ping().then(() => undefined) };
  const own = [...(service.usesConfig ? [revision] : []), ...(service.usesBlobs ? [objects] : [])];
  return [store, ...own, ...(faces.checks ?? [])];
}

interface AppParts {
  service: Service;
  world: World;
  faces: Faces;
  verbs: readonly Verb[];
  context: ReturnType<typeof createContext>;
  tokens: Tokens;
  fences: Fences;
  elsewhere?: Elsewhere;
  ring: LogRing;
  health(): Promise<Health>;
}

interface App {
  fetch: Hono["fetch"];
  openapi(): ReturnType<typeof openApiOf>;
  run: RunRpc;
}

function buildApp(parts: AppParts): App {
  const { service, world, faces, verbs, context, tokens, fences, elsewhere, health } = parts;
  const app = new Hono();
  const whoAsks = (request: Request) => askWho(request, { service, faces, tokens });
  // RPC is between services, however a service knows people.
  const whoCalls = async (request: Request) => {
    const principal = await askToken(request, service, tokens);
    if (principal.kind !== "service") refuse("FORBIDDEN", "RPC is for services; use the REST path.");
    return principal;
  };
  const requests = context.metrics.histogram("request_ms", "Time to answer a verb by the status of its answer, ms", {
    labels: ["verb", "status"],
    buckets: LATENCY_MS_BUCKETS,
  });
  const observe = (verb: Verb, status: number, ms: number) => {
    requests.observe(ms, { verb: verb.name, status: String(status) });
    context.tracing.describe(verb.name, answered(verb, status));
  };

  app.get("/health", async (c) => c.json(await health()));
  app.get("/ready", async (c) => {
    const body = await health();
    return c.json(body, body.ready ? 200 : 503);
  });
  let document: ReturnType<typeof openApiOf> | undefined;
  const openapi = () => {
    document ??= openApiOf(service, verbs, world.build.version);
    return document;
  };
  app.get("/openapi.json", (c) => c.json(openapi() as object));
  app.get("/docs", (c) => c.html(docsPage(`${service.id.toUpperCase()} ${service.title}`, openapi())));
  if (!verbs.some((verb) => verb.rest === "GET /metrics")) {
    app.get("/metrics", async (c) => {
      // A gateway may be open to everybody, and this tells how busy it is and who fails to sign in: only people whom it
      // knows are told, and S11, which gathers it as a service and may run on another machine.
      if (!isFromHere(c.req.raw)) await whoCalls(c.req.raw).catch(() => whoAsks(c.req.raw));
      return c.text(await context.metrics.text());
    });
  }
  mountLogged(app, parts.ring, whoCalls);
  const once = createOnce(service.id, context.store, world.clock);
  const broke = (error: unknown) =>
    context.log.error("a verb broke", { error: String(error), stack: (error as Error | undefined)?.stack });
  const run = rpcRunner(world.clock, observe, broke);
  for (const verb of verbs) {
    const prefixes = service.alias === undefined ? [""] : ["", service.alias];
    if (verb.rest) {
      const admits = faces.admits && { admits: faces.admits.bind(faces) };
      const there = elsewhere && { elsewhere: elsewhere.rest };
      const rest = { clock: world.clock, once, whoAsks, observe, ...admits, ...there };
      for (const prefix of prefixes) mountRest(app, [verb, prefix], rest);
    }
    if (verb.rpc) {
      app.post(
        rpcPath(contractOf(service, verb), verb.rpc),
        mountRpc(verb, { clock: world.clock, whoAsks: whoCalls, fences, run, elsewhere }),
      );
    }
  }
  app.onError((error) => {
    const problem = asProblem(error);
    if (problem.code === "INTERNAL") broke(error);
    return problemResponse(problem, problem.status === 401 ? hint(service) : {});
  });
  app.notFound(async (c) => {
    const other = otherMethods(service, verbs, c.req.path);
    if (other) return other;
    return (await faces.fetch?.(c.req.raw)) ?? (await nothingHere(c.req.raw, c.req.path, whoAsks));
  });
  return { fetch: (request) => app.fetch(request), openapi, run };
}

const hint = (service: Service): Record<string, string> =>
  service.id === "s12" ? {} : { "www-authenticate": 'Bearer realm="chimera"' };

type RunRpc = (verb: Verb, input: unknown, principal: Principal, signal?: AbortSignal) => Promise<unknown>;

/** Runs a verb for a caller over RPC or in this process: measured alike, and with what broke in this service's log. */
function rpcRunner(
  clock: World["clock"],
  observe: (verb: Verb, status: number, ms: number) => void,
  broke: (error: unknown) => void,
): RunRpc {
  return async (verb, input, principal, signal) => {
    const started = clock.mono();
    let status = 500;
    try {
      const answer = await verb.run(input as never, { principal, arrival: NOWHERE, signal, header: () => undefined });
      status = 200;
      return answer;
    } catch (error) {
      const problem = asProblem(error);
      status = problem.status;
      if (problem.code === "INTERNAL") broke(error);
      throw error;
    } finally {
      observe(verb, status, clock.mono() - started);
    }
  };
}

interface RpcMount extends Pick<Parameters<typeof rpcHandler>[1], "clock" | "whoAsks"> {
  fences: Fences;
  run: RunRpc;
  elsewhere: Elsewhere | undefined;
}

function mountRpc(verb: Verb, { clock, whoAsks, fences, run, elsewhere }: RpcMount) {
  const handler = rpcHandler(verb.rpc as Method, {
    clock,
    whoAsks,
    async run(input, principal, { signal, headers }) {
      // With the whole request here: its sender may have been stopped, and passed, in the middle of it.
      const claim = readClaim(headers.get(LEASE_HEADER), principal);
      if (claim) await fences.check(claim);
      // A service is believed where the person is for whom it asks, as it is believed everything else.
      return forSomebodyAt(headers.get(FROM_HEADER) ?? undefined, async () => {
        const there = await elsewhere?.rpc(verb, input, { principal, headers });
        return there ? there.answer : run(verb, input, principal, signal);
      });
    },
  });
  return (c: { req: { raw: Request } }) => handler(c.req.raw);
}

export const contractOf = (service: Service, verb: Verb): Contract =>
  ({ id: service.id, desc: (verb.rpc as Method).desc.parent, methods: {} }) as Contract;

async function askWho(
  request: Request,
  { service, faces, tokens }: { service: Service; faces: Faces; tokens: Tokens },
): Promise<Principal> {
  if (faces.authenticate) {
    const person = await faces.authenticate(request);
    if (person) return person;
    return refuse("UNAUTHENTICATED", "Sign in at /auth/login.");
  }
  return askToken(request, service, tokens);
}

async function askToken(request: Request, service: Service, tokens: Tokens): Promise<Principal> {
  const token = /^Bearer ([\w.-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (!token) {
    const how = `./chimera token --service ${service.id}`;
    refuse(
      "UNAUTHENTICATED",
      `${service.name} takes service tokens only. People go through the gateway, or use ${how}.`,
    );
  }
  return tokens.verify(token, service.id);
}

/** A path of ours asked with a method it does not take. */
function otherMethods({ alias }: Service, verbs: readonly Verb[], asked: string): Response | undefined {
  const path = alias !== undefined && asked.startsWith(`${alias}/`) ? asked.slice(alias.length) : asked;
  const allowed = verbs
    .filter((verb) => verb.rest && matches(verb.rest.slice(verb.rest.indexOf(" ") + 1), path))
    .map((verb) => verb.rest?.split(" ")[0] as string);
  return allowed.length > 0 ? wrongMethod(path, allowed) : undefined;
}

async function nothingHere(
  request: Request,
  path: string,
  whoAsks: (request: Request) => Promise<Principal>,
): Promise<Response> {
  // Who has no token learns nothing about which paths exist.
  await whoAsks(request);
  return problemResponse(new Problem("NOT_FOUND", `Nothing at ${path}; see /docs.`));
}

export const matches = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
