import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MadeAuthority, makeAuthority } from "../../testing/authority.ts";
import { newFolder, removeFolder } from "../../testing/folder.ts";
import { freePort, hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { RedisConnection } from "./connection.ts";
import { Script } from "./script.ts";

const servers: RedisServer[] = [];
const connections: RedisConnection[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) removeFolder(folder);
});
async function start(...options: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...options);
  servers.push(server);
  return server;
}
/** It answers at its own port in the clear too. */
async function startWithTls(authority: MadeAuthority): Promise<number> {
  const folder = newFolder();
  folders.push(folder);
  const { cert, key } = await authority.certificate("localhost");
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  const port = await freePort();
  const tls = ["--tls-port", String(port), "--tls-auth-clients", "no"];
  await start(...tls, "--tls-cert-file", files.cert, "--tls-key-file", files.key);
  return port;
}
function connect(url: string, errors: unknown[] = []): RedisConnection {
  const options = { url, commandMs: 2_000, reconnectMs: 50, onError: (error: unknown) => void errors.push(error) };
  const connection = new RedisConnection(options);
  connections.push(connection);
  return connection;
}

describe.skipIf(!hasRedis)("a connection to Redis", () => {
  test("signs in, and says no more than that it cannot when it may not", async () => {
    const server = await start();
    await server.cli("CONFIG", "SET", "requirepass", "right");
    const good = connect(server.url.replace("//", "//:right@"));
    expect(await good.ask(good.client.set("a", "1"))).toBe("OK");
    const errors: unknown[] = [];
    const bad = connect(server.url.replace("//", "//:wrong@"), errors);
    const refused = await bad.ask(bad.client.get("a")).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "UNAVAILABLE" });
    expect(String(refused)).not.toContain("wrong");
    expect(errors.map(String)).toEqual(["Problem: Redis refuses our user or password."]);
  });

  test("takes its user and password apart from the address too", async () => {
    const server = await start();
    await server.cli("ACL", "SETUSER", "bus", "on", ">right", "~*", "+@all");
    const apart = new RedisConnection({ url: server.url, username: "bus", password: "right" });
    connections.push(apart);
    expect(await apart.ask(apart.client.call("ACL", "WHOAMI"))).toBe("bus");
  });

  test("over TLS is to whom its authority vouches for, and to nobody else", async () => {
    const authority = await makeAuthority();
    const port = await startWithTls(authority);
    const open = (url: string, ca?: string) => {
      const connection = new RedisConnection({ url, ...(ca !== undefined && { ca }), commandMs: 2_000 });
      connections.push(connection);
      return connection;
    };
    const trusted = open(`rediss://localhost:${port}`, authority.ca);
    expect(await trusted.ask(trusted.client.set("a", "1"))).toBe("OK");
    expect(await (await trusted.openBlocking("a")).get("a")).toBe("1");
    const away = { code: "UNAVAILABLE" };
    for (const ca of [undefined, (await makeAuthority()).ca]) {
      const strange = open(`rediss://localhost:${port}`, ca);
      await expect(strange.ask(strange.client.get("a"))).rejects.toMatchObject(away);
    }
  });

  test("is to the master that the sentinels name", async () => {
    const master = await start();
    const sentinel = await RedisServer.startSentinel(master, "main");
    servers.push(sentinel);
    const connection = connect(`redis-sentinel://127.0.0.1:${sentinel.port}/main`);
    await connection.ask(connection.client.set("a", "1"));
    expect(await master.cli("GET", "a")).toBe("1");
    const blocking = await connection.openBlocking("a");
    expect(await blocking.get("a")).toBe("1");
  });

  test("to a server that is away answers in time, tells of it once, and works when it is back", async () => {
    const server = await start();
    const errors: unknown[] = [];
    const connection = connect(server.url, errors);
    await connection.ask(connection.client.ping());
    await server.kill();
    for (let round = 0; round < 3; round++) {
      await expect(connection.ask(connection.client.ping())).rejects.toMatchObject({ code: "UNAVAILABLE" });
    }
    expect(errors.length).toBe(1);
    await server.restart();
    while (!connection.isReady) await Bun.sleep(10);
    expect(await connection.ask(connection.client.ping())).toBe("PONG");
  });

  test("a script goes on after the server has forgotten it; our own mistakes stay what they are", async () => {
    const server = await start();
    const connection = connect(server.url);
    const add = new Script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    expect(await add.run(connection, ["n"], [2])).toBe(2);
    expect(await add.run(connection, ["n"], [2])).toBe(4);
    await server.cli("SCRIPT", "FLUSH");
    expect(await add.run(connection, ["n"], [2])).toBe(6);
    await server.cli("SADD", "set", "a");
    await expect(add.run(connection, ["set"], [1])).rejects.toThrow("WRONGTYPE");
  });
});
