/** Where large bodies are kept by key: reports, models, recordings, market data, audit heads, backups. */

export interface BlobInfo {
  key: string;
  bytes: number;
  modified_at: number;
}
export interface Blobs {
  put(key: string, body: Uint8Array): Promise<void>;
  /** Adds to the end; reading gives all parts in order. */
  append(key: string, body: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  list(
    prefix: string,
    options: { limit: number; cursor?: string },
  ): Promise<{ items: BlobInfo[]; next_cursor?: string }>;
  delete(key: string): Promise<void>;
  /** As `get`, in pieces, for what is too long to be held. Throws in the middle when it is replaced or goes meanwhile. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** As `put`, of any length, few pieces held at a time. When they or the writing fail, what was there before stays. */
  write(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * An address from which whoever has it can fetch the blob, under that file name, until `ttlMs` are over; undefined
   * where there is no such blob, or none can be given for it.
   */
  link(key: string, options: { ttlMs: number; filename: string }): Promise<string | undefined>;
  /** Throws Problem UNAVAILABLE, saying why, when nothing can be kept here now. */
  ping(): Promise<void>;
}
