/** The one place that opens connections to Redis: a shared pipelined one, and others of their own for blocking reads. */
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { Problem } from "../../errors.ts";
import { type Access, type Endpoint, readEndpoint } from "./endpoint.ts";
import { slotOf } from "./names.ts";

export interface RedisSettings {
  /** In one of the forms of `readEndpoint`. */
  url: string;
  /** In place of what the URL says: a password that is handed over apart from it. */
  username?: string;
  password?: string;
  /** The sentinels' own, where they want one. */
  sentinelPassword?: string;
  /** PEM of who signed the server's certificate, with `rediss`; unset: whom the runtime trusts. */
  ca?: string;
  /** A command without an answer for this long has failed; whether it took effect is unknown. */
  commandMs?: number;
  /** The longest wait between two attempts to connect. */
  reconnectMs?: number;
  /** Redis is away, told once until it is back; connections are made again by themselves. */
  onError?(error: unknown): void;
}

export type Client = Redis | Cluster;

const COMMAND_MS = 3_000;
const RECONNECT_MS = 1_000;
const FIRST_RECONNECT_MS = 50;

export class RedisConnection {
  /** For all commands that do not block; those of one turn of the event loop share a round trip. */
  readonly client: Client;
  readonly commandMs: number;
  readonly #endpoint: Endpoint;
  readonly #settings: RedisSettings;
  readonly #opened = new Set<Client>();
  #isAway = false;

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.#endpoint = withAccess(readEndpoint(settings.url), settings);
    this.commandMs = settings.commandMs ?? COMMAND_MS;
    this.client = this.#open();
    this.client.on("ready", () => {
      this.#isAway = false;
    });
  }

  get isReady(): boolean {
    return this.client.status === "ready";
  }

  /** The answer to a command; in time, or a Problem that says so. */
  ask<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(away(new Error(`no answer in ${this.commandMs} ms`)));
      const timer = setTimeout(late, this.commandMs);
      answer.then(resolve, (error: unknown) => reject(asProblem(error))).finally(() => clearTimeout(timer));
    });
  }

  /** Tells of a failure that nobody waits for. */
  report(error: unknown): void {
    const problem = asProblem(error);
    if (problem instanceof Problem && problem.code === "UNAVAILABLE") {
      if (this.#isAway) return;
      this.#isAway = true;
    }
    this.#settings.onError?.(problem);
  }

  /** Streams of one partition can be read by one command. */
  partitionOf(key: string): string {
    return this.#endpoint.kind === "cluster" ? String(slotOf(key)) : "";
  }

  /** A connection of its own to the server that holds `key`, not made again when it breaks. */
  async openBlocking(key: string): Promise<Redis> {
    const options = { ...this.#options(), enableAutoPipelining: false, retryStrategy: () => null };
    const { client } = this;
    const redis =
      client instanceof Cluster
        ? new Redis({ ...options, ...(await this.#nodeOf(client, key)) })
        : new Redis({ ...options, ...this.#target() });
    return this.#keep(redis);
  }

  /** The shared connection to the server that `redis` is connected to. */
  besides(redis: Redis): Redis | undefined {
    if (!(this.client instanceof Cluster)) return this.client;
    const { host, port } = redis.options;
    return this.client.nodes("master").find((node) => node.options.host === host && node.options.port === port);
  }

  /** A connection for subscriptions to channels. */
  openListener(): Client {
    return this.#open();
  }

  forget(client: Client): void {
    this.#opened.delete(client);
    client.disconnect();
  }

  /** Ends all connections at once; commands still under way fail. */
  close(): void {
    for (const client of this.#opened) client.disconnect();
    this.#opened.clear();
  }

  #open(): Client {
    const retryStrategy = (times: number) =>
      Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(times - 1, 10), this.#settings.reconnectMs ?? RECONNECT_MS);
    const options = { ...this.#options(), enableAutoPipelining: true, retryStrategy };
    const endpoint = this.#endpoint;
    if (endpoint.kind !== "cluster") return this.#keep(new Redis({ ...options, ...this.#target() }));
    return this.#keep(
      new Cluster(endpoint.seeds, {
        redisOptions: options,
        enableAutoPipelining: true,
        clusterRetryStrategy: retryStrategy,
        slotsRefreshInterval: 5_000,
      }),
    );
  }

  async #nodeOf(cluster: Cluster, key: string): Promise<{ host: string; port: number }> {
    // Also makes the library look again where the slots are when they have moved.
    await this.ask(cluster.exists(key));
    const node = cluster.slots[slotOf(key)]?.[0];
    if (node === undefined) throw new Error(`CLUSTERDOWN no node holds the slot of ${key}`);
    const at = node.lastIndexOf(":");
    return { host: node.slice(0, at), port: Number(node.slice(at + 1)) };
  }

  #target(): RedisOptions {
    const endpoint = this.#endpoint;
    if (endpoint.kind === "single") return endpoint.at;
    if (endpoint.kind === "cluster") return {};
    return {
      ...{ sentinels: endpoint.sentinels, name: endpoint.master },
      ...(this.#settings.sentinelPassword !== undefined && { sentinelPassword: this.#settings.sentinelPassword }),
      // The library takes the master's TLS from its own options, and the sentinels' from here.
      ...(endpoint.access.tls && { enableTLSForSentinelMode: true, sentinelTLS: endpoint.access.tls }),
    };
  }

  #options(): RedisOptions {
    return {
      ...this.#endpoint.access,
      // Answers have one shape only, whatever the server speaks.
      protocol: 2,
      // What was under way when a connection broke fails at once: repeating it is for the caller, who knows whether it may.
      maxRetriesPerRequest: 0,
      // A half-open socket answers nothing and never closes by itself.
      socketTimeout: this.commandMs,
      connectTimeout: this.commandMs,
    };
  }

  #keep<C extends Client>(client: C): C {
    this.#opened.add(client);
    // Without a listener the library prints what it meets.
    client.on("error", (error: unknown) => {
      const problem = asProblem(error);
      this.report(problem instanceof Problem ? problem : away(error));
    });
    return client;
  }
}

function withAccess(endpoint: Endpoint, { username, password, ca }: RedisSettings): Endpoint {
  const { tls } = endpoint.access;
  const access: Access = {
    ...endpoint.access,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && ca !== undefined && { tls: { ca } }),
  };
  return { ...endpoint, access };
}

/** Answers of a server that cannot do its work now, and the library's own words for having none. */
const AWAY =
  /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|MISCONF|NOREPLICAS|TRYAGAIN|UNBLOCKED|ASK|MOVED)\b|ECONN|EPIPE|ETIMEDOUT|Connection is closed|Socket timeout|max retries|Command aborted|Failed to refresh slots|None of startup nodes|All sentinels are unreachable|enableOfflineQueue/i;

const away = (cause: unknown): Problem => new Problem("UNAVAILABLE", "Redis is not available now.", { cause });

/** A failure of Redis as the caller's Problem; what is our own mistake stays as it is. */
function asProblem(error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (/^OOM\b/.test(text)) {
    return new Problem("UNAVAILABLE", "Redis has reached its memory limit: nothing was written.", { cause: error });
  }
  if (/^(WRONGPASS|NOAUTH|NOPERM)\b/.test(text)) {
    return new Problem("UNAVAILABLE", "Redis refuses our user or password.", { cause: error });
  }
  return AWAY.test(text) ? away(error) : error;
}
