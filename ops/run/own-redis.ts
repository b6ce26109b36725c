/** A redis-server of the installation's own: on loopback, durable by AOF, refusing writes rather than forgetting. */
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Program } from "./supervise.ts";

const SERVER = "/usr/bin/redis-server";
const READY_MS_MAX = 10_000;
const POLL_MS = 25;

export const hasRedisServer = (): boolean => existsSync(SERVER);

/** How to run it with its files in `folder`; throws what to do when there is no redis-server here. */
export async function ownRedis(folder: string): Promise<{ url: string; program: Program }> {
  if (!hasRedisServer()) {
    throw new Error(`There is no ${SERVER}. Install redis-server, or name a server with CHIMERA_REDIS_URL.`);
  }
  const dir = join(folder, "redis");
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const options = ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--daemonize", "no", "--save", ""];
  const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
  const command = [SERVER, ...options, ...durable, "--logfile", join(dir, "redis.log")];
  const ready = (isGone: () => boolean) => untilItAnswers(port, isGone);
  return { url: `redis://127.0.0.1:${port}`, program: { name: "redis", command, env: {}, ready } };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function untilItAnswers(port: number, isGone: () => boolean): Promise<void> {
  for (let waited = 0; waited < READY_MS_MAX; waited += POLL_MS) {
    if (isGone()) break;
    const answered = await ping(port);
    if (answered) return;
    await Bun.sleep(POLL_MS);
  }
  throw new Error("redis-server did not start; its log is in the data folder's redis/redis.log.");
}

/** True once it takes commands: while it loads its file it answers, but with an error. */
function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (s) => void s.write("PING\r\n"),
        data: (s, bytes) => {
          resolve(bytes.toString().startsWith("+PONG"));
          s.end();
        },
        error: () => resolve(false),
        close: () => resolve(false),
      },
    });
    socket.catch(() => resolve(false));
  });
}
