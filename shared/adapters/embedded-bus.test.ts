import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { busContract } from "../testing/bus.contract.ts";
import { type BusWorld, lossy, reliable, single } from "../testing/bus-world.ts";
import { newFolder, removeFolder } from "../testing/folder.ts";
import { killedAfter } from "../testing/kill.ts";
import { type BusOptions, EmbeddedBus } from "./embedded-bus.ts";
import { VirtualClock } from "./virtual-clock.ts";

const START = 1_700_000_000_000;

function world(path: string): BusWorld & { options: BusOptions } {
  const clock = new VirtualClock(START);
  const dead: BusWorld["dead"] = [];
  const nearlyFull: string[] = [];
  const errors: unknown[] = [];
  const options: BusOptions = {
    path,
    clock,
    retry: { triesMax: 4 },
    freeze: true,
    onDead: (letter) => dead.push(letter),
    onNearlyFull: (stream) => nearlyFull.push(stream),
    onError: (error) => errors.push(error),
  };
  const begun: BusWorld & { options: BusOptions } = {
    options,
    bus: new EmbeddedBus(options),
    dead,
    nearlyFull,
    errors,
    now: () => clock.now(),
    async until(holds) {
      await clock.run(holds);
      if (!holds()) throw new Error("it never came");
    },
    end: () => begun.bus.close(),
  };
  return begun;
}

busContract("embedded bus in memory", false, async () => world(":memory:"));

busContract("embedded bus on disk", true, async () => {
  const folder = newFolder();
  const path = join(folder, "bus.sqlite");
  const begun = world(path);
  const dying: EmbeddedBus[] = [];
  begun.crash = async (inject) => {
    // The old one is left as it stands: a handler of it may be in the middle of a message for ever.
    dying.push(begun.bus as EmbeddedBus);
    if (inject) {
      const db = new Database(path);
      db.run(
        "INSERT INTO log (stream, seq, version, event, ts) SELECT n, (SELECT max(seq) + 1 FROM log WHERE stream = n), ?, ?, ? FROM streams WHERE name = ?",
        [inject.version, inject.body, begun.now(), inject.stream],
      );
      db.close();
    }
    begun.bus = new EmbeddedBus(begun.options);
  };
  return {
    ...begun,
    get bus() {
      return begun.bus;
    },
    async end() {
      await begun.bus.close();
      removeFolder(folder);
    },
  };
});

describe("in one process", () => {
  test("a lossy event is delivered by reference before publish returns", () => {
    const { bus } = world(":memory:");
    const event = { id: "1" };
    let heard: unknown;
    bus.subscribe(lossy, {
      group: "s02",
      consumer: "a",
      handle: (message) => {
        heard = message.event;
      },
    });
    void bus.publish(lossy, event, { key: "k" });
    expect(heard).toBe(event);
  });

  test("a reliable event is delivered by reference in the same turn, without time passing", async () => {
    const { bus, now } = world(":memory:");
    const event = { id: "1" };
    let heard: unknown;
    bus.subscribe(reliable, {
      group: "s04",
      consumer: "a",
      handle: (message) => {
        heard = message.event;
      },
    });
    await bus.publish(reliable, event, { key: "k" });
    await null;
    expect(heard).toBe(event);
    expect(now()).toBe(START);
  });
});

describe("in one process, when consumers fail or leave", () => {
  test("tries come at 200, 800 and 2600 ms by default", async () => {
    const { bus, until, now } = world(":memory:");
    const times: number[] = [];
    bus.subscribe(reliable, {
      group: "s04",
      consumer: "a",
      handle: () => {
        times.push(now() - START);
        throw new Error("no");
      },
    });
    await bus.publish(reliable, { id: "1" }, { key: "k" });
    await until(() => times.length === 4);
    expect(times).toEqual([0, 200, 800, 2_600]);
  });

  test("a dropped consumer's message is handed out again and its own outcome counts for nothing", async () => {
    const { bus, until, options } = world(":memory:");
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = (bus as EmbeddedBus).subscribe(reliable, {
      group: "s04",
      consumer: "a",
      handle: async (message) => {
        seen.push(`a ${message.event.id}`);
        await gate.promise;
        throw new Error("too late to matter");
      },
    });
    await bus.publish(reliable, { id: "1" }, { key: "k" });
    await until(() => seen.length === 1);
    first.drop();
    bus.subscribe(reliable, { group: "s04", consumer: "b", handle: (message) => seen.push(`b ${message.event.id}`) });
    gate.resolve();
    await bus.publish(reliable, { id: "2" }, { key: "k" });
    await until(() => seen.length === 3);
    expect(seen).toEqual(["a 1", "b 1", "b 2"]);
    expect(options.clock.now()).toBe(START);
  });

  test("a group that is not a declared service's holds up no trimming once it is gone", async () => {
    const { bus, nearlyFull } = world(":memory:");
    const passing = bus.subscribe(single, { group: "s12-live", consumer: "a", handle: () => {} });
    await passing.stop();
    for (let at = 0; at < 300; at++) await bus.publish(single, { id: String(at) });
    expect((await bus.read(single, { limit: 1_000 })).length).toBeLessThan(150);
    expect(nearlyFull).toEqual([]);
    expect(await bus.state()).toEqual([]);
  });

  test("tries counted before a crash count after it", async () => {
    const folder = newFolder();
    const before = world(join(folder, "bus"));
    const attempts: number[] = [];
    const fail = (message: { attempt: number }) => {
      attempts.push(message.attempt);
      throw new Error("no");
    };
    before.bus.subscribe(reliable, { group: "s04", consumer: "a", handle: fail });
    await before.bus.publish(reliable, { id: "1" }, { key: "k" });
    await before.until(() => attempts.length === 2);
    const after = world(join(folder, "bus"));
    after.bus.subscribe(reliable, { group: "s04", consumer: "a", handle: fail });
    await after.until(() => after.dead.length === 1);
    expect(attempts).toEqual([1, 2, 3, 4]);
    await after.bus.close();
    removeFolder(folder);
  });
});

test("a process killed at a random moment loses nothing it published and hears nothing acknowledged again", async () => {
  const folder = newFolder();
  const path = join(folder, "bus");
  let next = 0;
  for (const afterLines of [2, 77, 500]) {
    const script = join(import.meta.dir, "embedded-bus.crash.ts");
    const lines = await killedAfter(afterLines, script, path, String(next));
    const last = (what: string) =>
      Number(lines.findLast((line) => line.startsWith(what))?.slice(what.length) ?? next - 1);
    const { bus, until } = world(path);
    const kept = (await bus.read(reliable, { key: "k", limit: 1_000 })).map((message) => Number(message.event.id));
    expect(kept.at(-1)).toBeGreaterThanOrEqual(last("published "));
    const heard: number[] = [];
    bus.subscribe(reliable, { group: "s04", consumer: "b", handle: (message) => heard.push(Number(message.event.id)) });
    await bus.publish(reliable, { id: "-1" }, { key: "k" });
    await until(() => heard.at(-1) === -1);
    const again = heard.slice(0, -1);
    // The last one handled may come again: it was killed before it could be acknowledged.
    expect(again[0] ?? kept.at(-1)! + 1).toBeGreaterThanOrEqual(last("handled "));
    expect(again).toEqual(kept.filter((id) => id >= (again[0] ?? Number.POSITIVE_INFINITY)));
    next = kept.at(-1)! + 1;
    await bus.close();
  }
  removeFolder(folder);
});

test("the epoch is that of the log's file: the same when it is opened again, another when it was removed", async () => {
  const folder = newFolder();
  const epochs: string[] = [];
  for (const [now, name] of [
    [START, "a"],
    [START + 1, "a"],
    [START + 2, "b"],
  ] as const) {
    const clock = new VirtualClock(now);
    const bus = new EmbeddedBus({ path: join(folder, name), clock });
    epochs.push(await bus.epoch());
    await bus.close();
  }
  expect(epochs[1]).toBe(epochs[0] as string);
  expect(epochs[2]).not.toBe(epochs[0]);
  removeFolder(folder);
});
