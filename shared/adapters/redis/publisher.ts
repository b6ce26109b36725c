/** Adds messages to reliable streams, each id once, and keeps the streams near their length. */
import { assert, Problem } from "../../errors.ts";
import type { Clock, Publish, Stream } from "../../kit/ports.ts";
import { KEEP, PUBLISH } from "./bus-scripts.ts";
import type { RedisConnection } from "./connection.ts";
import { isRedisId } from "./entry.ts";
import type { Epochs } from "./epochs.ts";
import type { Families } from "./families.ts";
import { idsName, marksName, streamName } from "./names.ts";

const NEARLY_FULL = 0.9;

interface Kept {
  readonly of: Pick<Stream, "family" | "lengthMax">;
  readonly names: { stream: string; marks: string; ids: string };
  /** Published by this process since it last looked at the length. */
  published: number;
  nearlyFull: boolean;
  /** In which this process last added to it; undefined before the first time. */
  epoch: string | undefined;
  /** The highest sequence number that this process's messages have had in this epoch. */
  seq: number;
}

export class Publisher {
  readonly #connection: RedisConnection;
  readonly #families: Families;
  readonly #epochs: Epochs;
  readonly #clock: Clock;
  readonly #onNearlyFull: (stream: string, waiting: number) => void;
  readonly #onError: (error: unknown) => void;
  readonly #streams = new Map<string, Kept>();

  constructor(
    connection: RedisConnection,
    { families, epochs }: { families: Families; epochs: Epochs },
    options: { clock: Clock; onNearlyFull(stream: string, waiting: number): void; onError(error: unknown): void },
  ) {
    this.#connection = connection;
    this.#families = families;
    this.#epochs = epochs;
    epochs.onLoss(() => {
      for (const kept of this.#streams.values()) kept.epoch = undefined;
    });
    this.#clock = options.clock;
    this.#onNearlyFull = options.onNearlyFull;
    this.#onError = options.onError;
  }

  async publish<E>(stream: Stream<E>, event: E, options: Publish): Promise<string> {
    const { key = "", id = "", traceparent = "" } = options;
    assert(!isRedisId(id), "a message's own id is not one of Redis'");
    const { family, version } = stream;
    const body = JSON.stringify(event);
    const kept = this.#keptOf(streamName(family, key), stream);
    // Before the first message: a stream that nobody knows of is heard by nobody.
    if (!this.#families.isAnnounced(family, key)) await this.#families.announce(stream, key);
    const { stream: name, ids, marks } = kept.names;
    const since = kept.epoch;
    const isKnown = since === undefined ? 0 : 1;
    const args = [id, version, this.#clock.now(), traceparent, key, body, isKnown, options.again ? 1 : 0];
    const [at, seq, length] = (await PUBLISH.run(this.#connection, [name, ids, marks], args)) as [
      string,
      number,
      number,
    ];
    if (seq < 0) return this.#gone(kept, () => this.publish(stream, event, options), id !== "");
    if (at === "") {
      kept.epoch = this.#epochs.known;
      return id;
    }
    // Numbers go back: the server is as it was some time ago, and what came since is gone, for whoever had not heard it.
    if (since !== undefined && seq <= kept.seq) await this.#epochs.lost(since);
    kept.epoch = this.#epochs.known;
    kept.seq = seq;
    // The first of its stream, again: the server has lost everything.
    if (seq === 1) await this.#families.announce(stream, key);
    // What is added is added, whatever becomes of the trimming.
    await this.#keepLength(kept, length).catch(this.#onError);
    return id === "" ? at : id;
  }

  /** The stream is gone. Who gave the message its id has kept what came before it, and tells that again first. */
  async #gone(kept: Kept, again: () => Promise<string>, isKeptElsewhere: boolean): Promise<string> {
    await this.#epochs.lost(kept.epoch ?? this.#epochs.known);
    kept.epoch = undefined;
    if (isKeptElsewhere) throw new Problem("UNAVAILABLE", "Redis has lost what it held: that has to be told first.");
    return again();
  }

  /** A stream that is nearly full of what was not acknowledged when this process last looked. */
  nearlyFull(): string | undefined {
    for (const [name, kept] of this.#streams) if (kept.nearlyFull) return name;
    return undefined;
  }

  /** Looks again at the streams that were nearly full: nothing may be published on them until they are not. */
  async recheck(): Promise<void> {
    for (const kept of this.#streams.values()) if (kept.nearlyFull) await this.#measure(kept);
  }

  /** Now and then only: looking at every message would double its cost. */
  async #keepLength(kept: Kept, length: number): Promise<void> {
    const { lengthMax } = kept.of;
    kept.published++;
    if (length < lengthMax * NEARLY_FULL || kept.published <= lengthMax / 100) return;
    kept.published = 0;
    await this.#measure(kept);
  }

  async #measure(kept: Kept): Promise<void> {
    const { stream: name, marks, ids } = kept.names;
    const { family, lengthMax } = kept.of;
    const groups = await this.#families.groupsOf(family);
    const answer = await KEEP.run(this.#connection, [name, marks, ids], [lengthMax, ...groups]);
    const [waiting] = answer as [number];
    const nearlyFull = waiting >= lengthMax * NEARLY_FULL;
    if (nearlyFull && !kept.nearlyFull) this.#onNearlyFull(name, waiting);
    kept.nearlyFull = nearlyFull;
  }

  #keptOf(name: string, of: Kept["of"]): Kept {
    const known = this.#streams.get(name);
    if (known) return known;
    const names = { stream: name, marks: marksName(name), ids: idsName(name) };
    const kept: Kept = { of, names, published: 0, nearlyFull: false, epoch: undefined, seq: 0 };
    this.#streams.set(name, kept);
    return kept;
  }
}

/** Waits for `first` so that what this process has just begun to hear misses nothing; never longer than `ms`. */
export async function after(first: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  const late = Bun.sleep(ms).then(() => {
    throw new Problem("UNAVAILABLE", "Redis is not available now.");
  });
  late.catch(() => {});
  await Promise.race([Promise.all(first), late]);
}
