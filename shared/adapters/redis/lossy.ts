/** Lossy streams: written without waiting, read in the order of writing by all who listen, the newest when behind. */
import type { Clock, Listen, Publish, Stream } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { asEntry, asWritten, BEGINNING, type Entry, type Raw, readMessage } from "./entry.ts";
import type { Families } from "./families.ts";
import { streamName } from "./names.ts";
import { ReadLoop, type Reply } from "./read-loop.ts";

export interface LossyOptions {
  clock: Clock;
  blockMs: number;
  /** Messages on their way to the server; what comes beyond is dropped. */
  flightMax: number;
  /** A reader that is this far behind in a stream goes on with its newest message. */
  behindMax: number;
  freeze(event: unknown): void;
  onError(error: unknown): void;
}

export class LossyWriter {
  readonly #connection: RedisConnection;
  readonly #families: Families;
  readonly #options: LossyOptions;
  #inFlight = 0;
  #told = 0;
  dropped = 0;

  constructor(connection: RedisConnection, families: Families, options: LossyOptions) {
    this.#connection = connection;
    this.#families = families;
    this.#options = options;
  }

  /** Never waits for the server: what it cannot take now is dropped, and a newer one will come. */
  publish<E>(stream: Stream<E>, event: E, { key = "", traceparent = "" }: Publish): string {
    const nth = ++this.#told;
    const id = String(nth);
    const { client, isReady } = this.#connection;
    if (!isReady || this.#inFlight >= this.#options.flightMax) {
      this.dropped++;
      return id;
    }
    const { family, version, lengthMax } = stream;
    const work: Promise<unknown>[] = [];
    if (!this.#families.isAnnounced(family, key)) work.push(this.#families.announce(stream, key));
    const head = ["version", version, "ts", this.#options.clock.now(), "traceparent", traceparent];
    const fields = [...head, "nth", nth, "key", key, "event", JSON.stringify(event)];
    work.push(client.xadd(streamName(family, key), "MAXLEN", "~", lengthMax, "*", ...fields));
    this.#inFlight++;
    Promise.all(work)
      .catch(() => {
        this.dropped++;
      })
      .finally(() => {
        this.#inFlight--;
      });
    return id;
  }
}

interface Followed {
  readonly stream: Stream;
  readonly key: string;
  /** The last entry read. */
  after: string;
}

/** Reads all lossy streams that this process hears in one partition, each once for all who listen. */
export class LossyReader {
  readonly #connection: RedisConnection;
  readonly #options: LossyOptions;
  readonly #listeners: (family: string) => readonly Listen<unknown>[];
  readonly #streams = new Map<string, Followed>();
  readonly #loop: ReadLoop;
  /** Times a reader was behind and went on with the newest. */
  behind = 0;

  constructor(
    connection: RedisConnection,
    key: string,
    parts: { options: LossyOptions; listeners(family: string): readonly Listen<unknown>[] },
  ) {
    this.#connection = connection;
    this.#options = parts.options;
    this.#listeners = parts.listeners;
    this.#loop = new ReadLoop(connection, {
      key,
      next: () => this.#next(),
      deliver: (reply) => this.#deliver(reply),
      failed: (error) => this.#options.onError(error),
    });
  }

  /** `fromNow`: without what the stream holds already. */
  async follow(stream: Stream, key: string, fromNow: boolean): Promise<void> {
    const name = streamName(stream.family, key);
    if (this.#streams.has(name)) return;
    const newest = fromNow ? await this.#newest(name) : undefined;
    if (this.#streams.has(name)) return;
    this.#streams.set(name, { stream, key, after: newest?.[0] ?? BEGINNING });
    this.#loop.wake();
  }

  unfollow(family: string): void {
    for (const [name, { stream }] of this.#streams) if (stream.family === family) this.#streams.delete(name);
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  abandon(): void {
    this.#loop.abandon();
  }

  async #newest(name: string): Promise<Raw | undefined> {
    const found = (await this.#connection.client.xrevrange(name, "+", "-", "COUNT", 1)) as Raw[];
    return found[0];
  }

  #next(): string[] | undefined {
    if (this.#streams.size === 0) return undefined;
    const names = this.#streams.keys();
    const ids = this.#streams.values().map(({ after }) => after);
    const { behindMax, blockMs } = this.#options;
    return ["XREAD", "COUNT", String(behindMax), "BLOCK", String(blockMs), "STREAMS", ...names, ...ids];
  }

  /** An instrument's trades, tickers and books lie in streams of their own, but their order among them matters. */
  async #deliver(reply: Reply): Promise<void> {
    const due: { name: string; followed: Followed; entry: Entry }[] = [];
    for (const [name, raws] of reply) {
      const followed = this.#streams.get(name);
      if (!followed || raws.length === 0) continue;
      const isBehind = raws.length >= this.#options.behindMax;
      if (isBehind) this.behind++;
      const newest = isBehind ? await this.#newest(name) : undefined;
      const wanted = newest ? [newest] : raws;
      followed.after = wanted.at(-1)![0];
      for (const raw of wanted) due.push({ name, followed, entry: asEntry(raw) });
    }
    if (reply.length > 1) due.sort((a, b) => asWritten(a.entry, b.entry));
    for (const { name, followed, entry } of due) this.#hand(name, followed, entry);
  }

  #hand(name: string, { stream }: Followed, entry: Entry): void {
    const { onError, freeze } = this.#options;
    const read = readMessage(stream, name, entry);
    if ("reason" in read) {
      onError(new Error(`${name} ${entry.at}: ${read.reason}`));
      return;
    }
    freeze(read.message.event);
    for (const listen of this.#listeners(stream.family)) {
      try {
        listen.handle(read.message);
      } catch (error) {
        onError(error);
      }
    }
  }
}
