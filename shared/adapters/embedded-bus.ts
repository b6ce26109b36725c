/** The embedded bus, for all services of one process: lossy streams in memory, reliable ones in one SQLite log. */
import { assert, refuse } from "../errors.ts";
import { deepFreeze } from "../kit/freeze.ts";
import type { Bus, Cancel, Clock, Listen, Message, Publish, Stream, StreamState } from "../kit/ports.ts";
import {
  asMessage,
  type Consumer,
  type Dead,
  Lane,
  type Retry,
  readStored,
  type Start,
  type Works,
} from "./embedded-bus/lane.ts";
import { BusLog, isNumbered, type LogEntry, type LogStream } from "./embedded-bus/log.ts";

export interface BusOptions {
  /** The log's file, whose folder exists, or `:memory:`. */
  path: string;
  clock: Clock;
  retry?: Partial<Retry>;
  /** Freezes every event to its depth, so that a consumer which tries to change one fails. For tests: it costs time. */
  freeze?: boolean;
  /** A message went to the dead letters. */
  onDead?(dead: Dead): void;
  /** A reliable stream's unacknowledged entries have reached nine tenths of its length; once per rise. */
  onNearlyFull?(stream: string, waiting: number): void;
  /** A lossy handler threw, or the log could not note an acknowledgement. */
  onError?(error: unknown): void;
}

export interface Subscription {
  /** Takes no more messages, and waits for the one being handled. */
  stop(): Promise<void>;
  /** As if the consumer had died: what it was handling is handed out again, whatever becomes of its work. */
  drop(): void;
}

const RETRY: Retry = { baseMs: 200, factor: 3, triesMax: 5 };
const NEARLY_FULL = 0.9;
const READ_MAX = 1_000;

interface Entry {
  from: LogStream;
  stored: LogEntry;
}

const SERVICE = /^(s\d\d)(#\d+)?$/;
/** How soon what nobody owned is looked at again. */
const OWNED_AGAIN_MS = 1_000;

interface Group {
  readonly name: string;
  /** Its places outlive the process, and trimming waits for it though it be away. */
  readonly kept: boolean;
  readonly consumers: Consumer[];
  readonly lanes: Map<string, Lane>;
  /** Messages wait for somebody to own their key. */
  asking: Cancel | undefined;
}

/**
 * A group named like a service that the stream's `heardBy` names, or like a shard of it (`s04#2`), is kept: it begins
 * with all that the stream holds, so that a service which was away catches up, and nothing is trimmed that it has not
 * acknowledged. Any other group hears what comes from now on, as long as it has a subscriber, and is then forgotten.
 */
export class EmbeddedBus implements Bus {
  readonly #log: BusLog;
  readonly #works: Works;
  readonly #options: BusOptions;
  /** By family, then by name. */
  readonly #groups = new Map<string, Map<string, Group>>();
  readonly #lossy = new Map<string, Consumer[]>();
  readonly #names = new Map<string, Map<string, string>>();
  /** With their greatest lengths. */
  readonly #nearlyFull = new Map<LogStream, number>();
  #told = 0;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#log = new BusLog(options.path, options.clock.now());
    this.#works = {
      log: this.#log,
      clock: options.clock,
      retry: { ...RETRY, ...options.retry },
      freeze: options.freeze ? deepFreeze : () => {},
      onDead: (dead) => options.onDead?.(dead),
      onError: options.onError ?? crash,
    };
    for (const { family, group } of this.#log.listeners()) this.#addGroup(family, group, true);
  }

  publish<E>(stream: Stream<E>, event: E, options: Publish = {}): Promise<string> {
    assert(!stream.keyed || options.key, `${stream.family} needs a key`);
    return stream.mode === "lossy" ? this.#tell(stream, event, options) : this.#append(stream, event, options);
  }

  subscribe<E>(stream: Stream<E>, listen: Listen<E>): Subscription {
    const consumer = { stream: stream as Stream, listen: listen as Listen<unknown> };
    if (stream.mode === "lossy") return this.#hear(consumer);
    const group = this.#groups.get(stream.family)?.get(listen.group) ?? this.#newGroup(stream as Stream, listen.group);
    group.consumers.push(consumer);
    for (const lane of group.lanes.values()) lane.wake();
    return {
      stop: async () => {
        this.#leave(group, consumer);
        await Promise.all([...group.lanes.values()].map((lane) => lane.idleOf(consumer)));
      },
      drop: () => {
        this.#leave(group, consumer);
        for (const lane of group.lanes.values()) lane.drop(consumer);
      },
    };
  }

  async read<E>(stream: Stream<E>, options: { key?: string; after?: string; limit: number }): Promise<Message<E>[]> {
    assert(stream.mode === "reliable", `${stream.family} is lossy: nothing of it is kept`);
    const { key, after, limit } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > READ_MAX) refuse("INVALID", `limit is from 1 to ${READ_MAX}.`);
    const streams = this.#log.streamsOf(stream.family).filter((found) => key === undefined || found.key === key);
    const entries = after === undefined ? this.#newest(streams, limit) : this.#following(streams, { after, limit });
    return entries.flatMap(({ from, stored }) => {
      const read = readStored(stream, stored);
      return "event" in read ? [asMessage(from, { ...stored, event: read.event }) as Message<E>] : [];
    });
  }

  async state(families?: readonly string[]): Promise<StreamState[]> {
    const now = this.#works.clock.now();
    return [...(families ?? this.#groups.keys())]
      .flatMap((family) => [...(this.#groups.get(family)?.values() ?? [])])
      .flatMap((group) => [...group.lanes.values()])
      .map((lane) => {
        const { stream, group, lag, pending, settled } = lane;
        const oldest = settled < stream.last ? this.#log.timeOf(stream, settled + 1) : undefined;
        const oldestMs = oldest === undefined ? 0 : Math.max(0, now - oldest);
        return { stream: stream.name, group, lag, pending, oldestMs, dead: this.#log.deadCount(group, stream) };
      });
  }

  /** What it holds is in this process's own file: nothing gets lost behind its back while it runs. */
  async epoch(): Promise<string> {
    return this.#log.epoch;
  }

  onLoss(_run: (epoch: string) => void): Cancel {
    return () => {};
  }

  trouble(): string | undefined {
    for (const [log, lengthMax] of this.#nearlyFull) {
      if (log.last - this.#settled(log) >= lengthMax * NEARLY_FULL) {
        return `${log.name} is nearly full of what nobody has acknowledged`;
      }
      this.#nearlyFull.delete(log);
    }
    return undefined;
  }

  async dead(stream: Stream, limit: number): Promise<{ id: string; stream: string; reason: string; body: string }[]> {
    return this.#log.dead(stream.family, Math.min(limit, READ_MAX));
  }

  async close(): Promise<void> {
    for (const groups of this.#groups.values()) {
      for (const group of groups.values()) {
        const consumers = group.consumers.splice(0);
        group.asking?.();
        for (const lane of group.lanes.values()) {
          lane.close();
          for (const consumer of consumers) await lane.idleOf(consumer);
        }
      }
    }
    this.#lossy.clear();
    this.#log.close();
  }

  #tell<E>(stream: Stream<E>, event: E, { key = "", traceparent }: Publish): Promise<string> {
    const id = String(++this.#told);
    const consumers = this.#lossy.get(stream.family);
    if (consumers === undefined || consumers.length === 0) return Promise.resolve(id);
    this.#works.freeze(event);
    const message: Message = {
      id,
      stream: this.#nameOf(stream.family, key),
      key,
      version: stream.version,
      event: event as Readonly<unknown>,
      ts: this.#works.clock.now(),
      traceparent,
      attempt: 1,
    };
    for (const consumer of consumers) {
      try {
        consumer.listen.handle(message);
      } catch (error) {
        this.#works.onError(error);
      }
    }
    return Promise.resolve(id);
  }

  #hear(consumer: Consumer): Subscription {
    const { family } = consumer.stream;
    // Replaced, not changed: a delivery under way goes on over the list it began with.
    this.#lossy.set(family, [...(this.#lossy.get(family) ?? []), consumer]);
    const drop = () => {
      this.#lossy.set(family, this.#lossy.get(family)?.filter((other) => other !== consumer) ?? []);
    };
    return { drop, stop: async () => drop() };
  }

  async #append<E>(stream: Stream<E>, event: E, { key = "", id, traceparent }: Publish): Promise<string> {
    assert(id === undefined || (id !== "" && !isNumbered(id)), "a message's own id does not begin with @");
    const name = this.#nameOf(stream.family, key);
    const log = this.#log.find(name) ?? this.#newStream(name, stream.family, key);
    const { version } = stream;
    const ts = this.#works.clock.now();
    const trace = traceparent === undefined ? {} : { traceparent };
    const added = this.#log.append(log, { id, version, event: JSON.stringify(event), ts, ...trace });
    if (added === undefined) return id!;
    this.#works.freeze(event);
    const message = asMessage(log, { id: added, version, event, ts, ...trace });
    for (const group of this.#groups.get(stream.family)?.values() ?? [])
      group.lanes.get(name)?.offer(log.last, message);
    this.#keepLength(stream as Stream, log);
    return added;
  }

  /** Trims to the declared length, but never what a known group has not acknowledged. */
  #keepLength(stream: Stream, log: LogStream): void {
    const settled = this.#settled(log);
    const excess = log.last - log.first + 1 - stream.lengthMax;
    // Some at a time: trimming at every publish would double its cost.
    if (excess > stream.lengthMax / 100) this.#log.trim(log, Math.min(settled, log.last - stream.lengthMax));
    const waiting = log.last - settled;
    if (waiting < stream.lengthMax * NEARLY_FULL) this.#nearlyFull.delete(log);
    else if (!this.#nearlyFull.has(log)) {
      this.#nearlyFull.set(log, stream.lengthMax);
      this.#options.onNearlyFull?.(log.name, waiting);
    }
  }

  /** All up to here is acknowledged by every group. */
  #settled(log: LogStream): number {
    const lanes = [...(this.#groups.get(log.family)?.values() ?? [])].map((group) => group.lanes.get(log.name)!);
    return Math.min(log.last, ...lanes.map((lane) => lane.settled));
  }

  /** Entries of several streams are in order of time, those of the same moment by stream. */
  #newest(streams: readonly LogStream[], limit: number): Entry[] {
    const found = streams.flatMap((from) =>
      this.#log.after(from, from.last - limit, limit).map((stored) => ({ from, stored })),
    );
    return found.sort((a, b) => a.stored.ts - b.stored.ts).slice(-limit);
  }

  #following(streams: readonly LogStream[], { after, limit }: { after: string; limit: number }): Entry[] {
    const holder = streams.find((stream) => this.#log.seqOf(stream, after) !== undefined);
    if (!holder) refuse("NOT_FOUND", "There is no message of that id.");
    const seq = this.#log.seqOf(holder, after)!;
    const ts = this.#log.timeOf(holder, seq)!;
    const found = streams.flatMap((from) => {
      const later =
        from === holder
          ? this.#log.after(from, seq, limit)
          : this.#log.since(from, { ts, inclusive: from.n > holder.n }, limit);
      return later.map((stored) => ({ from, stored }));
    });
    return found.sort((a, b) => a.stored.ts - b.stored.ts).slice(0, limit);
  }

  #newStream(name: string, family: string, key: string): LogStream {
    const stream = this.#log.create(name, family, key);
    for (const group of this.#groups.get(family)?.values() ?? []) this.#addLane(group, stream, { seq: 0, tries: 0 });
    return stream;
  }

  #newGroup(stream: Stream, name: string): Group {
    const service = SERVICE.exec(name)?.[1];
    const kept = service !== undefined && (stream.heardBy === "all" || stream.heardBy.some((id) => id === service));
    if (kept) this.#log.addListener(stream.family, name);
    return this.#addGroup(stream.family, name, kept);
  }

  #addGroup(family: string, name: string, kept: boolean): Group {
    const group: Group = { name, kept, consumers: [], lanes: new Map(), asking: undefined };
    const groups = this.#groups.get(family) ?? new Map<string, Group>();
    this.#groups.set(family, groups.set(name, group));
    for (const stream of this.#log.streamsOf(family)) {
      this.#addLane(group, stream, kept ? this.#log.placeOf(name, stream) : { seq: stream.last, tries: 0 });
    }
    return group;
  }

  /** A group's consumers share its streams out among themselves, each those that it owns. */
  #addLane(group: Group, stream: LogStream, start: Start): void {
    const consumer = () => {
      const owners = group.consumers.filter(({ listen }) => listen.owns?.(stream.key) ?? true);
      if (owners.length === 0 && group.consumers.length > 0 && lane.lag > 0) this.#askAgain(group);
      return owners[stream.n % owners.length];
    };
    const { name, kept } = group;
    const lane = new Lane(this.#works, { stream, group: name, kept, start }, consumer);
    group.lanes.set(stream.name, lane);
  }

  /** Who owns a key may change; nothing else would tell. */
  #askAgain(group: Group): void {
    group.asking ??= this.#works.clock.after(OWNED_AGAIN_MS, () => {
      group.asking = undefined;
      for (const lane of group.lanes.values()) lane.wake();
    });
  }

  #leave(group: Group, consumer: Consumer): void {
    const at = group.consumers.indexOf(consumer);
    if (at < 0) return;
    group.consumers.splice(at, 1);
    for (const lane of group.lanes.values()) lane.wake();
    if (group.kept || group.consumers.length > 0) return;
    for (const lane of group.lanes.values()) lane.close();
    this.#groups.get(consumer.stream.family)?.delete(group.name);
  }

  #nameOf(family: string, key: string): string {
    if (key === "") return family;
    const names = this.#names.get(family) ?? new Map<string, string>();
    if (names.size === 0) this.#names.set(family, names);
    const known = names.get(key);
    if (known) return known;
    const name = `${family}:{${key}}`;
    names.set(key, name);
    return name;
  }
}

function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
