/** One group's way through one stream: in order, one message at a time, tried again with growing waits, then buried. */
import type { Cancel, Listen, Message, Stream } from "../../kit/ports.ts";
import { isUnready, UNREADY_TRIES } from "../embedded-bus/lane.ts";
import { Acks } from "./acks.ts";
import { BURY, RELEASE, RENEW, TAKE } from "./bus-scripts.ts";
import { asEntry, BEGINNING, type Entry, isAfter, type Raw, readMessage } from "./entry.ts";
import { dlqName, marksName } from "./names.ts";
import { type Mark, Sequence } from "./sequence.ts";
import type { Healed, Works } from "./works.ts";

export interface Consumer {
  readonly stream: Stream;
  readonly listen: Listen<unknown>;
}

/** Where a lane is: its stream, its group, and the name under which the server knows this reader. */
export interface Place {
  stream: string;
  key: string;
  group: string;
  /** The group's places outlive its readers; else it begins with what comes, and ends with the lane. */
  kept: boolean;
  start: "0" | "$";
  reader: string;
  token: string;
}

interface LaneParts {
  /** Who is to handle its next message; nobody, when no consumer here owns its key. */
  consumer(): Consumer | undefined;
  onHungry(): void;
  quiet(): Promise<void>;
}

/** Messages read ahead. */
export const AHEAD_MAX = 200;
const TAKE_MAX = 1_000;
const DEAD_MAX = 10_000;
const TAKE_AGAIN_MS = { least: 50, most: 1_000 };

type Taken = [
  taken: number,
  createdOrLeft: number,
  pending: [...Raw, number][],
  gone: number,
  following: number,
  given: number,
];

/**
 * Only the reader that holds the lane's lease in Redis reads and handles; another takes over when the lease has run
 * out or was given back, and is handed all that was left pending. Every read ends before the lease does, so that
 * a reader which was paused hears nothing that its successor should.
 */
export class Lane {
  readonly place: Place;
  readonly #works: Works;
  readonly #consumer: () => Consumer | undefined;
  /** There is room for more than there was. */
  readonly #onHungry: () => void;
  /** Resolves when no read is on its way that could bring this lane messages. */
  readonly #quiet: () => Promise<void>;
  readonly #acks: Acks;
  #queue: Entry[] = [];
  /** All up to here was handled. */
  #settled = BEGINNING;
  /** Until when the lease holds, by this process's own clock. */
  #until = 0;
  #taking: Promise<void> | undefined;
  /** Something was handed out since the take under way has looked, or may have been. */
  #lookAgain = false;
  #takeTimer: ReturnType<typeof setTimeout> | undefined;
  #takePauseMs = TAKE_AGAIN_MS.least;
  #known = false;
  /** More is pending than was handed out when it was taken. */
  #more = false;
  readonly #sequence = new Sequence();
  /** In which nothing was missing yet. */
  #epoch = "";
  #busy: { consumer: Consumer; entry: Entry; tried: Promise<void> } | undefined;
  #retrying: Cancel | undefined;
  #awake = false;
  #ended = false;

  constructor(works: Works, place: Place, parts: LaneParts) {
    this.#works = works;
    this.place = place;
    this.#consumer = parts.consumer;
    this.#onHungry = parts.onHungry;
    this.#quiet = parts.quiet;
    this.#acks = new Acks(works.connection, place);
  }

  /** Whether a read that lasts `ms` may bring it messages. */
  mayRead(ms: number): boolean {
    return this.#isHeld(ms) && !this.#taking && !this.#more && this.#queue.length < AHEAD_MAX;
  }

  /** Resolves after one attempt, however it ends; the next comes by itself. Not taken: what nobody here owns. */
  take(): Promise<void> {
    if (this.#ended || !this.#consumer()) return Promise.resolve();
    clearTimeout(this.#takeTimer);
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined;
      if (this.#isHeld(0)) this.#onHungry();
    });
    return this.#taking;
  }

  /** After a read whose answer is lost: a take that is under way may have looked before that was handed out. */
  takeWhatIsPending(): Promise<void> {
    this.#lookAgain = true;
    return this.take();
  }

  /** Somebody here may own it now who did not before. */
  async want(): Promise<void> {
    if (this.#until === 0) await this.take();
  }

  /** Gives it up when nobody here owns it any more. */
  async yield(): Promise<void> {
    if (this.#until === 0 || this.#taking || this.#ended || this.#consumer()) return;
    this.#taking = this.#giveUp().finally(() => {
      this.#taking = undefined;
    });
    await this.#taking;
  }

  async renew(): Promise<void> {
    if (this.#taking || this.#ended) return;
    if (this.#until === 0) return this.take();
    if (!this.#consumer()) return this.yield();
    const { connection } = this.#works;
    const { stream, group, token, reader } = this.place;
    const from = performance.now();
    const { leaseMs } = this.#works;
    const asked = this.#sequence.mark();
    const args = [group, token, leaseMs, reader];
    const next = Number(await RENEW.run(connection, [stream, marksName(stream)], args));
    if (next > 0) {
      this.#until = from + leaseMs;
      this.#missed(this.#sequence.renewed({ next, asked }));
      if (this.#sequence.isSure) this.#epoch = this.#works.epoch();
      this.wake();
      this.#onHungry();
    } else await this.take();
  }

  offer(raws: readonly Raw[]): void {
    for (const raw of raws) {
      const entry = asEntry(raw);
      const last = this.#queue.at(-1)?.at ?? this.#busy?.entry.at ?? this.#settled;
      if (!isAfter(entry.at, last)) continue;
      this.#missed(this.#sequence.read(entry.seq));
      this.#queue.push(entry);
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
    if (this.#busy?.consumer === consumer) await this.#busy.tried;
  }

  /** Resolves when what was handled is acknowledged, or at once when that cannot be done now. */
  acknowledged(): Promise<void> {
    return this.#acks.flushed();
  }

  /** Takes no more; what was not handled is for whoever takes the lane next. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#takeTimer);
    this.#retrying?.();
    this.#retrying = undefined;
  }

  /** To be called when no read is on its way that could bring this lane messages. */
  async release(): Promise<void> {
    const { stream, group, token, kept } = this.place;
    await this.#taking;
    await this.#acks.close();
    await RELEASE.run(this.#works.connection, [stream, marksName(stream)], [group, token, kept ? 0 : 1]);
  }

  #isHeld(forMs: number): boolean {
    return !this.#ended && performance.now() + forMs < this.#until;
  }

  /** Nothing is read between one look and the next: what is read would come before what was pending. */
  async #takeAll(): Promise<void> {
    do {
      this.#lookAgain = false;
      await this.#take();
    } while (this.#lookAgain && this.#isHeld(0));
  }

  async #take(): Promise<void> {
    const { stream, group, token, reader, start, kept } = this.place;
    const { connection, leaseMs } = this.#works;
    const from = performance.now();
    const asked = this.#sequence.mark();
    if (this.#epoch === "") this.#epoch = this.#works.epoch();
    try {
      const args = [group, token, leaseMs, reader, start, this.#settled, TAKE_MAX, kept ? 0 : 1];
      const taken = (await TAKE.run(connection, [stream, marksName(stream)], args)) as Taken;
      if (taken[0] === 1) {
        this.#until = from + leaseMs;
        this.#took(taken, asked);
        this.#takePauseMs = TAKE_AGAIN_MS.least;
        return;
      }
      this.#lost();
      this.#takeAgain(Math.min(taken[1] + 1, TAKE_AGAIN_MS.most));
    } catch (error) {
      this.#works.onError(error);
      this.#takeAgain(this.#takePauseMs);
      this.#takePauseMs = Math.min(2 * this.#takePauseMs, TAKE_AGAIN_MS.most);
    }
  }

  #takeAgain(ms: number): void {
    if (!this.#ended) this.#takeTimer = setTimeout(() => void this.take(), ms);
  }

  /** Another reader has the lane: what waits here is handed to it. */
  #lost(): void {
    this.#until = 0;
    this.#queue = [];
    this.#sequence.forget();
  }

  #took([, created, pending, gone, following, given]: Taken, asked: Mark): void {
    const isRecreated = created === 1 && (this.#known || given >= 0);
    if (isRecreated) {
      // One that is not kept is forgotten when its reader was silent for too long: nothing of the stream's is lost.
      if (this.place.kept) this.#heal("recreated", 0);
      this.#settled = BEGINNING;
    }
    if (gone > 0) this.#heal("missing", gone);
    this.#known = true;
    this.#more = pending.length === TAKE_MAX;
    let read = this.#sequence.next ?? (given < 0 ? following : given + 1);
    const known = new Set(this.#queue.map((entry) => entry.at));
    for (const [at, fields, tries] of pending) {
      // What is gone from the stream, but was read ahead, is handled all the same.
      if (known.has(at) || at === this.#busy?.entry.at || fields?.length === 0) continue;
      const entry = asEntry([at, fields], tries);
      read = Math.max(read, entry.seq + 1);
      this.#queue.push(entry);
    }
    this.#queue.sort((a, b) => (isAfter(a.at, b.at) ? 1 : -1));
    if (isRecreated || gone > 0 || this.#more) this.#sequence.begin(following);
    else this.#missed(this.#sequence.took(read, { next: following, asked }));
    this.#epoch = this.#works.epoch();
    this.wake();
  }

  #missed(count: number): void {
    if (count > 0) this.#heal("missing", count);
  }

  #heal(what: Healed["what"], count: number): void {
    const { stream, group } = this.place;
    this.#works.onHealed({ stream, group, what, count });
    this.#works.onLost(this.#epoch);
    this.#epoch = this.#works.epoch();
  }

  /** Nobody here owns it any more: what waits in it is left to whoever does. */
  async #giveUp(): Promise<void> {
    const { stream, group, token, kept } = this.place;
    this.#lost();
    this.#retrying?.();
    this.#retrying = undefined;
    await this.#quiet();
    await this.#busy?.tried;
    await this.#acks.flushed();
    this.#lost();
    const args = [group, token, kept ? 0 : 1];
    await RELEASE.run(this.#works.connection, [stream, marksName(stream)], args).catch(this.#works.onError);
  }

  async #work(): Promise<void> {
    while (!this.#retrying && this.#isHeld(0)) {
      const consumer = this.#consumer();
      const entry = this.#queue[0];
      if (!consumer || !entry) break;
      const ended = Promise.withResolvers<void>();
      this.#busy = { consumer, entry, tried: ended.promise };
      try {
        await this.#try(consumer, entry);
      } finally {
        this.#busy = undefined;
        ended.resolve();
      }
      if (this.#queue.length === AHEAD_MAX / 2) this.#onHungry();
    }
    if (this.#more && this.#queue.length === 0 && this.#isHeld(0)) {
      this.#more = false;
      await this.take();
    }
  }

  async #try(consumer: Consumer, entry: Entry): Promise<void> {
    const read = readMessage(consumer.stream, this.place.stream, entry);
    if ("reason" in read) return this.#bury(entry, read.reason);
    this.#works.freeze(read.message.event);
    const failure = await attempt(consumer, read.message);
    if (!failure) return this.#settle(entry);
    const { error } = failure;
    if (isUnready(error)) return this.#pause(UNREADY_TRIES);
    const { retry } = this.#works;
    if (entry.tries >= retry.triesMax) {
      return this.#bury(entry, `${error instanceof Error ? error.message : String(error)} (${entry.tries} tries)`);
    }
    this.#pause(entry.tries);
    entry.tries++;
    await this.#note(entry);
  }

  #pause(tries: number): void {
    const { clock, retry } = this.#works;
    this.#retrying = clock.after(retry.baseMs * retry.factor ** (tries - 1), () => {
      this.#retrying = undefined;
      this.wake();
    });
  }

  /** How often it was tried outlives this process. Where that cannot be noted, it is tried once more than it should. */
  async #note(entry: Entry): Promise<void> {
    const { stream, group, reader } = this.place;
    const { connection } = this.#works;
    const args = [stream, group, reader, 0, entry.at, "RETRYCOUNT", entry.tries, "JUSTID"];
    await connection.ask(connection.client.call("XCLAIM", ...args)).catch(this.#works.onError);
  }

  #settle(entry: Entry): void {
    this.#forget(entry);
    this.#acks.add(entry.at);
  }

  #forget(entry: Entry): void {
    // Another reader may have been given the lane meanwhile, and this one's queue taken away.
    if (this.#queue[0] === entry) this.#queue.shift();
    this.#settled = entry.at;
  }

  /** A message that cannot be buried stays where it is: without its dead letter it would be lost. */
  async #bury(entry: Entry, reason: string): Promise<void> {
    const { stream, group } = this.place;
    const { connection } = this.#works;
    try {
      const letter = ["id", entry.id, "group", group, "reason", reason, "body", entry.event];
      await connection.ask(connection.client.xadd(dlqName(stream), "MAXLEN", "~", DEAD_MAX, "*", ...letter));
      await BURY.run(connection, [stream, marksName(stream)], [group, entry.at]);
    } catch (error) {
      this.#works.onError(error);
      this.#pause(this.#works.retry.triesMax);
      return;
    }
    this.#forget(entry);
    this.#works.onDead({ stream, group, id: entry.id, reason });
  }
}

async function attempt(consumer: Consumer, message: Message): Promise<{ error: unknown } | undefined> {
  try {
    await consumer.listen.handle(message);
  } catch (error) {
    return { error };
  }
}
