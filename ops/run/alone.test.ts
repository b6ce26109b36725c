import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Health } from "../../shared/kit/health.ts";
import { ArangoStandIn } from "../../shared/testing/arango/stand-in.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { hasRedis, RedisServer } from "../../shared/testing/redis-server.ts";
import { ROOT } from "../build.ts";
import { makeSecrets } from "./new-secrets.ts";
import { prepareArango } from "./prepare-arango.ts";

const OFFSET = 9_000 + (process.pid % 200) * 20;
const COMMAND = [process.execPath, join(ROOT, "ops/compose/start.ts"), "service"];
const READY_MS_MAX = 60_000;
/** By then it has tried to open its store more than once. */
const REFUSED_MIN = 6;

const urlOf = (port: number) => `https://localhost:${port + OFFSET}`;
async function readyAt(port: number, ca: string): Promise<Health> {
  for (const end = Date.now() + READY_MS_MAX; Date.now() < end; await Bun.sleep(100)) {
    const answer = await fetch(`${urlOf(port)}/ready`, { tls: { ca } }).catch(() => undefined);
    if (answer?.ok) return (await answer.json()) as Health;
  }
  throw new Error(`nobody is ready at ${urlOf(port)}`);
}

describe.if(hasRedis)("services with nothing but an environment", () => {
  let folder: string;
  let redis: RedisServer;
  const started: ReturnType<typeof Bun.spawn>[] = [];
  beforeAll(async () => {
    folder = newFolder();
    await makeSecrets(join(folder, "secrets"), { hosts: [], owners: [], now: Date.now() });
    redis = await RedisServer.start("--requirepass", "");
    await redis.cli("CONFIG", "SET", "requirepass", secret("redis-password"));
  });
  afterAll(async () => {
    for (const child of started) child.kill();
    await Promise.all(started.map((child) => child.exited));
    await redis.stop();
    removeFolder(folder);
  });

  const file = (name: string) => join(folder, "secrets", name);
  const secret = (name: string) => readFileSync(file(name), "utf8").trim();

  function start(service: string, more: Record<string, string> = {}): ReturnType<typeof Bun.spawn> {
    const env = {
      PATH: process.env.PATH,
      ...{ CHIMERA_DATA: join(folder, "data"), CHIMERA_LOG_TO: "stdout", CHIMERA_PORT_OFFSET: String(OFFSET) },
      ...{ CHIMERA_REDIS_URL: redis.url, CHIMERA_REDIS_PASSWORD_FILE: file("redis-password") },
      ...{ CHIMERA_SERVICE_KEY_FILE: file("service-key"), CHIMERA_INSTALLATION_TAG_FILE: file("installation-tag") },
      CHIMERA_SERVICE_TLS_CERT: file("service-tls-cert"),
      CHIMERA_SERVICE_TLS_KEY: file("service-tls-key"),
      CHIMERA_SERVICE_TLS_CA: file("service-tls-ca"),
      ...{ CHIMERA_BIND: "0.0.0.0", CHIMERA_URL_S10: urlOf(8090) },
      ...more,
    };
    const child = Bun.spawn([...COMMAND, service], { env, stdout: "ignore", stderr: "inherit", cwd: folder });
    started.push(child);
    return child;
  }
  test(
    "reach each other over TLS, by names and their own authority, and keep no secret on disk",
    async () => {
      start("s10");
      start("s07");
      // Ready is who has the active revision, which it asks of the config service.
      const { replica, status } = await readyAt(8087, secret("service-tls-ca"));
      expect([status, replica.split(".")[0]]).toEqual(["OK", "s07"]);
      expect(readdirSync(join(folder, "data")).sort()).toEqual(expect.not.arrayContaining(["keys", "logs"]));
      expect(existsSync(join(folder, "data", "origin.json"))).toBe(true);
      await expect(fetch(`${urlOf(8090)}/health`)).rejects.toThrow();
      expect((await fetch(`${urlOf(8090)}/active`, { tls: { ca: secret("service-tls-ca") } })).status).toBe(401);
    },
    READY_MS_MAX,
  );

  test(
    "wait for ./chimera init, which Kubernetes runs beside them",
    async () => {
      const standIn = new ArangoStandIn({ rootPassword: "root's" });
      const store = { CHIMERA_STORE: "arango", CHIMERA_ARANGO_URL: standIn.url, CHIMERA_S11_ARANGO_PASSWORD: "s11's" };
      const more = {
        ...store,
        CHIMERA_DATA: join(folder, "s11"),
        CHIMERA_S11_CHANNEL_KEY_FILE: file("s11-channel-key"),
      };
      try {
        const child = start("s11", more);
        for (let asked = standIn.requests; standIn.requests < asked + REFUSED_MIN; ) {
          expect(child.exitCode).toBe(null);
          await Bun.sleep(50);
        }
        const health = await fetch(`${urlOf(8091)}/health`, { tls: { ca: secret("service-tls-ca") } });
        expect([health.status, (await health.json()) as Health]).toEqual([
          200,
          expect.objectContaining({ ready: false }),
        ]);
        await prepareArango({ env: { ...store, CHIMERA_ARANGO_ROOT_PASSWORD: "root's" }, dryRun: false });
        expect((await readyAt(8091, secret("service-tls-ca"))).ready).toBe(true);
        expect(child.exitCode).toBe(null);
      } finally {
        await standIn.down();
      }
    },
    READY_MS_MAX,
  );
});

test("what is wrong with its environment is said in a line, and ends it", async () => {
  const env = { PATH: process.env.PATH, CHIMERA_SERVICE_KEY: "ab".repeat(32) };
  const child = Bun.spawn([...COMMAND, "s02"], { env, stdout: "ignore", stderr: "pipe" });
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([
    1,
    expect.stringMatching(/^chimera: Without a data folder: CHIMERA_INSTALLATION_TAG is .*\n$/),
  ]);
});
