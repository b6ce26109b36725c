import { afterAll, beforeAll, describe } from "bun:test";
import { busContract } from "../../testing/bus.contract.ts";
import type { BusWorld } from "../../testing/bus-world.ts";
import { hasRedis, type RedisCluster, RedisServer, startCluster } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus, type RedisBusOptions } from "./bus.ts";
import { RedisConnection } from "./connection.ts";
import { streamName } from "./names.ts";

/** The waits between tries are the contract's; the clock they are taken from is fast. */
const SPEED = 40;
const IT_NEVER_CAME_MS = 4_000;

function world(url: string): BusWorld & { options: RedisBusOptions } {
  const clock = wallClock(SPEED);
  const dead: BusWorld["dead"] = [];
  const nearlyFull: string[] = [];
  const errors: unknown[] = [];
  const options: RedisBusOptions = {
    redis: { url },
    clock,
    retry: { triesMax: 4 },
    leaseMs: 400,
    lookMs: 100,
    freeze: true,
    onDead: (letter) => dead.push(letter),
    onNearlyFull: (stream) => nearlyFull.push(stream),
    onError: (error) => errors.push(error),
  };
  const died: RedisBus[] = [];
  const begun: BusWorld & { options: RedisBusOptions } = {
    options,
    bus: new RedisBus(options),
    dead,
    nearlyFull,
    errors,
    now: () => clock.now(),
    async until(holds) {
      const end = performance.now() + IT_NEVER_CAME_MS;
      while (!holds()) {
        if (performance.now() > end) throw new Error(`it never came; ${errors.map(String)}`);
        await Bun.sleep(1);
      }
    },
    async crash(inject) {
      (begun.bus as RedisBus).abandon();
      died.push(begun.bus as RedisBus);
      if (inject) {
        const connection = new RedisConnection({ url });
        const { stream, version, body } = inject;
        const fields = ["id", "", "version", version, "ts", clock.now(), "traceparent", "", "key", "", "event", body];
        await connection.client.xadd(streamName(stream, ""), "*", ...fields);
        connection.close();
      }
      begun.bus = new RedisBus(options);
    },
    end: () => begun.bus.close(),
  };
  return begun;
}

describe.skipIf(!hasRedis)("on one server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());
  busContract("Redis bus", true, async () => {
    await server.cli("FLUSHALL");
    return world(server.url);
  });
});

describe.skipIf(!hasRedis)("on a cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());
  busContract("Redis bus", true, async () => {
    await cluster.flush();
    return world(cluster.url);
  });
});
