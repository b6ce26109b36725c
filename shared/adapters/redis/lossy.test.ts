import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { lossy, type Note } from "../../testing/bus-world.ts";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus, type RedisBusOptions } from "./bus.ts";

const STREAM = "test:lossy:{k}";
const IT_NEVER_CAME_MS = 60_000;
let server: RedisServer;
let open: RedisBus[];
let errors: unknown[];

function begin(options: Partial<RedisBusOptions> = {}): RedisBus {
  const redis = { url: server.url, commandMs: 300, reconnectMs: 50 };
  const onError = (error: unknown) => void errors.push(error);
  const bus = new RedisBus({ redis, clock: wallClock(), leaseMs: 400, onError, ...options });
  open.push(bus);
  return bus;
}
function hear(bus: RedisBus, handle: (id: string) => void = () => {}): string[] {
  const heard: string[] = [];
  const listen = ({ event }: { event: Readonly<Note> }) => {
    handle(event.id);
    heard.push(event.id);
  };
  bus.subscribe(lossy, { group: "s04", consumer: "a", handle: listen });
  return heard;
}
async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + IT_NEVER_CAME_MS; !holds(); await Bun.sleep(2)) {
    if (performance.now() > end) throw new Error("it never came");
  }
}
const add = (body: string) =>
  server.cli("XADD", STREAM, "*", "version", "1", "ts", "1", "traceparent", "", "key", "k", "event", body);

describe.skipIf(!hasRedis)("lossy streams in Redis", () => {
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    await server.cli("FLUSHALL");
    open = [];
    errors = [];
  });
  afterEach(() => Promise.all(open.map((bus) => bus.close())));

  test("a new key is heard at once by other processes", async () => {
    const [reader, writer] = [begin({ lookMs: 60_000 }), begin({ lookMs: 60_000 })];
    const heard = hear(reader);
    await reader.publish(lossy, { id: "ready" }, { key: "other" });
    await until(() => heard.length === 1);
    await writer.publish(lossy, { id: "1" }, { key: "k" });
    await until(() => heard.length === 2);
    expect(heard).toEqual(["ready", "1"]);
  });

  test("a reader that is too far behind goes on with the newest, and hears the rest in order", async () => {
    const bus = begin({ behindMax: 10 });
    const heard = hear(bus, (id) => {
      // While this handler works the others pile up.
      if (id === "first") Bun.sleepSync(30);
    });
    await bus.publish(lossy, { id: "first" }, { key: "k" });
    await until(() => heard.length === 1);
    const ids = Array.from({ length: 100 }, (_, at) => String(at));
    await Promise.all(ids.map((id) => bus.publish(lossy, { id }, { key: "k" })));
    await until(() => heard.at(-1) === "99");
    expect(heard.length).toBeLessThan(50);
    expect(bus.lossyLosses.behind).toBeGreaterThan(0);
    const numbers = heard.slice(1).map(Number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  });

  test("what was written to several streams while the reader was busy is heard in the order of writing", async () => {
    const bus = begin({ behindMax: 1_000 });
    const heard = hear(bus, (id) => {
      if (id === "first") Bun.sleepSync(30);
    });
    const keys = ["a", "b", "c", "d"];
    for (const key of keys) await bus.publish(lossy, { id: "ready" }, { key });
    await until(() => heard.length === keys.length);
    await bus.publish(lossy, { id: "first" }, { key: "a" });
    await until(() => heard.includes("first"));
    const ids = Array.from({ length: 200 }, (_, at) => String(at));
    await Promise.all(ids.map((id, at) => bus.publish(lossy, { id }, { key: keys[(at * 7) % 4] as string })));
    await until(() => heard.at(-1) === "199");
    expect(heard.slice(keys.length + 1)).toEqual(ids);
  });

  test("publishing never waits and never fails: what the server cannot take is dropped and counted", async () => {
    const bus = begin({ flightMax: 5 });
    const heard = hear(bus);
    await bus.publish(lossy, { id: "before" }, { key: "k" });
    await until(() => heard.length === 1);
    const many = Array.from({ length: 20 }, (_, at) => bus.publish(lossy, { id: String(at) }, { key: "k" }));
    await Promise.all(many);
    expect(bus.lossyLosses.dropped).toBe(15);
    await server.kill();
    await until(() => errors.length > 0);
    const away = bus.publish(lossy, { id: "away" }, { key: "k" });
    // Turns of this process, in which nothing can come from outside.
    for (let turn = 0; turn < 100; turn++) await null;
    expect(Bun.peek.status(away)).toBe("fulfilled");
    await server.restart();
    await until(() => {
      void bus.publish(lossy, { id: "back" }, { key: "k" });
      return heard.at(-1) === "back";
    });
  });

  test("an entry that is none is left out and reported", async () => {
    const bus = begin();
    const heard = hear(bus);
    await bus.publish(lossy, { id: "1" }, { key: "k" });
    await until(() => heard.length === 1);
    await add("{");
    await add('{"id":"2","added_in_a_later_version":true}');
    await until(() => heard.length === 2);
    expect(heard).toEqual(["1", "2"]);
    expect(errors.map(String)).toEqual([expect.stringContaining("no JSON")]);
  });
});
