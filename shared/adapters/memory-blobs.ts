/** Blobs in memory, for the simulator: gone with the process. */
import type { BlobInfo, Blobs, Clock } from "../kit/ports.ts";
import { checkKey, checkLimit, readCursor, writeCursor } from "./blob-key.ts";

interface Kept {
  parts: Uint8Array[];
  bytes: number;
  modified_at: number;
}

export class MemoryBlobs implements Blobs {
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#kept.set(checkKey(key), { parts: [body.slice()], bytes: body.length, modified_at: this.#clock.now() });
  }

  async append(key: string, body: Uint8Array): Promise<void> {
    const kept = this.#kept.get(checkKey(key));
    if (!kept) return this.put(key, body);
    kept.parts.push(body.slice());
    kept.bytes += body.length;
    kept.modified_at = this.#clock.now();
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(checkKey(key));
    return kept && new Uint8Array(Buffer.concat(kept.parts));
  }

  async list(
    prefix: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ items: BlobInfo[]; next_cursor?: string }> {
    checkLimit(limit);
    const after = readCursor(cursor);
    const keys = [...this.#kept.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const items = keys.slice(0, limit).map((key) => {
      const { bytes, modified_at } = this.#kept.get(key)!;
      return { key, bytes, modified_at };
    });
    return keys.length > limit ? { items, next_cursor: writeCursor(items.at(-1)!.key) } : { items };
  }

  async delete(key: string): Promise<void> {
    this.#kept.delete(checkKey(key));
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const kept = this.#kept.get(checkKey(key));
    return kept && copied([...kept.parts]);
  }

  async write(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    checkKey(key);
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece.slice());
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    this.#kept.set(key, { parts, bytes, modified_at: this.#clock.now() });
  }

  async link(key: string): Promise<undefined> {
    checkKey(key);
  }

  async ping(): Promise<void> {}
}

async function* copied(parts: readonly Uint8Array[]) {
  for (const part of parts) yield part.slice();
}
