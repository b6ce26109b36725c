/** One group's way through one stream: in order, one message at a time, tried again with growing waits, then buried. */
import { Problem } from "../../errors.ts";
import type { Cancel, Clock, Listen, Message, Stream } from "../../kit/ports.ts";
import type { BusLog, LogEntry, LogStream } from "./log.ts";

export interface Retry {
  /** The first wait; each further one is `factor` times as long. */
  baseMs: number;
  factor: number;
  triesMax: number;
}

export interface Dead {
  stream: string;
  group: string;
  id: string;
  reason: string;
}

/** What all lanes of a bus share. */
export interface Works {
  log: BusLog;
  clock: Clock;
  retry: Retry;
  freeze(event: unknown): void;
  onDead(dead: Dead): void;
  onError(error: unknown): void;
}

export interface Consumer {
  readonly stream: Stream;
  readonly listen: Listen<unknown>;
}

export interface Start {
  /** All up to here is settled. */
  seq: number;
  /** How often the next one has failed. */
  tries: number;
}

/** Messages kept by reference for a lane that is busy; what comes beyond is read from disk when its turn comes. */
const QUEUE_MAX = 1_000;
const READ_BATCH = 100;

type Queued = { seq: number; message: Message } | { seq: number; stored: LogEntry };

export class Lane {
  readonly stream: LogStream;
  readonly group: string;
  readonly #works: Works;
  readonly #consumer: () => Consumer | undefined;
  readonly #kept: boolean;
  #queue: Queued[] = [];
  /** Everything up to here is settled or in the queue. */
  #queuedTo: number;
  #settled: number;
  #tries: number;
  /** The consumer at work, from its first try until the message is settled or it was dropped. */
  #busy: { consumer: Consumer; tried: PromiseWithResolvers<void> } | undefined;
  #retrying: Cancel | undefined;
  #awake = false;

  constructor(
    works: Works,
    at: { stream: LogStream; group: string; kept: boolean; start: Start },
    consumer: () => Consumer | undefined,
  ) {
    this.#works = works;
    this.#consumer = consumer;
    this.stream = at.stream;
    this.group = at.group;
    this.#kept = at.kept;
    this.#settled = Math.max(at.start.seq, at.stream.first - 1);
    this.#queuedTo = this.#settled;
    this.#tries = at.start.tries;
  }

  get settled(): number {
    return this.#settled;
  }
  get pending(): number {
    return this.#busy || this.#retrying ? 1 : 0;
  }
  get lag(): number {
    return this.stream.last - this.#settled - this.pending;
  }

  /** A message just appended. By reference, unless the lane is behind. */
  offer(seq: number, message: Message): void {
    if (this.#queuedTo === seq - 1 && this.#queue.length < QUEUE_MAX) {
      this.#queue.push({ seq, message });
      this.#queuedTo = seq;
    }
    this.wake();
  }

  wake(): void {
    if (this.#awake || this.#busy || this.#retrying) return;
    this.#awake = true;
    queueMicrotask(() => {
      this.#awake = false;
      if (!this.#busy && !this.#retrying) void this.#work();
    });
  }

  /** Resolves when the try that the consumer is at, if any, has ended. */
  async idleOf(consumer: Consumer): Promise<void> {
    if (this.#busy?.consumer === consumer) await this.#busy.tried.promise;
  }

  /** Takes the message back from a consumer that died: whatever it still does counts for nothing. */
  drop(consumer: Consumer): void {
    if (this.#busy?.consumer !== consumer) return;
    this.#busy.tried.resolve();
    this.#busy = undefined;
    this.wake();
  }

  close(): void {
    this.#retrying?.();
    this.#retrying = undefined;
  }

  async #work(): Promise<void> {
    while (!this.#retrying) {
      const consumer = this.#consumer();
      const next = consumer && this.#next();
      if (!consumer || !next) return;
      const message = this.#messageOf(next, consumer.stream);
      if (!message) continue;
      const busy = { consumer, tried: Promise.withResolvers<void>() };
      this.#busy = busy;
      const failure = await attempt(consumer, message);
      if (this.#busy !== busy) return;
      this.#busy = undefined;
      if (failure) this.#failed(next.seq, message.id, failure.error);
      else this.#settle(next.seq);
      busy.tried.resolve();
    }
  }

  #next(): Queued | undefined {
    if (this.#queue.length === 0 && this.#queuedTo < this.stream.last) {
      const entries = this.#works.log.after(this.stream, this.#queuedTo, READ_BATCH);
      this.#queue = entries.map((stored) => ({ seq: stored.seq, stored }));
      this.#queuedTo = entries.at(-1)?.seq ?? this.stream.last;
    }
    return this.#queue[0];
  }

  /** Undefined when what is on disk cannot be read, which no retry would change: it is buried at once. */
  #messageOf(queued: Queued, stream: Stream): Message | undefined {
    if ("message" in queued)
      return this.#tries === 0 ? queued.message : { ...queued.message, attempt: this.#tries + 1 };
    const { seq, stored } = queued;
    const read = readStored(stream, stored);
    if ("reason" in read) {
      this.#bury(seq, stored.id, read.reason);
      return undefined;
    }
    this.#works.freeze(read.event);
    return asMessage(this.stream, { ...stored, event: read.event }, this.#tries + 1);
  }

  #failed(seq: number, id: string, error: unknown): void {
    if (isUnready(error)) {
      this.#pause(UNREADY_TRIES);
      return;
    }
    this.#tries++;
    const { retry } = this.#works;
    if (this.#tries >= retry.triesMax) {
      this.#bury(seq, id, `${error instanceof Error ? error.message : String(error)} (${this.#tries} tries)`);
      return;
    }
    this.#note();
    this.#pause(this.#tries);
  }

  #pause(tries: number): void {
    const { clock, retry } = this.#works;
    this.#retrying = clock.after(retry.baseMs * retry.factor ** (tries - 1), () => {
      this.#retrying = undefined;
      this.wake();
    });
  }

  /** A message that cannot even be buried stays where it is: without its dead letter it would be lost. */
  #bury(seq: number, id: string, reason: string): void {
    const { stream, group } = this;
    this.#guarded(() => this.#works.log.bury({ stream, group, seq }, reason, () => this.#settle(seq)));
    if (this.#settled === seq) this.#works.onDead({ stream: stream.name, group, id, reason });
    else this.#pause(this.#works.retry.triesMax);
  }

  #settle(seq: number): void {
    this.#queue.shift();
    this.#settled = seq;
    this.#tries = 0;
    this.#note();
  }

  /** Where this fails the message is handed out once more after the next start, which "at least once" allows. */
  #note(): void {
    if (!this.#kept) return;
    const { stream, group } = this;
    this.#guarded(() => this.#works.log.place({ stream, group, seq: this.#settled, tries: this.#tries }));
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#works.onError(error);
    }
  }
}

async function attempt(consumer: Consumer, message: Message): Promise<{ error: unknown } | undefined> {
  try {
    await consumer.listen.handle(message);
  } catch (error) {
    return { error };
  }
}

export function asMessage(
  stream: LogStream,
  entry: { id: string; version: number; event: unknown; ts: number; traceparent?: string },
  attempt = 1,
): Message {
  return {
    id: entry.id,
    stream: stream.name,
    key: stream.key,
    version: entry.version,
    event: entry.event as Readonly<unknown>,
    ts: entry.ts,
    ...(entry.traceparent === undefined ? {} : { traceparent: entry.traceparent }),
    attempt,
  };
}

/** A stored entry's event, or why it is none. */
export function readStored<E>(
  stream: Stream<E>,
  stored: Pick<LogEntry, "version" | "event">,
): { event: E } | { reason: string } {
  if (stored.version !== stream.version) return { reason: `version ${stored.version} is unknown` };
  let body: unknown;
  try {
    body = JSON.parse(stored.event);
  } catch {
    return { reason: "the body is no JSON" };
  }
  const parsed = stream.event.safeParse(body);
  if (parsed.success) return { event: parsed.data };
  const issue = parsed.error.issues[0];
  return { reason: `the body is no event of this stream: ${issue?.path.join(".")} ${issue?.message}` };
}

/** Whoever is not ready is asked again after the pause of so many tries. */
export const UNREADY_TRIES = 2;
/** It is not the message's fault, so it does not count as a try: what the handler needs is away, and will be back. */
export const isUnready = (error: unknown): boolean =>
  error instanceof Problem && (error.code === "NOT_READY" || error.code === "UNAVAILABLE");
