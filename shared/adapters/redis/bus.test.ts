import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { busContract } from "../../testing/bus.contract.ts";
import { type BusWorld, reliable, single } from "../../testing/bus-world.ts";
import { hasRedis, type RedisCluster, RedisServer, startCluster } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus, type RedisBusOptions } from "./bus.ts";
import { RedisConnection } from "./connection.ts";
import { streamName } from "./names.ts";

/** The waits between tries are the contract's; the clock they are taken from is fast. */
const SPEED = 40;
const IT_NEVER_CAME_MS = 60_000;

function world(url: string): BusWorld & { options: RedisBusOptions } {
  const clock = wallClock(SPEED);
  const dead: BusWorld["dead"] = [];
  const nearlyFull: string[] = [];
  const errors: unknown[] = [];
  const options: RedisBusOptions = {
    redis: { url },
    clock,
    retry: { triesMax: 4 },
    // Longer than this process may stand still: groups that are not kept are forgotten with their reader's lease.
    leaseMs: 1_500,
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

/** It takes a while to start: the other tests go on meanwhile. */
const starting = hasRedis ? startCluster() : undefined;

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

/** Worlds over one server, as several processes have. */
async function several(server: RedisServer, count: number, work: (worlds: BusWorld[]) => Promise<void>): Promise<void> {
  await server.cli("FLUSHALL");
  const worlds = Array.from({ length: count }, () => world(server.url));
  try {
    await work(worlds);
  } finally {
    await Promise.all(worlds.map(({ end }) => end()));
  }
}

describe.skipIf(!hasRedis)("between processes", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());
  const note = (id: string) => ({ id });
  const hear = ({ bus }: BusWorld, consumer: string) => {
    const heard: string[] = [];
    bus.subscribe(reliable, { group: "s04", consumer, handle: ({ event }) => heard.push(event.id) });
    return heard;
  };

  test("a new key is heard at once, in order, without waiting for a look", () =>
    several(server, 2, async ([reader, writer]) => {
      const heard = hear(reader!, "a");
      await reader!.bus.publish(reliable, note("0"), { key: "k" });
      for (const id of ["1", "2", "3"]) await writer!.bus.publish(reliable, note(id), { key: "new" });
      await reader!.until(() => heard.length === 4);
      expect(heard.filter((id) => id !== "0")).toEqual(["1", "2", "3"]);
    }));

  test("the state is that of all groups, whoever asks", () =>
    several(server, 3, async ([reader, writer, asker]) => {
      const heard = hear(reader!, "a");
      await writer!.bus.publish(reliable, note("1"), { key: "k" });
      await reader!.until(() => heard.length === 1);
      await reader!.bus.close();
      await writer!.bus.publish(reliable, note("2"), { key: "k" });
      expect(await asker!.bus.state()).toEqual([
        { stream: "test:reliable:{k}", group: "s04", lag: 1, pending: 0, oldestMs: expect.any(Number), dead: 0 },
      ]);
    }));

  test("a key goes from one process to another as its owner changes, without a wait for the lease", () =>
    several(server, 2, async ([one, two]) => {
      let owner = one;
      const heard = [one!, two!].map((each) => {
        const ids: string[] = [];
        const owns = () => owner === each;
        each.bus.subscribe(reliable, { group: "s04", consumer: "a", owns, handle: ({ event }) => ids.push(event.id) });
        return ids;
      });
      for (const id of ["1", "2"]) await two!.bus.publish(reliable, note(id), { key: "k" });
      await one!.until(() => heard[0]!.length === 2);
      owner = two;
      await one!.bus.publish(reliable, note("3"), { key: "k" });
      await one!.until(() => heard[0]!.length + heard[1]!.length === 3);
      await one!.bus.publish(reliable, note("4"), { key: "k" });
      await one!.until(() => heard[1]!.at(-1) === "4");
      expect([...heard[0]!, ...heard[1]!]).toEqual(["1", "2", "3", "4"]);
    }));

  test("tries counted before a crash count after it", () =>
    several(server, 1, async ([only]) => {
      const attempts: number[] = [];
      const fail = ({ attempt }: { attempt: number }) => {
        attempts.push(attempt);
        throw new Error("no");
      };
      only!.bus.subscribe(reliable, { group: "s04", consumer: "a", handle: fail });
      await only!.bus.publish(reliable, note("1"), { key: "k" });
      await only!.until(() => attempts.length === 2);
      // The count is noted before the next try.
      await only!.bus.state();
      await only!.crash!();
      only!.bus.subscribe(reliable, { group: "s04", consumer: "a", handle: fail });
      await only!.until(() => only!.dead.length === 1);
      expect(attempts.slice(0, 2)).toEqual([1, 2]);
      expect(attempts.at(-1)).toBe(4);
      expect(attempts.length).toBeLessThanOrEqual(5);
    }));

  test("unknown fields are tolerated, and the same id after a restart of the publisher is one message", () =>
    several(server, 3, async ([reader, writer, again]) => {
      const heard: unknown[] = [];
      reader!.bus.subscribe(single, { group: "s04", consumer: "a", handle: ({ event }) => heard.push(event) });
      const newer = { id: "1", added_in_a_later_version: true };
      await writer!.bus.publish(single, newer, { id: "outbox-1" });
      await again!.bus.publish(single, newer, { id: "outbox-1" });
      await again!.bus.publish(single, note("2"), { id: "outbox-2" });
      await reader!.until(() => heard.length === 2);
      expect(heard).toEqual([{ id: "1" }, { id: "2" }]);
    }));
});

describe.skipIf(!hasRedis)("on a cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await starting!;
  });
  afterAll(() => cluster?.stop());
  busContract("Redis bus", true, async () => {
    await cluster.flush();
    return world(cluster.url);
  });
});
