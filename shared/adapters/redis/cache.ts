/** The cache in Redis, behind a small one in this process. */
import { assert } from "../../errors.ts";
import type { Cache, Clock } from "../../kit/ports.ts";
import { MemoryCache } from "../cache.ts";
import type { RedisConnection } from "./connection.ts";
import { cacheName } from "./names.ts";

const NEAR_MAX = 10_000;
const NEAR_MS = 1_000;

/**
 * What was read or set here is answered from this process for `nearMs` at most: another process's newer value is seen
 * that much later.
 */
export class RedisCache implements Cache {
  readonly #connection: RedisConnection;
  readonly #near: MemoryCache;
  readonly #nearMs: number;

  constructor(connection: RedisConnection, options: { clock: Pick<Clock, "now">; nearMs?: number; nearMax?: number }) {
    this.#connection = connection;
    this.#near = new MemoryCache(options.clock, options.nearMax ?? NEAR_MAX);
    this.#nearMs = options.nearMs ?? NEAR_MS;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const near = await this.#near.get<T>(key);
    if (near !== undefined) return near;
    const { client } = this.#connection;
    const name = cacheName(key);
    const [json, leftMs] = await this.#connection.ask(Promise.all([client.get(name), client.pttl(name)]));
    if (json === null) return undefined;
    const value = JSON.parse(json) as T;
    if (leftMs > 0) await this.#keepNear(key, value, leftMs);
    return value;
  }

  async set<T>(key: string, value: T, ttlMs: number): Promise<void> {
    assert(ttlMs > 0, "a time to live is above zero");
    const json = JSON.stringify(value);
    assert(json !== undefined, "a cached value is JSON");
    await this.#near.delete(key);
    await this.#connection.ask(this.#connection.client.set(cacheName(key), json, "PX", Math.ceil(ttlMs)));
    await this.#keepNear(key, value, ttlMs);
  }

  async delete(key: string): Promise<void> {
    await this.#near.delete(key);
    await this.#connection.ask(this.#connection.client.del(cacheName(key)));
  }

  async #keepNear<T>(key: string, value: T, leftMs: number): Promise<void> {
    if (this.#nearMs > 0) await this.#near.set(key, value, Math.min(leftMs, this.#nearMs));
  }
}
