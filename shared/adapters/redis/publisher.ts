/** Adds messages to reliable streams, each id once, and keeps the streams near their length. */
import { assert, Problem } from "../../errors.ts";
import type { Clock, Publish, Stream } from "../../kit/ports.ts";
import { KEEP, PUBLISH } from "./bus-scripts.ts";
import type { RedisConnection } from "./connection.ts";
import { isRedisId } from "./entry.ts";
import type { Families } from "./families.ts";
import { idsName, marksName, streamName } from "./names.ts";

const NEARLY_FULL = 0.9;

interface Kept {
  readonly names: { stream: string; marks: string; ids: string };
  /** Published by this process since it last looked at the length. */
  published: number;
  nearlyFull: boolean;
}

export class Publisher {
  readonly #connection: RedisConnection;
  readonly #families: Families;
  readonly #clock: Clock;
  readonly #onNearlyFull: (stream: string, waiting: number) => void;
  readonly #onError: (error: unknown) => void;
  readonly #streams = new Map<string, Kept>();

  constructor(
    connection: RedisConnection,
    families: Families,
    options: { clock: Clock; onNearlyFull(stream: string, waiting: number): void; onError(error: unknown): void },
  ) {
    this.#connection = connection;
    this.#families = families;
    this.#clock = options.clock;
    this.#onNearlyFull = options.onNearlyFull;
    this.#onError = options.onError;
  }

  async publish<E>(stream: Stream<E>, event: E, { key = "", id = "", traceparent = "" }: Publish): Promise<string> {
    assert(!isRedisId(id), "a message's own id is not one of Redis'");
    const { family, version } = stream;
    const body = JSON.stringify(event);
    const kept = this.#keptOf(streamName(family, key));
    // Before the first message: a stream that nobody knows of is heard by nobody.
    if (!this.#families.isAnnounced(family, key)) await this.#families.announce(stream, key);
    const { stream: name, ids, marks } = kept.names;
    const args = [id, version, this.#clock.now(), traceparent, key, body];
    const [at, seq, length] = (await PUBLISH.run(this.#connection, [name, ids, marks], args)) as [
      string,
      number,
      number,
    ];
    if (at === "") return id;
    // The first of its stream, again: the server has lost everything.
    if (seq === 1) await this.#families.announce(stream, key);
    // What is added is added, whatever becomes of the trimming.
    await this.#keepLength(stream as Stream, kept, length).catch(this.#onError);
    return id === "" ? at : id;
  }

  /** Now and then only: looking at every message would double its cost. */
  async #keepLength(stream: Stream, kept: Kept, length: number): Promise<void> {
    const { lengthMax, family } = stream;
    kept.published++;
    if (length < lengthMax * NEARLY_FULL || kept.published <= lengthMax / 100) return;
    kept.published = 0;
    const { stream: name, marks, ids } = kept.names;
    const groups = await this.#families.groupsOf(family);
    const answer = await KEEP.run(this.#connection, [name, marks, ids], [lengthMax, ...groups]);
    const [waiting] = answer as [number];
    const nearlyFull = waiting >= lengthMax * NEARLY_FULL;
    if (nearlyFull && !kept.nearlyFull) this.#onNearlyFull(name, waiting);
    kept.nearlyFull = nearlyFull;
  }

  #keptOf(name: string): Kept {
    const known = this.#streams.get(name);
    if (known) return known;
    const names = { stream: name, marks: marksName(name), ids: idsName(name) };
    const kept: Kept = { names, published: 0, nearlyFull: false };
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
