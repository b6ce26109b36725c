import { afterEach, describe, expect, test } from "bun:test";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { RedisConnection } from "./connection.ts";
import { Script } from "./script.ts";

const servers: RedisServer[] = [];
const connections: RedisConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
async function start(...options: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...options);
  servers.push(server);
  return server;
}
function connect(url: string, errors: unknown[] = []): RedisConnection {
  const options = { url, commandMs: 300, reconnectMs: 50, onError: (error: unknown) => void errors.push(error) };
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
    for (let round = 0; !connection.isReady && round < 200; round++) await Bun.sleep(10);
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
