/** Starts and stops Redis servers of a test's own: on free ports, with their data in a folder that goes with them. */
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { newFolder, removeFolder } from "./folder.ts";

const SERVER = "/usr/bin/redis-server";
export const hasRedis = existsSync(SERVER);
if (!hasRedis) console.log("skipped: needs redis-server");

const SENTINEL_FILE = "sentinel.conf";
const STARTED_MS_MAX = 60_000;

export async function freePort(): Promise<number> {
  // A cluster node also listens 10000 above its port.
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const { port: found } = server.address() as { port: number };
        server.close(() => resolve(found));
      });
    });
    if (port < 55_000) return port;
    const lower = 20_000 + (port % 30_000);
    if (await isFree(lower)) return lower;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

export class RedisServer {
  readonly port: number;
  readonly #folder = newFolder();
  readonly #options: readonly string[];
  #child: ReturnType<typeof Bun.spawn> | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** `options` as on redis-server's command line. */
  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.restart();
    return server;
  }

  /** A sentinel that watches over `master` by that name. */
  static async startSentinel(master: RedisServer, name: string): Promise<RedisServer> {
    const sentinel = new RedisServer(await freePort(), ["--sentinel"]);
    await Bun.write(
      join(sentinel.#folder, SENTINEL_FILE),
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds ${name} 500\n`,
    );
    await sentinel.restart();
    return sentinel;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Begins again with what its append-only file, if it has one, holds. */
  async restart(): Promise<void> {
    const isSentinel = this.#options.includes("--sentinel");
    const file = isSentinel ? [join(this.#folder, SENTINEL_FILE)] : [];
    const at = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder];
    const how = isSentinel ? this.#options : ["--save", "", ...this.#options];
    this.#child = Bun.spawn([SERVER, ...file, ...at, ...how], { stdout: "ignore", stderr: "ignore" });
    const until = performance.now() + STARTED_MS_MAX;
    while ((await this.cli("PING").catch(() => "")) !== "PONG") {
      if (performance.now() > until) throw new Error(`redis-server did not start on port ${this.port}`);
      await Bun.sleep(10);
    }
  }

  /** As one command on a connection of its own. */
  async cli(command: string, ...args: string[]): Promise<unknown> {
    const redis = new Redis({ host: "127.0.0.1", port: this.port, retryStrategy: () => null, lazyConnect: true });
    redis.on("error", () => {});
    try {
      await redis.connect();
      return await redis.call(command, ...args);
    } finally {
      redis.disconnect();
    }
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** Forgets all it has on disk; it is killed. */
  clear(): void {
    removeFolder(`${this.#folder}/appendonlydir`);
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.resume();
    await this.kill();
    removeFolder(this.#folder);
  }
}

export interface RedisCluster {
  url: string;
  servers: readonly RedisServer[];
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** Three masters without replicas. */
export async function startCluster(): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  const servers = await Promise.all([1, 2, 3].map(() => RedisServer.start(...options)));
  const first = servers[0]!;
  const share = Math.ceil(SLOTS / servers.length);
  for (const [at, server] of servers.entries()) {
    const last = Math.min(SLOTS, (at + 1) * share) - 1;
    await server.cli("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1));
    await server.cli("CLUSTER", "ADDSLOTSRANGE", String(at * share), String(last));
    if (server !== first) await first.cli("CLUSTER", "MEET", "127.0.0.1", String(server.port));
  }
  const until = performance.now() + STARTED_MS_MAX;
  const isMade = async (server: RedisServer) => {
    const info = String(await server.cli("CLUSTER", "INFO"));
    return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${servers.length}`);
  };
  while (!(await Promise.all(servers.map(isMade))).every(Boolean)) {
    if (performance.now() > until) throw new Error("the Redis servers did not become a cluster");
    await Bun.sleep(20);
  }
  const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis-cluster://${nodes.join(",")}`,
    servers,
    async flush() {
      await Promise.all(servers.map((server) => server.cli("FLUSHALL")));
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
