import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { reliable } from "../../testing/bus-world.ts";
import { hasRedis, type RedisCluster, RedisServer, startCluster } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus } from "./bus.ts";

const IT_NEVER_CAME_MS = 60_000;
const STREAM = "test:reliable:{k}";
const FULL = "the bus has reached its memory limit";

let server: RedisServer;
let open: RedisBus[];

function begin(url = server.url, lookMs = 50): { bus: RedisBus; losses: string[] } {
  const redis = { url, commandMs: 2_000, reconnectMs: 100 };
  const bus = new RedisBus({ redis, clock: wallClock(), leaseMs: 400, lookMs });
  open.push(bus);
  const losses: string[] = [];
  bus.onLoss((epoch) => losses.push(epoch));
  return { bus, losses };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + IT_NEVER_CAME_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it never came");
    await Bun.sleep(2);
  }
}

function hear(bus: RedisBus, handle: (id: string) => unknown = () => {}): string[] {
  const heard: string[] = [];
  bus.subscribe(reliable, {
    group: "s04",
    consumer: "a",
    handle: async ({ event }) => {
      heard.push(event.id);
      await handle(event.id);
    },
  });
  return heard;
}
const publish = (bus: RedisBus, id: string, again = false) =>
  bus.publish(reliable, { id }, { key: "k", id: `outbox-${id}`, again });
const settled = async (bus: RedisBus) => (await bus.state()).every(({ lag, pending }) => lag + pending === 0);

function withServer(): void {
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    await server.cli("FLUSHALL");
    open = [];
  });
  afterEach(async () => {
    server.resume();
    await Promise.all(open.map((bus) => bus.close()));
  });
}

describe.skipIf(!hasRedis)("the epoch of a Redis bus", () => {
  withServer();

  test("is the same for all, and a new one after a flush, told to all of them once", async () => {
    const [one, other] = [begin(), begin()];
    const epoch = await one.bus.epoch();
    expect(await other.bus.epoch()).toBe(epoch);
    await server.cli("FLUSHALL");
    await until(() => one.losses.length > 0 && other.losses.length > 0);
    const next = await one.bus.epoch();
    expect(next).not.toBe(epoch);
    await Bun.sleep(200);
    expect([one.losses, other.losses]).toEqual([[next], [next]]);
  });

  test("is one new one when a flush is seen by lanes and publishers too", async () => {
    // Who publishes must not have looked before.
    const [reader, writer] = [begin(), begin(server.url, 600_000)];
    const heard = hear(reader.bus);
    await publish(writer.bus, "1");
    await until(() => heard.length === 1);
    await server.cli("FLUSHALL");
    const refused = publish(writer.bus, "2").catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: "UNAVAILABLE" });
    await publish(writer.bus, "1", true);
    await publish(writer.bus, "2");
    await until(() => heard.length === 3);
    await Bun.sleep(500);
    expect(heard).toEqual(["1", "1", "2"]);
    expect([reader.losses.length, writer.losses.length]).toEqual([1, 1]);
  });

  test("is over when entries were taken out behind a reader, though nothing follows them", async () => {
    const [reader, other] = [begin(), begin()];
    let gate = Promise.withResolvers<void>();
    const heard = hear(reader.bus, () => gate.promise);
    for (let at = 0; at < 500; at++) await publish(other.bus, String(at));
    await until(() => heard.length === 1);
    // Those read ahead are safe; the others are gone.
    await server.cli("XTRIM", STREAM, "MAXLEN", "0");
    gate.resolve();
    gate = Promise.withResolvers();
    gate.resolve();
    await until(() => reader.losses.length > 0 && other.losses.length > 0);
    for (let at = 0; at < 500; at++) await publish(other.bus, String(at), true);
    await until(() => heard.includes("499"));
    expect(new Set(heard).size).toBe(500);
  });

  test("is over when entries were taken out while nobody was there to read them", async () => {
    const [reader, writer] = [begin(), begin()];
    const heard = hear(reader.bus);
    await publish(writer.bus, "1");
    await until(async () => heard.length === 1 && (await settled(reader.bus)));
    await reader.bus.close();
    await publish(writer.bus, "2");
    await server.cli("XTRIM", STREAM, "MAXLEN", "0");
    const next = begin();
    hear(next.bus);
    await until(() => writer.losses.length > 0);
  });
});

describe.skipIf(!hasRedis)("the epoch of a Redis bus that finds less than there was", () => {
  withServer();

  test("is over when a group is gone, or when numbers begin again as after a failover", async () => {
    const [reader, writer] = [begin(), begin()];
    const heard = hear(reader.bus);
    await publish(writer.bus, "1");
    await publish(writer.bus, "2");
    await until(async () => heard.length === 2 && (await settled(reader.bus)));
    await server.cli("XGROUP", "DESTROY", STREAM, "s04");
    await until(() => reader.losses.length === 1 && writer.losses.length === 1);
    await until(() => settled(reader.bus));
    await Bun.sleep(200);
    await server.cli("HSET", `${STREAM}:marks`, "seq", "1");
    await publish(writer.bus, "3");
    await until(() => reader.losses.length === 2 && writer.losses.length === 2);
    expect(heard.at(-1)).toBe("3");
  });

  test("stays when groups that are not kept come to streams and leave them", async () => {
    const { bus, losses } = begin();
    await publish(bus, "1");
    for (let round = 0; round < 3; round++) {
      const passing = begin();
      const heard: string[] = [];
      passing.bus.subscribe(reliable, {
        group: "s12-live",
        consumer: "a",
        handle: ({ event }) => void heard.push(event.id),
      });
      await publish(passing.bus, `new ${round}`);
      await until(() => heard.length === 1);
      await passing.bus.close();
      expect(passing.losses).toEqual([]);
    }
    await Bun.sleep(100);
    expect(losses).toEqual([]);
  });

  test("stays when a group that is not kept was forgotten while its reader slept", async () => {
    const { bus, losses } = begin();
    const heard: string[] = [];
    const handle = ({ event }: { event: { id: string } }) => void heard.push(event.id);
    bus.subscribe(reliable, { group: "s12-live", consumer: "a", handle });
    await publish(bus, "1");
    await until(() => heard.length === 1);
    await server.cli("XGROUP", "DESTROY", STREAM, "s12-live");
    await until(async () => {
      await publish(bus, "2");
      return heard.includes("2");
    });
    await Bun.sleep(200);
    expect(losses).toEqual([]);
  });

  test("stays when all goes well for many leases", async () => {
    const { bus, losses } = begin();
    const heard = hear(bus, () => Bun.sleep(1));
    for (let at = 0; at < 600; at++) await publish(bus, String(at));
    await until(() => heard.length === 600);
    await Bun.sleep(500);
    expect(losses).toEqual([]);
  });

  test("that is over lets nothing but a message of its own id be told after it unasked", async () => {
    const { bus } = begin();
    await bus.publish(reliable, { id: "1" }, { key: "k" });
    await server.cli("FLUSHALL");
    await bus.publish(reliable, { id: "2" }, { key: "k" });
    expect((await bus.read(reliable, { key: "k", limit: 10 })).map(({ event }) => event.id)).toEqual(["2"]);
  });
});

describe.skipIf(!hasRedis)("trouble of a Redis bus", () => {
  withServer();

  test("is known while the server is silent, away or full, and gone soon after", async () => {
    const { bus, losses } = begin();
    await bus.epoch();
    expect(bus.trouble()).toBeUndefined();
    server.pause();
    await until(() => bus.trouble() === "the bus does not answer");
    server.resume();
    await until(() => bus.trouble() === undefined);
    await server.cli("CONFIG", "SET", "maxmemory", "1mb");
    await until(() => bus.trouble() === FULL);
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    await until(() => bus.trouble() === undefined);
    await server.kill();
    await until(() => bus.trouble() === "the bus is away");
    await server.restart();
    await until(() => bus.trouble() === undefined && losses.length === 1);
  });
});

describe.skipIf(!hasRedis)("the epoch of a Redis bus on a cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    open = [];
    cluster = await startCluster();
  });
  afterAll(async () => {
    await Promise.all(open.map((bus) => bus.close()));
    await cluster?.stop();
  });

  test("is a new one for all when any of its servers has lost what it held", async () => {
    const [reader, writer] = [begin(cluster.url), begin(cluster.url)];
    const heard = hear(reader.bus);
    for (const id of ["1", "2"]) await publish(writer.bus, id);
    await until(() => heard.length === 2);
    let count = 0;
    for (const each of cluster.servers) {
      await each.cli("FLUSHALL");
      await publish(writer.bus, `${count}`, true).catch(() => {});
      count++;
    }
    await until(() => reader.losses.length > 0 && writer.losses.length > 0);
    expect(await reader.bus.epoch()).toBe(await writer.bus.epoch());
  });
});

describe.skipIf(!hasRedis)("a service's first reader of a stream", () => {
  withServer();

  test("that comes when what it should have heard was taken out knows that there is a loss", async () => {
    const [first, publisher] = [begin(), begin()];
    const before = hear(first.bus);
    await first.bus.publish(reliable, { id: "known" }, { key: "other" });
    await until(() => before.length === 1);
    await first.bus.close();
    for (const id of ["0", "1", "2"]) await publish(publisher.bus, id);
    await server.cli("XTRIM", STREAM, "MAXLEN", "0");
    const late = begin();
    hear(late.bus);
    await until(() => late.losses.length > 0);
  });

  test("that finds everything there knows of none", async () => {
    const [publisher, late] = [begin(), begin()];
    for (const id of ["0", "1", "2"]) await publish(publisher.bus, id);
    const heard = hear(late.bus);
    await until(() => heard.length === 3);
    expect(late.losses).toEqual([]);
  });
});
