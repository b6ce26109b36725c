/** Knows whether the server still holds what it was told: a random epoch in it goes when its data goes. */
import { Problem } from "../../errors.ts";
import type { Cancel } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { EPOCH } from "./names.ts";
import { Script } from "./script.ts";

/** Not when full, so that it tells of that too. Key: the epoch. Argument: a new one. Answer: the one in force. */
const READ = new Script(`
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
`);

/** Key: the epoch. Arguments: the one that is over, and a new one. Answer: the one in force. */
const RENEW = new Script(
  `
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]
`,
  { evenWhenFull: true },
);

/** A server that has not answered for so long is away, long before its connection is given up. */
const LATE_MS = 1_000;
const EPOCH_BYTES = 8;

export class Epochs {
  readonly #connection: RedisConnection;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(epoch: string) => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #known = "";
  #looking: { since: number; done: Promise<void> } | undefined;
  #trouble: string | undefined;

  constructor(connection: RedisConnection, options: { lookMs: number; onError(error: unknown): void }) {
    this.#connection = connection;
    this.#onError = options.onError;
    const look = () => void this.look().catch(this.#onError);
    connection.client.on("ready", look);
    this.#timer = setInterval(() => {
      if (connection.isReady) look();
    }, options.lookMs);
  }

  /** As last seen; empty before the first look. */
  get known(): string {
    return this.#known;
  }

  /** Asks the server. */
  async read(): Promise<string> {
    await this.look();
    return this.#known;
  }

  /** Something was lost that was there in the epoch `since`: it is over, unless that is known already. */
  async lost(since: string): Promise<void> {
    // Found before the first look was through: whatever is in force now is over.
    const over = since === "" ? await this.read() : since;
    this.#learn((await RENEW.run(this.#connection, [EPOCH], [over, fresh()])) as string);
  }

  onLoss(run: (epoch: string) => void): Cancel {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  /** Why nothing should be told now, by what the last look saw. */
  trouble(): string | undefined {
    if (!this.#connection.isReady) return "the bus is away";
    if (this.#looking && performance.now() - this.#looking.since > LATE_MS) return "the bus does not answer";
    return this.#trouble;
  }

  /** Those who ask while a look is under way share it. */
  look(): Promise<void> {
    if (this.#looking) return this.#looking.done;
    const done = this.#look().finally(() => {
      this.#looking = undefined;
    });
    this.#looking = { since: performance.now(), done };
    return done;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  async #look(): Promise<void> {
    try {
      this.#learn((await READ.run(this.#connection, [EPOCH], [fresh()])) as string);
      this.#trouble = undefined;
    } catch (error) {
      const isFull = error instanceof Problem && /^OOM\b/.test(String((error.cause as Error | undefined)?.message));
      this.#trouble = isFull ? "the bus has reached its memory limit" : "the bus does not answer";
      if (!isFull) throw error;
      const now = await this.#connection.ask(this.#connection.client.get(EPOCH));
      if (now !== null) this.#learn(now);
    }
  }

  #learn(epoch: string): void {
    if (epoch === this.#known) return;
    const isFirst = this.#known === "";
    this.#known = epoch;
    if (!isFirst) for (const run of [...this.#listeners]) run(epoch);
  }
}

const fresh = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(EPOCH_BYTES))).toString("hex");
