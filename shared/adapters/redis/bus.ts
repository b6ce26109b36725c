/** The bus on Redis Streams, for services that run as processes of their own: one server, sentinels or a cluster. */
import { assert } from "../../errors.ts";
import { deepFreeze } from "../../kit/freeze.ts";
import type { Bus, Cancel, Clock, Listen, Message, Publish, Stream, StreamState } from "../../kit/ports.ts";
import type { Dead, Retry } from "../embedded-bus/lane.ts";
import { RedisConnection, type RedisSettings } from "./connection.ts";
import { Epochs } from "./epochs.ts";
import { Families } from "./families.ts";
import { Group, type Readers } from "./group.ts";
import { GroupReader } from "./group-reader.ts";
import { History } from "./history.ts";
import type { Consumer, Lane } from "./lane.ts";
import { type LossyOptions, LossyReader, LossyWriter } from "./lossy.ts";
import { streamName } from "./names.ts";
import { after, Publisher } from "./publisher.ts";
import type { Healed, Works } from "./works.ts";

export interface RedisBusOptions {
  redis: Omit<RedisSettings, "onError">;
  clock: Clock;
  retry?: Partial<Retry>;
  /** Where one process can be at a time, so that a reader of before at the same place is known to be gone. */
  place?: string;
  /** A reader that was not heard of for this long is dead, and another is given what it left. */
  leaseMs?: number;
  /** Between two looks for streams that the news did not tell of. */
  lookMs?: number;
  /** Lossy messages on their way to the server at most. */
  flightMax?: number;
  /** Messages of a lossy stream that a reader may be behind before it goes on with the newest. */
  behindMax?: number;
  /** Freezes every event to its depth, so that a consumer which tries to change one fails. For tests: it costs time. */
  freeze?: boolean;
  /** A message went to the dead letters. */
  onDead?(dead: Dead): void;
  /** A reliable stream's unacknowledged entries have reached nine tenths of its length; once per rise. */
  onNearlyFull?(stream: string, waiting: number): void;
  /** The server had lost something. What was lost between two services has to come from their stores. */
  onHealed?(healed: Healed): void;
  /** A lossy handler threw, or the server is away; the bus goes on when it is back. */
  onError?(error: unknown): void;
}

const RETRY: Retry = { baseMs: 200, factor: 3, triesMax: 5 };
const LEASE_MS = 10_000;
const LOOK_MS = 1_000;
const FLIGHT_MAX = 10_000;
const BEHIND_MAX = 1_000;
const BLOCK_MS_MAX = 1_000;
const SETTING_UP_AGAIN_MS = 500;
const SERVICE = /^(s\d\d)(#\d+)?$/;

/**
 * A group named like a service that the stream's `heardBy` names, or like a shard of it (`s04#2`), is kept: it begins
 * with all that the stream holds, so that a service which was away catches up, and nothing is trimmed that it has not
 * acknowledged. Any other group hears what comes from now on, as long as it has a subscriber, and is then forgotten.
 */
export class RedisBus implements Bus {
  readonly #options: RedisBusOptions;
  readonly #connection: RedisConnection;
  readonly #families: Families;
  readonly #epochs: Epochs;
  readonly #publisher: Publisher;
  readonly #history: History;
  readonly #works: Works;
  readonly #lossyOptions: LossyOptions;
  readonly #writer: LossyWriter;
  readonly #token: string;
  readonly #life: string;
  readonly #blockMs: number;
  readonly #renewing: ReturnType<typeof setInterval>;
  /** By family, then by name. */
  readonly #groups = new Map<string, Map<string, Group>>();
  /** By group, the name of this process in it. */
  readonly #readerNames = new Map<string, string>();
  /** By group and partition. */
  readonly #readers = new Map<string, GroupReader>();
  readonly #lossy = new Map<string, { stream: Stream; listeners: Listen<unknown>[] }>();
  /** By partition. */
  readonly #lossyReaders = new Map<string, LossyReader>();
  /** First attempts of subscriptions to be set up, which publishing waits for. */
  readonly #settingUp = new Set<Promise<void>>();
  #closed = false;

  constructor(options: RedisBusOptions) {
    this.#options = options;
    const { clock, leaseMs = LEASE_MS } = options;
    const connection = new RedisConnection({
      ...options.redis,
      onError: (error) => {
        if (!this.#closed) options.onError?.(error);
      },
    });
    this.#connection = connection;
    const onError = (error: unknown) => connection.report(error);
    // Reads end well before the lease that they began under, and before the connection takes the silence for its end.
    this.#blockMs = Math.floor(Math.min(BLOCK_MS_MAX, leaseMs / 4, connection.commandMs / 2));
    this.#token = Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("hex");
    this.#life = options.place === undefined ? "" : `${options.place}!${this.#token}!`;
    this.#families = new Families(connection, {
      lookMs: options.lookMs ?? LOOK_MS,
      onKey: (family, key) => this.#newKey(family, key),
      onError,
    });
    this.#epochs = new Epochs(connection, { lookMs: options.lookMs ?? LOOK_MS, onError });
    this.#publisher = new Publisher(
      connection,
      { families: this.#families, epochs: this.#epochs },
      {
        clock,
        onNearlyFull: (stream, waiting) => options.onNearlyFull?.(stream, waiting),
        onError,
      },
    );
    this.#history = new History(connection, this.#families);
    const freeze = options.freeze ? deepFreeze : () => {};
    this.#works = {
      ...{ connection, clock, leaseMs, freeze, onError },
      retry: { ...RETRY, ...options.retry },
      onDead: (dead) => options.onDead?.(dead),
      onHealed: (healed) => options.onHealed?.(healed),
      epoch: () => this.#epochs.known,
      onLost: (since) => void this.#epochs.lost(since).catch(onError),
    };
    const { flightMax = FLIGHT_MAX, behindMax = BEHIND_MAX } = options;
    this.#lossyOptions = { clock, blockMs: this.#blockMs, flightMax, behindMax, freeze, onError };
    this.#writer = new LossyWriter(connection, this.#families, this.#lossyOptions);
    this.#renewing = setInterval(() => {
      for (const lane of this.#lanes()) void lane.renew().catch(onError);
      void this.#publisher.recheck().catch(onError);
    }, leaseMs / 3);
  }

  /** Lossy messages that were not sent, and how often a reader was behind and left some out. */
  get lossyLosses(): { dropped: number; behind: number } {
    const behind = [...this.#lossyReaders.values()].reduce((sum, reader) => sum + reader.behind, 0);
    return { dropped: this.#writer.dropped, behind };
  }

  async publish<E>(stream: Stream<E>, event: E, options: Publish = {}): Promise<string> {
    assert(!stream.keyed || options.key, `${stream.family} needs a key`);
    const isLossy = stream.mode === "lossy";
    if (this.#settingUp.size > 0) {
      await after(this.#settingUp, this.#connection.commandMs).catch((error: unknown) => {
        if (!isLossy) throw error;
      });
    }
    if (isLossy) return this.#writer.publish(stream, event, options);
    return this.#publisher.publish(stream, event, options);
  }

  subscribe<E>(stream: Stream<E>, listen: Listen<E>): { stop(): Promise<void> } {
    const consumer = { stream: stream as Stream, listen: listen as Listen<unknown> };
    return stream.mode === "lossy" ? this.#hear(consumer) : this.#join(consumer);
  }

  read<E>(stream: Stream<E>, options: { key?: string; after?: string; limit: number }): Promise<Message<E>[]> {
    return this.#history.read(stream, options);
  }

  async state(families?: readonly string[]): Promise<StreamState[]> {
    await Promise.all([...this.#lanes()].map((lane) => lane.acknowledged()));
    return this.#history.state(this.#options.clock.now(), families);
  }

  epoch(): Promise<string> {
    return this.#epochs.read();
  }

  onLoss(run: (epoch: string) => void): Cancel {
    return this.#epochs.onLoss(run);
  }

  /** Of the streams that are nearly full it knows those which this process publishes on. */
  trouble(): string | undefined {
    const trouble = this.#epochs.trouble();
    if (trouble !== undefined) return trouble;
    const full = this.#publisher.nearlyFull();
    return full && `${full} is nearly full of what nobody has acknowledged`;
  }

  dead(stream: Stream, limit: number): Promise<{ id: string; stream: string; reason: string; body: string }[]> {
    return this.#history.dead(stream.family, limit);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#renewing);
    this.#families.close();
    this.#epochs.close();
    const groups = [...this.#groups.values()].flatMap((named) => [...named.values()]);
    this.#groups.clear();
    await Promise.all(groups.flatMap((group) => [...group.consumers].map((consumer) => group.leave(consumer))));
    this.#closed = true;
    await Promise.all([...this.#readers.values(), ...this.#lossyReaders.values()].map((reader) => reader.stop()));
    this.#connection.close();
  }

  /** As if the process had died: nothing is finished, noted or given back. For tests. */
  abandon(): void {
    this.#closed = true;
    clearInterval(this.#renewing);
    this.#families.close();
    this.#epochs.close();
    for (const groups of this.#groups.values()) for (const group of groups.values()) group.abandon();
    for (const reader of [...this.#readers.values(), ...this.#lossyReaders.values()]) reader.abandon();
    this.#connection.close();
  }

  *#lanes(): Generator<Lane> {
    for (const groups of this.#groups.values()) for (const group of groups.values()) yield* group.lanes.values();
  }

  #join(consumer: Consumer): { stop(): Promise<void> } {
    const { stream, listen } = consumer;
    const groups = this.#groups.get(stream.family) ?? new Map<string, Group>();
    this.#groups.set(stream.family, groups);
    const known = groups.get(listen.group);
    const group = known ?? this.#newGroup(stream, listen);
    groups.set(listen.group, group);
    group.join(consumer);
    if (!known) {
      this.#setUp(
        () => this.#addLanes(stream, group),
        () => group.consumers.length > 0,
      );
    }
    return {
      stop: async () => {
        await Promise.all(this.#settingUp);
        if (group.consumers.every((other) => other === consumer)) groups.delete(listen.group);
        await group.leave(consumer);
      },
    };
  }

  #newGroup({ family, heardBy }: Stream, { group, consumer }: Listen<unknown>): Group {
    const service = SERVICE.exec(group)?.[1];
    const kept = service !== undefined && (heardBy === "all" || heardBy.some((id) => id === service));
    const reader = this.#readerNames.get(group) ?? `${consumer}-${this.#token}`;
    this.#readerNames.set(group, reader);
    return new Group(this.#works, this.#readersOf(group, reader), { family, group, kept, reader, life: this.#life });
  }

  async #addLanes({ family, keyed }: Stream, group: Group): Promise<void> {
    const { kept } = group.place;
    if (kept) await this.#families.addGroup(family, group.place.group);
    const keys = keyed ? await this.#families.watch(family) : [""];
    await Promise.all(keys.map((key) => group.addLane(key, kept ? "0" : "$")));
  }

  #readersOf(group: string, reader: string): Readers {
    const of = (lane: Lane): GroupReader => {
      const key = lane.place.stream;
      const name = `${group} ${this.#connection.partitionOf(key)}`;
      const known = this.#readers.get(name);
      if (known) return known;
      const opened = new GroupReader(this.#connection, { key, group, reader, blockMs: this.#blockMs });
      this.#readers.set(name, opened);
      return opened;
    };
    return {
      add: (lane) => of(lane).add(lane),
      hungry: (lane) => of(lane).hungry(lane),
      quiet: (lane) => of(lane).quiet(lane),
      remove: (lane) => of(lane).remove(lane),
    };
  }

  #newKey(family: string, key: string): void {
    for (const group of this.#groups.get(family)?.values() ?? []) void group.addLane(key, "0");
    const heard = this.#lossy.get(family);
    if (heard) void this.#follow(heard.stream, key, false);
  }

  #hear({ stream, listen }: Consumer): { stop(): Promise<void> } {
    const { family } = stream;
    let heard = this.#lossy.get(family);
    if (!heard) {
      heard = { stream, listeners: [] };
      this.#lossy.set(family, heard);
      this.#setUp(
        async () => {
          const keys = await this.#families.watch(family);
          await Promise.all(keys.map((key) => this.#follow(stream, key, true)));
        },
        () => true,
      );
    }
    const all = heard;
    // Replaced, not changed: a delivery under way goes on over the list it began with.
    all.listeners = [...all.listeners, listen];
    return {
      stop: async () => {
        all.listeners = all.listeners.filter((other) => other !== listen);
        if (all.listeners.length > 0 || this.#lossy.get(family) !== all) return;
        await Promise.all(this.#settingUp);
        this.#lossy.delete(family);
        for (const reader of this.#lossyReaders.values()) reader.unfollow(family);
      },
    };
  }

  #follow(stream: Stream, key: string, fromNow: boolean): Promise<void> {
    const name = streamName(stream.family, key);
    const partition = this.#connection.partitionOf(name);
    let reader = this.#lossyReaders.get(partition);
    if (!reader) {
      const listeners = (family: string) => this.#lossy.get(family)?.listeners ?? [];
      reader = new LossyReader(this.#connection, name, { options: this.#lossyOptions, listeners });
      this.#lossyReaders.set(partition, reader);
    }
    return reader.follow(stream, key, fromNow);
  }

  /** Until it succeeds. */
  #setUp(work: () => Promise<void>, isWanted: () => boolean): void {
    const first = work().catch((error: unknown) => {
      this.#works.onError(error);
      setTimeout(() => {
        if (!this.#closed && isWanted()) this.#setUp(work, isWanted);
      }, SETTING_UP_AGAIN_MS);
    });
    const settled: Promise<void> = first.finally(() => this.#settingUp.delete(settled));
    this.#settingUp.add(settled);
  }
}
