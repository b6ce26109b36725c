/** The outside world as services see it: every port, in the shape its embedded and production adapters share. */
import type { z } from "@hono/zod-openapi";

export type { BlobInfo, Blobs } from "./blobs.ts";

export type Cancel = () => void;

export interface Clock {
  /** Epoch milliseconds UTC; may have a fraction. */
  now(): number;
  /** Milliseconds that never go back, for durations. */
  mono(): number;
  /** Runs `run` once, `ms` from now. `order` breaks ties on the virtual clock (an instrument id, say). */
  after(ms: number, run: () => unknown, order?: string): Cancel;
  /** Runs `run` on epoch multiples of `ms`, never overlapping itself. */
  every(ms: number, run: () => unknown): Cancel;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** For what truly waits (a thread, a disk): virtual time stands still until it is done. */
  hold<T>(work: Promise<T>): Promise<T>;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  int(below: number): number;
  bytes(count: number): Uint8Array;
  uuid(): string;
  /** An independent source derived from this one's seed and a name. */
  fork(name: string): Random;
}

export type ServiceId = `s${"01" | "02" | "03" | "04" | "05" | "06" | "07" | "08" | "09" | "10" | "11" | "12"}`;

/** A stream family, declared once in `shared/streams.ts`. */
export interface Stream<E = unknown> {
  /** `ord:results`; per instrument the full name is `ord:results:{FUT:BTCUSDT}`. */
  readonly family: string;
  readonly from: readonly ServiceId[] | "all";
  readonly heardBy: readonly ServiceId[] | "all";
  /** True: one stream per instrument, in order within it. */
  readonly keyed: boolean;
  /** Lossy: newest wins, no groups, in memory. Reliable: groups, at least once, dead letters. */
  readonly mode: "lossy" | "reliable";
  readonly version: number;
  readonly lengthMax: number;
  /** Reliable: the store counts each owner's events without gaps, in the commit that emits them: `owner`, `owner_seq`. */
  readonly numbered?: true;
  readonly event: z.ZodType<E>;
}

/** Any stream or collection, whatever its shape: for lists of them. */
export type AnyStream = Omit<Stream, "event">;
export type AnyCollection = Omit<Collection, "schema" | "key">;

export interface Message<E = unknown> {
  /** Unique in its stream; the same when an outbox entry is published twice. */
  readonly id: string;
  /** The full name, key included. */
  readonly stream: string;
  readonly key: string;
  readonly version: number;
  readonly event: Readonly<E>;
  readonly ts: number;
  readonly traceparent?: string;
  /** 1 on first delivery. */
  readonly attempt: number;
}

export interface Publish {
  /** The instrument, for keyed families. */
  key?: string;
  /** Makes a repeated publish of the same id a no-op. */
  id?: string;
  /** Said before, and perhaps lost: it is told again, and who heard it the first time knows it by its id. */
  again?: boolean;
  traceparent?: string;
}

export interface Listen<E> {
  group: string;
  consumer: string;
  /** Reliable and keyed: the keys it is there for. Others of its group hear the rest. */
  owns?(key: string): boolean;
  /** Reliable: acknowledged when it resolves, retried with growing waits when it throws, then dead-lettered. Lossy: must not throw. */
  handle(message: Message<E>): unknown;
}

export interface StreamState {
  stream: string;
  group: string;
  /** Not yet delivered. */
  lag: number;
  /** Delivered, not acknowledged. */
  pending: number;
  /** Age of the oldest unacknowledged entry, ms. */
  oldestMs: number;
  dead: number;
}

export interface Bus {
  /** Reliable: resolves when durable. Lossy: delivered by the time it returns. */
  publish<E>(stream: Stream<E>, event: E, options?: Publish): Promise<string>;
  /** Hears every key of the family. Lossy handlers are called with what comes from now on. */
  subscribe<E>(stream: Stream<E>, listen: Listen<E>): { stop(): Promise<void> };
  /** Newest-last entries of a stream, for catching up and for people; reliable streams only. */
  read<E>(stream: Stream<E>, options: { key?: string; after?: string; limit: number }): Promise<Message<E>[]>;
  /** Of all reliable streams, or of those of some families. */
  state(families?: readonly string[]): Promise<StreamState[]>;
  /** Changes when the bus has lost something that it held: what was told since the last epoch is to be told again. */
  epoch(): Promise<string>;
  /** Calls when the epoch has changed, at the latest some seconds after. */
  onLoss(run: (epoch: string) => void): Cancel;
  /** Why no risk should be added now: the bus is away, or a stream is nearly full. At once, from what is known. */
  trouble(): string | undefined;
  /** Dead letters of a family, newest last, with why. */
  dead(stream: Stream, limit: number): Promise<{ id: string; stream: string; reason: string; body: string }[]>;
  close(): Promise<void>;
}

/** A collection, declared once in `shared/collections.ts`; its owner alone writes it. */
export interface Collection<T = unknown> {
  readonly name: string;
  /** What it holds, in a phrase. */
  readonly about?: string;
  readonly owner: ServiceId;
  readonly schema: z.ZodType<T>;
  readonly key: (value: T) => string;
  /** Each a list of top-level fields, in order. */
  readonly indexes: readonly (readonly string[])[];
  readonly shardKey: string;
  /** Days, by `retentionField`; none: for ever. */
  readonly retentionDays?: number;
  readonly retentionField?: string;
  /** Fields for full-text search. */
  readonly search?: readonly string[];
}

export interface Row<T> {
  readonly key: string;
  /** Changes with every write. */
  readonly rev: string;
  readonly value: T;
}

export type Scalar = string | number | boolean | null;
export type Test =
  | Scalar
  | { lt?: Scalar; lte?: Scalar; gt?: Scalar; gte?: Scalar; ne?: Scalar; in?: readonly Scalar[] };
export interface Query {
  /** Top-level field → test; all must hold. */
  where?: Record<string, Test>;
  /** A field; ties break by key. Default: the key itself. */
  sort?: { field: string; order: "asc" | "desc" };
  /** At most 1000. */
  limit: number;
  cursor?: string;
}
export interface Page<T> {
  items: Row<T>[];
  next_cursor?: string;
}

/** A document in the lineage graph: `orders/ch-9f…`. */
export type Ref = `${string}/${string}`;

export type Op =
  /** `expectRev` null: must not exist yet. */
  | { op: "put"; collection: Collection<never>; value: unknown; expectRev?: string | null }
  | { op: "delete"; collection: Collection<never>; key: string; expectRev?: string }
  | { op: "emit"; stream: Stream<never>; key?: string; event: unknown; traceparent?: string }
  | { op: "link"; child: Ref; parent: Ref }
  /** Marks a message as done; a second commit with it fails with `DUPLICATE`. */
  | { op: "done"; stream: string; group: string; id: string };

export interface OutboxEntry {
  id: string;
  family: string;
  key: string;
  event: unknown;
  traceparent?: string;
}

/** One owner's documents; others' collections can be read. */
export interface Store {
  readonly owner: ServiceId;
  get<T>(collection: Collection<T>, key: string): Promise<Row<T> | undefined>;
  query<T>(collection: Collection<T>, query: Query): Promise<Page<T>>;
  count<T>(collection: Collection<T>, where?: Query["where"]): Promise<number>;
  /** All or nothing; `full` survives a power cut, `normal` a `kill -9`. Throws Problem CONFLICT on a stale rev or a repeated `done`. */
  commit(ops: readonly Op[], options?: { sync?: "normal" | "full" }): Promise<void>;
  isDone(stream: string, group: string, id: string): Promise<boolean>;
  /** Everything reachable, nearest first, each with its distance. */
  traverse(start: Ref, direction: "parents" | "children", depthMax: number): Promise<{ ref: Ref; depth: number }[]>;
  search<T>(collection: Collection<T>, text: string, limit: number): Promise<Row<T>[]>;
  /** Deletes what is past its retention at `now`; answers how many. */
  expire<T>(collection: Collection<T>, now: number): Promise<number>;
  outbox: {
    /** Oldest first, of what was not told yet. */
    read(limit: number): Promise<OutboxEntry[]>;
    /** Oldest first, of what was told and is kept, after an entry or from the beginning. */
    readTold(limit: number, after?: string): Promise<OutboxEntry[]>;
    /** All up to this entry is told; it is kept, to be told again should the bus lose it. */
    tell(upTo: string): Promise<void>;
    /** What was told, up to this entry, is not needed any more. Some at a time; true while there is more. */
    forget(upTo: string): Promise<boolean>;
    /** The bus's epoch in which what is kept was told, and the newest entry that was. */
    state(): Promise<{ epoch?: string; told?: string }>;
    setEpoch(epoch: string): Promise<void>;
    /** Called after a commit that emitted. */
    onCommit(wake: () => void): void;
  };
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * One of all the things that a store holds, in a form that every adapter writes and reads: for backups and for carrying
 * an installation from one kind of store to another. Revisions are not among them: they are new after a load.
 */
export type StoreRecord =
  | { kind: "document"; collection: string; key: string; value: unknown }
  | { kind: "edge"; child: Ref; parent: Ref }
  | { kind: "done"; stream: string; group: string; id: string; at: number }
  /** `told`: it is kept only to be told again, should the bus lose it. */
  | { kind: "outbox"; told: boolean; entry: OutboxEntry }
  /** How many events of a numbered family have been committed. */
  | { kind: "count"; family: string; count: number }
  | { kind: "epoch"; epoch: string };

/** A store that can be carried away whole. */
export interface PortableStore extends Store {
  /**
   * All that it holds as of one moment, also while it is written: by kind as in the type, documents by collection and
   * then in an order of their keys that stays the same; what was done, and the outbox, oldest first.
   */
  dump(): AsyncIterable<StoreRecord>;
  /**
   * Fills an empty store with what another of the same owner and shard dumped; `CONFLICT` when it holds anything, and
   * `INVALID` for a record that does not belong here or is broken, both of which leave it as it was. Outbox ids stay,
   * and none comes back; what was told up to the last entry that is said to be counts as told.
   */
  load(records: AsyncIterable<StoreRecord>): Promise<void>;
}

/**
 * What a shard's holder writes on a disk of its own while its store is away: small, in order, and there after a
 * `kill -9`. Its room is taken beforehand, so that a full disk does not stop it.
 */
export interface Journal {
  /** Every whole line that was not cleared, of earlier holders too; oldest first. */
  read(): Promise<string[]>;
  /** Resolves when the disk has it. A line is an object in JSON. */
  append(line: string): Promise<void>;
  /** Nothing that was read or appended is needed any more. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface Cache {
  get<T>(key: string): Promise<T | undefined>;
  set<T>(key: string, value: T, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface Lease {
  /** Grows with every acquisition of the same name; resources refuse a smaller one than they have seen. */
  readonly fence: number;
  /** False: lost. */
  renew(ttlMs: number): Promise<boolean>;
  /** As `renew`, and also when it has run out, as long as nobody has had it since; not after `release`. */
  revive(ttlMs: number): Promise<boolean>;
  release(): Promise<void>;
}
export interface Lock {
  /**
   * `holder` names a place where one process can be at a time: whoever holds the lease by the same name is known to be
   * gone, and its term is not waited for.
   */
  acquire(name: string, ttlMs: number, holder?: string): Promise<Lease | undefined>;
  /** The newest fence given for the name; 0 when none is known. */
  newest(name: string): Promise<number>;
}

/** Who is there, as each says of itself again and again. */
export interface Directory {
  /** Until it is said again or `ttlMs` have passed. */
  announce(group: string, member: string, about: string, ttlMs: number): Promise<void>;
  /** By member, in its order. */
  members(group: string): Promise<{ member: string; about: string }[]>;
  leave(group: string, member: string): Promise<void>;
}

/** A model made ready to run. */
export interface LoadedModel {
  /** A probability for each row; all rows as long as the model has inputs. */
  run(rows: readonly (readonly number[])[]): Promise<number[]>;
  release(): Promise<void>;
}
/** Runs models in ONNX. */
export interface Inference {
  /** Throws Problem RULE for what is no such model: one float input `[rows, inputs]`, out of which come probabilities. */
  load(onnx: Uint8Array, inputs: number): Promise<LoadedModel>;
}

/** A strategy written as a program, ready to be asked. What goes in and comes out is JSON; either may throw a Problem. */
export interface LoadedProgram {
  start(): unknown;
  decide(state: unknown, event: unknown): unknown;
}
export interface ProgramRunner {
  /** Throws Problem RULE for what is no such program. */
  load(source: string): LoadedProgram;
}

/** Atomic reservations against a limit; amounts are whole units (micro-USDT, say). */
export interface Quota {
  /** True when it fits, or when `id` is reserved already. */
  reserve(name: string, id: string, amount: number, limit: number): Promise<boolean>;
  /** False when there was nothing to release. */
  release(name: string, id: string): Promise<boolean>;
  used(name: string): Promise<number>;
  /** Makes the amount under `id` this one, whether or not it fits; 0 keeps the id. For what is known to be taken. */
  set(name: string, id: string, amount: number): Promise<void>;
  /** Every reservation there is, in no order. */
  list(name: string): Promise<{ id: string; amount: number }[]>;
}

export interface RateVerdict {
  allowed: boolean;
  remaining: number;
  /** Milliseconds until the window has room again. */
  resetMs: number;
}
export interface RateLimit {
  take(key: string, rule: { limit: number; windowMs: number }, cost?: number): Promise<RateVerdict>;
  /** Undoes a take that turned out not to count; never gives a key more than its whole limit. */
  giveBack(key: string, rule: { limit: number; windowMs: number }, cost?: number): Promise<void>;
}

/** What the names of services stand for: a name may have several addresses, one per replica. */
export interface Names {
  /** The base addresses behind one (`http://s04-router:8084`), in a steady order; rejects when nobody knows its name. */
  resolve(base: string): Promise<readonly string[]>;
}

/** A durable queue of things due later. */
export interface Schedule {
  /** A second put of the same id moves it. */
  put(queue: string, id: string, dueAt: number, payload: unknown): Promise<void>;
  /** Hands out what is due and hides it for `leaseMs`, then offers it again unless done. */
  claim(
    queue: string,
    now: number,
    options: { limit: number; leaseMs: number },
  ): Promise<{ id: string; payload: unknown }[]>;
  done(queue: string, id: string): Promise<void>;
}

export interface NetRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
}
export interface NetResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}
/** `refused`: certainly not sent. `unknown`: may have been received. */
export class NetError extends Error {
  readonly kind: "refused" | "unknown";
  constructor(kind: "refused" | "unknown", message: string) {
    super(message);
    this.name = "NetError";
    this.kind = kind;
  }
}
export interface Socket {
  send(text: string): void;
  close(): void;
}
export interface SocketEvents {
  open(): void;
  message(text: string): void;
  /** Once, whatever ended it; also when it never opened. */
  close(reason: string): void;
}
/** Sockets to the outside, which only S1 and S11 hold. */
export interface Net {
  fetch(request: NetRequest): Promise<NetResponse>;
  connect(url: string, events: SocketEvents): Socket;
}
