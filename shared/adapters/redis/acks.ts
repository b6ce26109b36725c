/** Acknowledgements of one group in one stream: sent together while one answer is awaited, kept until they are through. */
import type { RedisConnection } from "./connection.ts";

const BATCH_MAX = 500;
const AGAIN_MS = 200;

export class Acks {
  readonly #connection: RedisConnection;
  readonly #at: { stream: string; group: string };
  #ids: string[] = [];
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(connection: RedisConnection, at: { stream: string; group: string }) {
    this.#connection = connection;
    this.#at = at;
  }

  add(id: string): void {
    this.#ids.push(id);
    this.#sending ??= this.#send();
  }

  /** Resolves when all is acknowledged, or at once when that cannot be done now. */
  async flushed(): Promise<void> {
    if (this.#connection.isReady) await this.#sending;
  }

  /** What cannot be acknowledged now is handed out once more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#sending;
  }

  async #send(): Promise<void> {
    // Those of one turn go together.
    await null;
    while (this.#ids.length > 0) {
      const batch = this.#ids.splice(0, BATCH_MAX);
      try {
        await this.#connection.ask(this.#connection.client.xack(this.#at.stream, this.#at.group, ...batch));
      } catch {
        this.#ids.unshift(...batch);
        if (this.#closed) break;
        await Bun.sleep(AGAIN_MS);
      }
    }
    this.#sending = undefined;
  }
}
