/** Reads streams by one blocking command after the other, on a connection of its own, and can be interrupted. */
import type { Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import type { Raw } from "./entry.ts";

export type Reply = [stream: string, entries: Raw[]][];

export interface ReadWork {
  /** Any stream that is read: all are in one partition. */
  readonly key: string;
  /** The blocking command to send now; undefined when there is nothing to read until `wake`. */
  next(): string[] | undefined;
  /** The next command waits for it. */
  deliver(reply: Reply): void | Promise<void>;
  /** The command came to nothing, or its answer was lost. */
  failed(error: unknown): void;
}

const INTERRUPT_MS = 2;
const PAUSE_MS = { least: 20, most: 1_000 };

export class ReadLoop {
  readonly #connection: RedisConnection;
  readonly #work: ReadWork;
  #redis: Redis | undefined;
  #id = 0;
  /** Resolves when the command that is on its way has ended. */
  #flight: Promise<void> | undefined;
  #interrupted: Promise<void> | undefined;
  #rest: PromiseWithResolvers<void> | undefined;
  #ended = false;
  readonly #running: Promise<void>;

  constructor(connection: RedisConnection, work: ReadWork) {
    this.#connection = connection;
    this.#work = work;
    this.#running = this.#run();
  }

  /** There is more to read than there was. */
  wake(): void {
    this.#rest?.resolve();
    if (this.#flight) void this.#interrupt();
  }

  /** Resolves when no command that began before this call is on its way. */
  async quiet(): Promise<void> {
    const flight = this.#flight;
    if (!flight) return;
    void this.#interrupt();
    await flight;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.wake();
    await this.#running;
  }

  /** Ends it in the middle of whatever it is doing. */
  abandon(): void {
    this.#ended = true;
    this.#rest?.resolve();
    this.#drop();
  }

  async #run(): Promise<void> {
    let pauseMs = PAUSE_MS.least;
    // The first command is asked for when the maker of this loop is done with its turn.
    await null;
    while (!this.#ended) {
      const command = this.#work.next();
      if (!command) {
        this.#rest = Promise.withResolvers();
        await this.#rest.promise;
        this.#rest = undefined;
        continue;
      }
      const flight = Promise.withResolvers<void>();
      this.#flight = flight.promise;
      const failure = await this.#once(command);
      this.#flight = undefined;
      flight.resolve();
      if (!failure || this.#ended) {
        pauseMs = PAUSE_MS.least;
        continue;
      }
      this.#work.failed(failure.error);
      await Bun.sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    }
    this.#drop();
  }

  async #once([name, ...args]: string[]): Promise<{ error: unknown } | undefined> {
    try {
      const redis = this.#redis ?? (await this.#open());
      if (this.#ended) return undefined;
      const reply = (await redis.call(name!, ...args)) as Reply | null;
      if (reply) await this.#work.deliver(reply);
    } catch (error) {
      if (this.#redis?.status !== "ready") this.#drop();
      // A slot may have moved to another server.
      else if (/^(MOVED|ASK|CLUSTERDOWN|READONLY)\b/.test((error as Error).message)) this.#drop();
      return { error };
    }
  }

  async #open(): Promise<Redis> {
    const redis = await this.#connection.openBlocking(this.#work.key);
    this.#redis = redis;
    this.#id = (await redis.client("ID")) as number;
    return redis;
  }

  #drop(): void {
    if (this.#redis) this.#connection.forget(this.#redis);
    this.#redis = undefined;
    this.#id = 0;
  }

  /** The command may still be on its way to the server, where nothing blocks yet: asked again until it has ended. */
  async #interrupt(): Promise<void> {
    const flight = this.#flight;
    if (!flight || this.#interrupted === flight) return;
    this.#interrupted = flight;
    while (this.#flight === flight) {
      const shared = this.#id > 0 && this.#redis && this.#connection.besides(this.#redis);
      if (shared) await shared.client("UNBLOCK", this.#id).catch(() => 0);
      await Promise.race([flight, Bun.sleep(INTERRUPT_MS)]);
    }
  }
}
