import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { reliable, single } from "../../testing/bus-world.ts";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus, type RedisBusOptions } from "./bus.ts";
import type { Healed } from "./works.ts";

/** Longer than this process may stand still on a machine that does much else. */
const LEASE_MS = 1_500;
const COMMAND_MS = 2_000;
const IT_NEVER_CAME_MS = 60_000;
const STREAM = "test:reliable:{k}";

let server: RedisServer;
let open: RedisBus[];
let healed: Healed[];

function begin(options: Partial<RedisBusOptions> = {}): RedisBus {
  const bus = new RedisBus({
    redis: { url: server.url, commandMs: COMMAND_MS, reconnectMs: 100 },
    clock: wallClock(),
    leaseMs: LEASE_MS,
    lookMs: 100,
    onHealed: (what) => healed.push(what),
    ...options,
  });
  open.push(bus);
  return bus;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + IT_NEVER_CAME_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it never came");
    await Bun.sleep(2);
  }
}

/** What a service does about "at least once": an id that was handled is not handled again. */
function hear(bus: RedisBus, handle: (id: string) => unknown = () => {}, consumer = "a"): string[] {
  const effects: string[] = [];
  bus.subscribe(reliable, {
    group: "s04",
    consumer,
    handle: async (message) => {
      if (effects.includes(message.event.id)) return;
      await handle(message.event.id);
      effects.push(message.event.id);
    },
  });
  return effects;
}

/** What the relay of an outbox does: in order, each again until it is there. Answers how often it was refused. */
async function relay(bus: RedisBus, ids: readonly string[]): Promise<number> {
  let refused = 0;
  for (const id of ids) {
    for (;;) {
      try {
        await bus.publish(reliable, { id }, { key: "k", id: `outbox-${id}` });
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: "UNAVAILABLE" });
        refused++;
        await Bun.sleep(10);
      }
    }
  }
  return refused;
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => String(from + at));

async function allSettled(bus: RedisBus): Promise<void> {
  await until(async () => (await bus.state()).every((line) => line.lag === 0 && line.pending === 0));
}

function withServer(...options: string[]): void {
  beforeAll(async () => {
    server = await RedisServer.start(...options);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    await server.cli("FLUSHALL");
    open = [];
    healed = [];
  });
  afterEach(() => Promise.all(open.map((bus) => bus.close())));
}

describe.skipIf(!hasRedis)("a Redis bus whose server loses its data or goes", () => {
  withServer("--appendonly", "yes");

  test("killed and restarted with its append-only file: nothing acknowledged is lost or doubled", async () => {
    const bus = begin();
    const heard = hear(bus, () => Bun.sleep(1));
    await relay(bus, numbers(0, 20));
    const rest = relay(bus, numbers(20, 300));
    await until(() => heard.length > 50);
    await server.kill();
    const refused = rest.then(async (before) => before + (await relay(bus, numbers(300, 310))));
    await Bun.sleep(100);
    await server.restart();
    expect(await refused).toBeGreaterThan(0);
    await until(() => heard.length >= 310);
    expect(heard).toEqual(numbers(0, 310));
    expect(healed).toEqual([]);
    await allSettled(bus);
  });

  test("restarted empty: what comes is heard, and the loss is reported", async () => {
    const [bus, publisher] = [begin(), begin()];
    const heard = hear(bus);
    await relay(publisher, numbers(0, 10));
    await until(() => heard.length === 10);
    await allSettled(bus);
    await server.kill();
    server.clear();
    await server.restart();
    await relay(publisher, numbers(10, 20));
    await until(() => heard.length === 20);
    expect(heard).toEqual(numbers(0, 20));
    expect(healed.filter(({ what }) => what === "recreated")).toEqual([
      { stream: STREAM, group: "s04", what: "recreated", count: 0 },
    ]);
    await allSettled(bus);
  });

  test("away at the start: all begins when it comes, and a bus can be closed without it", async () => {
    await relay(begin(), numbers(0, 5));
    await server.kill();
    const [bus, closed] = [begin(), begin()];
    const heard = hear(bus);
    hear(closed);
    await expect(bus.publish(reliable, { id: "5" }, { key: "k", id: "outbox-5" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await closed.close();
    await server.restart();
    await relay(bus, numbers(5, 10));
    await until(() => heard.length === 10);
    expect(heard).toEqual(numbers(0, 10));
  });

  test("flushed: what comes is heard, by newcomers too, and the loss is reported", async () => {
    const [bus, publisher] = [begin(), begin()];
    const heard = hear(bus);
    await relay(publisher, numbers(0, 10));
    await until(() => heard.length === 10);
    await allSettled(bus);
    await server.cli("FLUSHALL");
    await until(() => healed.length > 0);
    await relay(publisher, numbers(10, 20));
    await until(() => heard.length === 20);
    expect(heard).toEqual(numbers(0, 20));
    expect(healed).toEqual([{ stream: STREAM, group: "s04", what: "recreated", count: 0 }]);
    const late: string[] = [];
    begin().subscribe(reliable, { group: "s06", consumer: "b", handle: ({ event }) => late.push(event.id) });
    await until(() => late.length === 10);
    expect(late).toEqual(numbers(10, 20));
  });
});

describe.skipIf(!hasRedis)("a Redis bus whose server is cut off, full or trimmed", () => {
  withServer();

  test("connections cut again and again: nothing is lost or doubled, the order is kept", async () => {
    const [bus, publisher] = [begin(), begin()];
    const heard = hear(bus, () => Bun.sleep(1));
    await relay(publisher, ["0"]);
    const rest = relay(publisher, numbers(1, 200));
    for (let cut = 0; cut < 5; cut++) {
      await Bun.sleep(40);
      await server.cli("CLIENT", "KILL", "TYPE", "normal");
    }
    await rest;
    await until(() => heard.length >= 200);
    expect(heard).toEqual(numbers(0, 200));
    expect(healed).toEqual([]);
    await allSettled(bus);
  });

  test("silent for longer than a lease: publishing is refused in time, and all goes on after it", async () => {
    const bus = begin();
    const heard = hear(bus);
    await relay(bus, numbers(0, 10));
    await until(() => heard.length === 10);
    server.pause();
    await expect(bus.publish(reliable, { id: "10" }, { key: "k", id: "outbox-10" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await Bun.sleep(2 * LEASE_MS);
    server.resume();
    await relay(bus, numbers(10, 20));
    await until(() => heard.length >= 20);
    expect(heard).toEqual(numbers(0, 20));
    await allSettled(bus);
  });

  test("full: publishing is refused saying so, what is there is heard, and nothing is lost when there is room", async () => {
    const bus = begin();
    await relay(bus, numbers(0, 10));
    await server.cli("CONFIG", "SET", "maxmemory", "1mb");
    const refused = bus.publish(reliable, { id: "10" }, { key: "k", id: "outbox-10" });
    await expect(refused).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "Redis has reached its memory limit: nothing was written.",
    });
    const heard = hear(bus);
    await until(() => heard.length === 10);
    await allSettled(bus);
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    await relay(bus, numbers(10, 20));
    await until(() => heard.length === 20);
    expect(heard).toEqual(numbers(0, 20));
  });

  test("trimmed behind the system's back: the rest is heard, and how much is missing is told", async () => {
    const gate = Promise.withResolvers<void>();
    const [bus, publisher] = [begin(), begin()];
    const heard = hear(bus, () => gate.promise);
    await relay(publisher, numbers(0, 500));
    // Those read ahead are safe; of the others all but the last 50 go.
    await server.cli("XTRIM", STREAM, "MAXLEN", "50");
    gate.resolve();
    await until(() => heard.at(-1) === "499");
    const missing = healed.reduce((sum, { what, count }) => sum + (what === "missing" ? count : 0), 0);
    expect(missing).toBeGreaterThan(0);
    expect(heard.length).toBe(500 - missing);
    expect(heard).toEqual([...numbers(0, 450 - missing), ...numbers(450, 500)]);
    await allSettled(bus);
  });
});

describe.skipIf(!hasRedis)("a consumer of a Redis bus", () => {
  withServer();

  test("that dies leaves what it had not acknowledged to the next, in order, once its lease has run out", async () => {
    const [dying, next] = [begin(), begin()];
    const begun: string[] = [];
    hear(dying, (id) => {
      begun.push(id);
      return id === "5" ? new Promise(() => {}) : undefined;
    });
    await relay(dying, numbers(0, 50));
    await until(() => begun.length === 6);
    await dying.state();
    const heard = hear(next);
    await Bun.sleep(LEASE_MS);
    // Its lease is renewed as long as it lives.
    expect(heard).toEqual([]);
    dying.abandon();
    await until(() => heard.length === 45);
    expect(heard).toEqual(numbers(5, 50));
    expect(healed).toEqual([]);
    await allSettled(next);
  });

  test("that takes over more than it reads ahead hears all of it, in order", async () => {
    const [publisher, next] = [begin(), begin()];
    await relay(publisher, ["0"]);
    for (let from = 1; from < 1_500; from += 100) {
      const some = numbers(from, Math.min(from + 100, 1_500));
      await Promise.all(some.map((id) => publisher.publish(reliable, { id }, { key: "k" })));
    }
    await server.cli("XGROUP", "CREATE", STREAM, "s04", "0");
    await server.cli("XREADGROUP", "GROUP", "s04", "gone", "COUNT", "1400", "STREAMS", STREAM, ">");
    const heard = hear(next);
    await until(() => heard.length === 1_500);
    expect(heard).toEqual(numbers(0, 1_500));
    expect(healed).toEqual([]);
    await allSettled(next);
  });

  test("that stops hands over at once", async () => {
    const [leaving, next] = [begin(), begin()];
    const first = hear(leaving);
    await relay(leaving, numbers(0, 5));
    await until(() => first.length === 5);
    const heard = hear(next, () => {}, "b, of another name");
    await leaving.close();
    await relay(next, numbers(5, 10));
    await until(() => heard.length === 5);
    expect(heard).toEqual(numbers(5, 10));
  });

  test("that was paused past its lease finishes what it was at, and takes no more of what another has", async () => {
    const next = begin();
    await relay(next, numbers(0, 60));
    const script = join(import.meta.dir, "bus.crash.ts");
    const child = Bun.spawn([process.execPath, script, server.url, String(LEASE_MS)], { stdout: "pipe" });
    const lines: string[] = [];
    const reading = (async () => {
      let text = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        lines.splice(0, lines.length, ...text.split("\n").slice(0, -1));
      }
    })();
    await until(() => lines.length >= 5);
    child.kill("SIGSTOP");
    const heard = hear(next);
    await until(() => heard.at(-1) === "59");
    const before = lines.length;
    child.kill("SIGCONT");
    await Bun.sleep(200);
    expect(lines.length).toBeLessThanOrEqual(before + 1);
    await relay(next, ["60"]);
    await until(() => heard.at(-1) === "60" || lines.at(-1) === "60");
    child.kill("SIGKILL");
    await reading;
    const all = new Set([...lines, ...heard]);
    expect([...all].toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(0, 61));
    expect(heard.length + lines.length).toBeLessThanOrEqual(63);
  });
});

describe.skipIf(!hasRedis)("a consumer of a Redis bus at a place", () => {
  withServer();

  test("that is at the place of one that died takes over at once, and from nobody else", async () => {
    const lived = { leaseMs: 60_000, place: "s04.1" };
    const dying = begin(lived);
    const begun = hear(dying);
    await relay(dying, numbers(0, 5));
    await until(() => begun.length === 5);
    const elsewhere = hear(begin({ ...lived, place: "s04.2" }));
    dying.abandon();
    const next = begin(lived);
    const heard = hear(next);
    await relay(next, numbers(5, 10));
    await until(() => heard.at(-1) === "9");
    expect(elsewhere).toEqual([]);
    await allSettled(next);
  });

  test("that stops and begins again at its place waits for what it was at", async () => {
    const bus = begin({ place: "s04.1" });
    const gate = Promise.withResolvers<void>();
    const begun: string[] = [];
    const listening = bus.subscribe(reliable, {
      group: "s04",
      consumer: "a",
      handle: async ({ event }) => {
        begun.push(event.id);
        await gate.promise;
      },
    });
    await relay(bus, numbers(0, 2));
    await until(() => begun.length === 1);
    const stopped = listening.stop();
    const heard = hear(bus);
    await Bun.sleep(LEASE_MS / 2);
    expect(heard).toEqual([]);
    gate.resolve();
    await stopped;
    await until(() => heard.length === 1);
    expect([begun, heard]).toEqual([["0"], ["1"]]);
  });
});

describe.skipIf(!hasRedis)("groups of a Redis bus that are not kept", () => {
  withServer();

  test("a group that died with its process is forgotten when another process begins", async () => {
    const dying = begin();
    dying.subscribe(single, { group: "s04-config-1", consumer: "a", handle: () => {} });
    await dying.publish(single, { id: "0" });
    dying.abandon();
    await Bun.sleep(LEASE_MS + 50);
    const next = begin();
    for (const group of ["s04-config-2", "s04"]) next.subscribe(single, { group, consumer: "a", handle: () => {} });
    await next.publish(single, { id: "1" });
    await allSettled(next);
    expect((await next.state()).map(({ group }) => group).toSorted()).toEqual(["s04", "s04-config-2"]);
    const groups = (await server.cli("XINFO", "GROUPS", "test:single")) as string[][];
    expect(groups.map(([, group]) => group).toSorted()).toEqual(["s04", "s04-config-2"]);
  });

  test("groups that nobody reads any more hold up no trimming", async () => {
    const bus = begin();
    const dying = begin();
    dying.subscribe(single, { group: "s12-live", consumer: "a", handle: () => {} });
    await dying.publish(single, { id: "0" });
    dying.abandon();
    await Bun.sleep(LEASE_MS + 50);
    for (let at = 0; at < 300; at++) await bus.publish(single, { id: String(at) });
    expect((await bus.read(single, { limit: 1_000 })).length).toBeLessThan(150);
    expect(await server.cli("XINFO", "GROUPS", "test:single")).toEqual([]);
  });
});
