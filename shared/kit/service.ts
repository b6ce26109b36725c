/**
 * The vocabulary a service uses to declare itself.
 *
 * A declaration is data: it names verbs, streams and jobs but opens nothing. The host turns it into sockets, loops and
 * timers, so that the same value runs as a process, in one process with the others, or on a virtual clock.
 */
import type { z } from "@hono/zod-openapi";
import type { Contract, Method } from "../contracts.ts";
import type { ActiveConfig } from "../domain/arms.ts";
import type { BundleView } from "../domain/bundle.ts";
import type { LogEvent } from "../domain/watching.ts";
import type { Problem } from "../errors.ts";
import type { Alert, OpsEvent } from "../streams.ts";
import type { Arrival } from "./arrival.ts";
import type { Csv } from "./csv.ts";
import type { Outside } from "./outside.ts";
import type {
  AnyCollection,
  AnyStream,
  Blobs,
  Bus,
  Cache,
  Clock,
  Inference,
  Journal,
  Lock,
  Message,
  Net,
  Op,
  ProgramRunner,
  Quota,
  Random,
  RateLimit,
  Schedule,
  ServiceId,
  Store,
  Stream,
  StreamState,
} from "./ports.ts";
import type { Shard } from "./shard.ts";
import type { Workers } from "./workers.ts";

type Shape = z.ZodType;

export type Role = "viewer" | "researcher" | "trader" | "risk" | "admin";

/** Who asks: a service, a person (through the gateway or `./chimera token`), or nobody where none is needed. */
export interface Principal {
  kind: "service" | "person" | "nobody";
  id: string;
  role: Role;
  /** Of a person: the address they came from, as the gateway saw it. */
  from?: string | undefined;
  /** Of a person: who else allows what they ask for. `single`: nobody, since one person is enough here. */
  second?: string | undefined;
}

/** What a verb knows of the call besides its input. */
export interface Call {
  principal: Principal;
  signal: AbortSignal | undefined;
  /** How the request came to this process; not where the person is, which `principal.from` says. */
  arrival: Arrival;
  /** Request headers, lower-case; empty for calls within the process. */
  header(name: string): string | undefined;
  /** To be written in the same commit as what is done, so that neither is ever there without the other. */
  also?: readonly Op[];
}

/** One thing a service can be asked to do, reachable over REST, over RPC, or both. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly rest: `${"GET" | "POST" | "PUT" | "DELETE"} /${string}` | undefined;
  readonly rpc: Method | undefined;
  readonly input: Shape;
  readonly output: Shape;
  /** `service`: never forwarded by the gateway. `people`: anyone with a role. `open`: no token needed. */
  readonly audience: "service" | "people" | "open";
  /** The least a person must be; the gateway and the service both check. */
  readonly roles: readonly Role[];
  /**
   * `header`: changes something and has no id of its own, so an Idempotency-Key is required; with `body` it is a choice.
   * `never`: none is taken, since question or answer hold a secret of which nothing may be kept.
   */
  readonly once: "header" | "body" | "reads" | "never";
  /** True: it is done each time, whatever key it comes with. Of a state to be in, an old answer could be untrue by now. */
  readonly isDoneAgain: ((input: never) => boolean) | undefined;
  /** `person`: no program may ask for it. `fresh`: only a person who has just proved who they are. The gateway checks. */
  readonly care: "none" | "person" | "fresh";
  /** In words what would be done, when it needs a second person; undefined: it does not. The service checks. */
  readonly second: ((input: never, principal: Principal) => Words | Promise<Words>) | undefined;
  readonly status: (output: never) => number;
  readonly spread: Spread | undefined;
  /** How it answers who asks for CSV; who does not gets JSON. */
  readonly csv: Csv | undefined;
  run(input: never, call: Call): unknown;
}

type Words = string | undefined;

/**
 * Where a verb of a service in shards runs: at the shard whose key (an instrument) `by` finds in the input, or with the
 * help of the stores of all shards (undefined: wherever it was asked); or at `every` one, its answers made into one.
 * A verb without it runs wherever it was asked, and reads the documents of all shards.
 */
export type Spread<I = never, O = never> =
  | { by(input: I, store: Pick<Store, "get" | "query">): string | undefined | Promise<string | undefined> }
  | { every(answers: readonly O[]): unknown };

const EVERYONE: readonly Role[] = ["viewer", "researcher", "trader", "risk", "admin"];

interface VerbSpec<I extends Shape, O extends Shape> {
  name: string;
  summary: string;
  rest?: Verb["rest"];
  input: I;
  output: O;
  audience?: Verb["audience"];
  roles?: readonly Role[];
  once?: Verb["once"];
  isDoneAgain?: (input: z.output<I>) => boolean;
  care?: Verb["care"];
  second?: (input: z.output<I>, principal: Principal) => Words | Promise<Words>;
  status?: (output: z.output<O>) => number;
  spread?: Spread<z.output<I>, z.output<O>>;
  csv?: Csv<z.output<O>>;
  run(input: z.output<I>, call: Call): Promise<z.input<O>> | z.input<O>;
}

/** A verb with a REST face. GETs read; other methods need `once`. */
export const verb = <I extends Shape, O extends Shape>(spec: VerbSpec<I, O>): Verb =>
  ({
    rest: undefined,
    rpc: undefined,
    audience: "people",
    roles: EVERYONE,
    once: spec.rest?.startsWith("GET") === false ? "header" : "reads",
    isDoneAgain: undefined,
    care: "none",
    second: undefined,
    status: () => 200,
    spread: undefined,
    csv: undefined,
    ...spec,
  }) as unknown as Verb;

interface RpcSpec<I extends Shape, O extends Shape> extends Partial<Omit<VerbSpec<I, O>, "input" | "output" | "run">> {
  name: string;
  summary: string;
  run: VerbSpec<I, O>["run"];
}

/** A verb that answers one method of the service's contract, and over REST too where `rest` says so. */
export const answers = <I extends Shape, O extends Shape>(method: Method<I, O>, spec: RpcSpec<I, O>): Verb =>
  ({
    ...verb({ audience: "service", once: "body", ...spec, input: method.input, output: method.output }),
    rpc: method,
  }) as unknown as Verb;

export interface Consumer {
  readonly stream: Stream;
  /** `shard`: of a keyed reliable stream, each shard hears its own keys. `all`: every shard hears everything. */
  readonly scope: "shard" | "all";
  handle(message: Message<never>): unknown;
}
/** Hears a stream. Reliable streams: at least once, in order per key; throw to have it again. Lossy: synchronous. */
export const on = <E>(
  stream: Stream<E>,
  handle: (event: Readonly<E>, message: Message<E>) => unknown,
  scope: Consumer["scope"] = "shard",
): Consumer => ({
  stream: stream as unknown as Stream,
  scope,
  handle: (message) => handle((message as Message<E>).event, message as Message<E>),
});

export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): unknown;
}
/** Runs on epoch multiples of `everyMs`, never overlapping itself. */
export const every = (everyMs: number, name: string, run: () => unknown): Job => ({ name, everyMs, run });

/** Something the service depends on; `run` throws or answers with what is wrong. */
export interface Check {
  readonly name: string;
  /** Critical: not ready without it. */
  readonly critical: boolean;
  run(): Promise<string | undefined> | string | undefined;
}

export interface Counter {
  inc(labels?: Record<string, string>, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Record<string, string>): void;
}
export interface KeptGauge extends Gauge {
  /** What is not set again is told no longer: for labels that come and go. */
  forget(): void;
}
export interface Histogram {
  observe(value: number, labels?: Record<string, string>): void;
}
export interface Metrics {
  /** Names are snake_case without the `chimera_` they get; units last: `orders_total`, `ack_ms`. */
  counter(name: string, help: string, labels?: string[]): Counter;
  gauge(name: string, help: string, labels?: string[]): KeptGauge;
  histogram(name: string, help: string, options: { labels?: string[]; buckets: number[] }): Histogram;
  /** Prometheus text. */
  text(): Promise<string>;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface CallOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}
export type Client<C extends Contract> = {
  readonly [M in keyof C["methods"]]: (
    input: z.input<C["methods"][M]["input"]>,
    options?: CallOptions,
  ) => Promise<z.output<C["methods"][M]["output"]>>;
};
export type Clients<C extends Record<string, Contract>> = { readonly [K in keyof C]: Client<C[K]> };

/** What is in force: an immutable value; take it once per unit of work and keep it to the end of that unit. */
export interface Config {
  /** The revision for all, with the canary's where one is under way. Throws Problem NOT_READY before the first. */
  current(): ActiveConfig;
  /**
   * Called with each new value between two units of work, and once at the start. Throws: the value counts as refused,
   * is told so in the health, and all go on with the one before, which they are called with once more.
   */
  onChange(apply: (active: ActiveConfig) => void): void;
  /** That revision, where it is in force or was so lately; else `find` may know it. */
  known(rev: number): BundleView | undefined;
  /** That revision, from memory or from the store; undefined: there is none, or it does not fit this version. */
  find(rev: number): Promise<BundleView | undefined>;
}

export interface Context<S = unknown, C extends Record<string, Contract> = Record<string, Contract>> {
  readonly id: ServiceId;
  readonly account: string;
  readonly settings: S;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  /** For what cannot wait until the store is back. */
  readonly journal: Journal;
  readonly blobs: Blobs;
  readonly cache: Cache;
  readonly lock: Lock;
  readonly quota: Quota;
  readonly rateLimit: RateLimit;
  readonly schedule: Schedule;
  readonly net: Net;
  readonly outside: Outside;
  readonly inference: Inference;
  readonly programs: ProgramRunner;
  readonly workers: Workers;
  /** Which build of the system this is. */
  readonly build: { readonly version: string; readonly git_commit: string; readonly built_at: string };
  readonly log: Log;
  /** What this very process logged at WARN or above of that moment and later, for S11, which collects it of all. */
  logged(sinceTs: number): readonly LogEvent[];
  readonly metrics: Metrics;
  readonly config: Config;
  readonly calls: Clients<C>;
  /** Publishes at once: lossy streams, and notices whose loss a crash may cause. Else put an `emit` in the commit. */
  publish<E>(stream: Stream<E>, event: E, key?: string): Promise<unknown>;
  /** An alert with this service as its source. */
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  /** An audit entry, to be put in the commit of the change it tells of. */
  audit(entry: Pick<OpsEvent, "actor" | "what" | "ref" | "outcome"> & Partial<OpsEvent>): Op;
  /** How to reach other services as they are, for the gateway and the scraper alone. */
  readonly peers: Peers;
  /** The part of the instruments this instance answers for. */
  readonly shard: Shard;
  /** Why no risk should be added now (the bus is away or nearly full); at once, for every entry. */
  noEntries(): string | undefined;
}
export interface Peers {
  readonly services: readonly { id: ServiceId; name: string; title: string; port: number }[];
  /** How many processes of it there are. */
  replicas(id: ServiceId): number;
  /**
   * Sends a request to a service's own port with a token for it; `principal` rides in the token. To whichever of its
   * replicas answers, or to the one of that number, from 0.
   */
  fetch(id: ServiceId, request: Request, principal: Principal, replica?: number): Promise<Response>;
  /** Every call one service made to another since the start: `s03→s04` and how often. */
  observed(): { from: ServiceId; to: ServiceId; count: number }[];
  /** Streams with lag, pending and dead letters. */
  streams(): Promise<StreamState[]>;
  listen<E>(stream: Stream<E>, hear: (message: Message<E>) => void): () => void;
  /** The newest that a reliable stream holds, oldest first; at most 1000. */
  recent<E>(stream: Stream<E>, limit: number): Promise<Message<E>[]>;
  /** The newest dead letters of a stream's family, oldest first: what some group of it could not handle. */
  dead(stream: AnyStream, limit: number): ReturnType<Bus["dead"]>;
}

/** Other services alone, without the streams. */
export type ReachedPeers = Omit<Peers, "listen" | "recent" | "dead">;

/** What a service shows once it is set up. */
export interface Faces {
  verbs?: readonly Verb[];
  consumes?: readonly Consumer[];
  jobs?: readonly Job[];
  checks?: readonly Check[];
  /** True: it is of use without its store too, and stays ready then. */
  outlivesStore?: boolean;
  /** After its streams and callees can be used; consumers and jobs start when it resolves. */
  start?(): Promise<void>;
  /** Before sockets close; in-flight work may finish. */
  stop?(): Promise<void>;
  /** The bus has lost news. What stores hold of it is told again; this is for looking elsewhere: stores, the exchange. */
  onNewsLost?(): Promise<void>;
  /** For what is no verb (web pages, the proxy, live events): asked when no verb has the path. */
  fetch?(request: Request): Promise<Response | undefined> | Response | undefined;
  /** On every answer that does not have them yet. */
  headers?: Readonly<Record<string, string>>;
  /** How this service knows who asks, instead of a service token: the gateway's sign-in. */
  authenticate?(request: Request): Promise<Principal | undefined>;
  /** Before anything is done for a request: counts it. The gateway's limits. */
  meter?(request: Request): Promise<Metered>;
  /** Before a verb runs over REST: throws what stands against it, or answers in its place. The gateway's care. */
  admits?(asking: Asking): Promise<Response | undefined>;
}

/** What came of counting a request. */
export interface Metered {
  /** On the answer, whatever it is. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Answered in its place: it was one too many. */
  readonly against?: Problem;
}

/** Somebody whose role allows it asks for a verb over REST, with an input of the right shape. */
export interface Asking {
  readonly verb: Verb;
  readonly input: unknown;
  readonly principal: Principal;
  readonly request: Request;
  /** The request's body, which has been read. */
  readonly text: string;
}

export interface Service {
  readonly id: ServiceId;
  readonly name: string;
  readonly title: string;
  readonly port: number;
  readonly settings: z.ZodObject;
  readonly calls: Record<string, Contract>;
  readonly emits: readonly AnyStream[];
  /** False for the config service itself, which others ask. */
  readonly usesConfig: boolean;
  /** It keeps large bodies: its health tells whether they can be kept. */
  readonly usesBlobs: boolean;
  /** The service's own verbs answer under this prefix too: the gateway's `/api/v1`. */
  readonly alias: string | undefined;
  readonly owns: readonly AnyCollection[];
  /** True: several instances can share its instruments, each with a store of its own. */
  readonly sharded: boolean;
  setup(context: Context<never, never>): Faces | Promise<Faces>;
}

interface ServiceSpec<S extends z.ZodObject, C extends Record<string, Contract>> {
  id: ServiceId;
  /** The folder: `s04-router`. */
  name: string;
  title: string;
  port: number;
  /** Keys are camelCase and end in a unit; the environment says them as CHIMERA_S04_MAKER_WAIT_MS or CHIMERA_MAKER_WAIT_MS. */
  settings: S;
  calls: C;
  emits: readonly AnyStream[];
  usesConfig?: boolean;
  usesBlobs?: boolean;
  alias?: string;
  owns: readonly AnyCollection[];
  sharded?: boolean;
  setup(context: Context<z.output<S>, C>): Faces | Promise<Faces>;
}

export const defineService = <S extends z.ZodObject, C extends Record<string, Contract>>(
  spec: ServiceSpec<S, C>,
): Service => ({ usesConfig: true, usesBlobs: false, alias: undefined, sharded: false, ...spec }) as unknown as Service;
