import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RedisConnection } from "../../shared/adapters/redis/connection.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { freePort, hasRedis } from "../../shared/testing/redis-server.ts";
import { ROOT } from "../build.ts";

const SCRIPT = join(ROOT, "ops/compose/redis-start.sh");
const PASSWORD = "of-a-test";

describe.if(hasRedis)("Redis as the image starts it", () => {
  let folder: string;
  const started: ReturnType<typeof Bun.spawn>[] = [];
  const connections: RedisConnection[] = [];
  beforeAll(() => {
    folder = newFolder();
    writeFileSync(join(folder, "password"), `${PASSWORD}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    for (const child of started) child.kill("SIGKILL");
    await Promise.all(started.map((child) => child.exited));
    removeFolder(folder);
  });

  async function start(role: string, env: Record<string, string> = {}): Promise<number> {
    const port = await freePort();
    const own = join(folder, String(port));
    mkdirSync(own);
    const given = {
      ...{ REDIS_PASSWORD_FILE: join(folder, "password"), REDIS_CONF: join(ROOT, "ops/compose/redis.conf") },
      ...{ REDIS_ROLE: role, REDIS_PORT: String(port), REDIS_DIR: own, TMPDIR: own, REDIS_ANNOUNCE: "localhost" },
    };
    const child = Bun.spawn(["sh", SCRIPT], { env: { PATH: process.env.PATH, ...given, ...env }, stdout: "ignore" });
    started.push(child);
    return port;
  }
  function open(url: string): RedisConnection {
    const connection = new RedisConnection({ url, password: PASSWORD, sentinelPassword: PASSWORD, reconnectMs: 50 });
    connections.push(connection);
    return connection;
  }
  async function until<T>(holds: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 400; tries++) {
      const found = await holds().catch(() => undefined);
      if (found !== undefined) return found;
      await Bun.sleep(50);
    }
    throw new Error("not within 20 s");
  }

  test("it is durable, forgets nothing to make room, and lets nobody in without the password", async () => {
    const port = await start("master", { REDIS_MAXMEMORY: "64mb" });
    const { client } = open(`redis://127.0.0.1:${port}`);
    await until(() => client.ping());
    const setting = async (name: string) => ((await client.config("GET", name)) as string[])[1];
    expect(await setting("appendonly")).toBe("yes");
    expect(await setting("maxmemory-policy")).toBe("noeviction");
    expect(await setting("maxmemory")).toBe(String(64 * 1024 * 1024));
    const stranger = new RedisConnection({ url: `redis://127.0.0.1:${port}` });
    connections.push(stranger);
    await expect(stranger.ask(stranger.client.ping())).rejects.toThrow("refuses our user or password");
  });

  test("sentinels name the master, which a replica follows", async () => {
    const master = await start("master");
    await until(() => open(`redis://127.0.0.1:${master}`).client.ping());
    const at = { REDIS_MASTER: "localhost", REDIS_MASTER_PORT: String(master) };
    const replica = await start("replica", at);
    const sentinel = await start("sentinel", at);
    const { client } = open(`redis-sentinel://127.0.0.1:${sentinel}/chimera`);
    await until(() => client.set("a", "1"));
    const told = String(await until(() => open(`redis://127.0.0.1:${replica}`).client.info("replication")));
    expect(told).toContain(`master_host:localhost\r\nmaster_port:${master}\r\n`);
  });
});
