/** What every Bus must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Message } from "../kit/ports.ts";
import { deliveryContract } from "./bus-delivery.contract.ts";
import { type BusWorld, hostileKeys, lossy, type Note, type Now, reliable, single } from "./bus-world.ts";

/** `durable`: the world can crash and go on. */
export function busContract(name: string, durable: boolean, begin: () => Promise<BusWorld>): void {
  describe(name, () => {
    const now = {} as Now;
    beforeEach(async () => {
      now.world = await begin();
    });
    afterEach(() => now.world.end());

    describe("lossy streams", () => lossyStreams(now));
    describe("publishing", () => publishing(now));
    deliveryContract(now, durable);
    describe("reading", () => reading(now));
    describe("length", () => lengths(now));
  });
}

const ids = (messages: readonly Message<Note>[]) => messages.map((message) => message.event.id);

function lossyStreams(now: Now): void {
  test("reach every subscriber with what comes from now on, until it stops", async () => {
    const { bus, until } = now.world;
    const first: string[] = [];
    const second: string[] = [];
    await bus.publish(lossy, { id: "before" }, { key: "k" });
    const one = bus.subscribe(lossy, {
      group: "s02",
      consumer: "a",
      handle: (m) => first.push(`${m.key} ${m.event.id}`),
    });
    bus.subscribe(lossy, { group: "s02", consumer: "b", handle: (m) => second.push(`${m.key} ${m.event.id}`) });
    await bus.publish(lossy, { id: "1" }, { key: "k" });
    await bus.publish(lossy, { id: "2" }, { key: "l" });
    await until(() => second.length === 2 && first.length === 2);
    await one.stop();
    await bus.publish(lossy, { id: "3" }, { key: "k" });
    await until(() => second.length === 3);
    expect(first.toSorted()).toEqual(["k 1", "l 2"]);
    expect(second.toSorted()).toEqual(["k 1", "k 3", "l 2"]);
    expect(second.at(-1)).toBe("k 3");
  });

  test("a handler that throws is reported and keeps nothing from the others", async () => {
    const { bus, until, errors } = now.world;
    let heard = 0;
    bus.subscribe(lossy, {
      group: "s02",
      consumer: "a",
      handle: () => {
        throw new Error("broken");
      },
    });
    bus.subscribe(lossy, { group: "s02", consumer: "b", handle: () => heard++ });
    await bus.publish(lossy, { id: "1" }, { key: "k" });
    await until(() => heard === 1 && errors.length === 1);
    expect(String(errors[0])).toContain("broken");
  });

  test("are not kept: reading one is our own mistake", async () => {
    await expect(now.world.bus.read(lossy, { limit: 1 })).rejects.toThrow("Invariant");
  });
}

function publishing(now: Now): void {
  test("a message carries its stream, key, version, time, trace and first attempt", async () => {
    const { bus, until } = now.world;
    const heard: Message<Note>[] = [];
    bus.subscribe(reliable, { group: "s04", consumer: "a", handle: (message) => heard.push(message) });
    const id = await bus.publish(reliable, { id: "1" }, { key: "FUT:BTCUSDT", traceparent: "00-trace" });
    await until(() => heard.length === 1);
    const { ts, ...rest } = heard[0]!;
    expect(ts).toBeGreaterThan(1e12);
    expect(rest).toEqual({
      id,
      stream: "test:reliable:{FUT:BTCUSDT}",
      key: "FUT:BTCUSDT",
      version: 1,
      event: { id: "1" },
      traceparent: "00-trace",
      attempt: 1,
    });
  });

  test("the same id twice is one message; in another stream it is another", async () => {
    const { bus, until } = now.world;
    const heard: string[] = [];
    bus.subscribe(reliable, { group: "s04", consumer: "a", handle: (m) => heard.push(`${m.key} ${m.event.id}`) });
    expect(await bus.publish(reliable, { id: "1" }, { key: "k", id: "x" })).toBe("x");
    expect(await bus.publish(reliable, { id: "again" }, { key: "k", id: "x" })).toBe("x");
    await bus.publish(reliable, { id: "2" }, { key: "l", id: "x" });
    await bus.publish(reliable, { id: "3" }, { key: "k" });
    await until(() => heard.length === 3);
    expect(heard.toSorted()).toEqual(["k 1", "k 3", "l 2"]);
  });

  test("what is told again is added only if the stream has lost it", async () => {
    const { bus, until } = now.world;
    const heard: string[] = [];
    bus.subscribe(reliable, { group: "s04", consumer: "a", handle: ({ event }) => heard.push(event.id) });
    await bus.publish(reliable, { id: "1" }, { key: "k", id: "x" });
    expect(await bus.publish(reliable, { id: "1" }, { key: "k", id: "x", again: true })).toBe("x");
    await bus.publish(reliable, { id: "2" }, { key: "k", id: "y", again: true });
    await until(() => heard.length === 2);
    expect(heard).toEqual(["1", "2"]);
    expect(ids(await bus.read(reliable, { key: "k", limit: 10 }))).toEqual(["1", "2"]);
  });

  test("a bus that has lost nothing stays in its epoch, without trouble", async () => {
    const { bus } = now.world;
    const told: string[] = [];
    bus.onLoss((epoch) => told.push(epoch));
    const epoch = await bus.epoch();
    expect(epoch).not.toBe("");
    await bus.publish(reliable, { id: "1" }, { key: "k" });
    expect(await bus.epoch()).toBe(epoch);
    expect(told).toEqual([]);
    expect(bus.trouble()).toBeUndefined();
  });

  test("a keyed stream needs its key, one without takes none", async () => {
    const { bus, until } = now.world;
    for (const stream of [lossy, reliable]) {
      await expect((async () => bus.publish(stream, { id: "1" }))()).rejects.toThrow("Invariant");
    }
    const heard: string[] = [];
    bus.subscribe(single, { group: "s04", consumer: "a", handle: (message) => heard.push(message.stream) });
    await bus.publish(single, { id: "1" });
    await until(() => heard.length === 1);
    expect(heard).toEqual(["test:single"]);
  });

  test("any characters may be in keys, ids and events", async () => {
    const { bus, until } = now.world;
    const heard: [string, string, string][] = [];
    bus.subscribe(reliable, { group: "s04", consumer: "a", handle: (m) => heard.push([m.key, m.id, m.event.id]) });
    for (const text of hostileKeys) await bus.publish(reliable, { id: text }, { key: text, id: text });
    await until(() => heard.length === hostileKeys.length);
    expect(heard.toSorted()).toEqual(
      hostileKeys.map((text): [string, string, string] => [text, text, text]).toSorted(),
    );
    for (const text of hostileKeys) expect(ids(await bus.read(reliable, { key: text, limit: 10 }))).toEqual([text]);
  });
}

function reading(now: Now): void {
  beforeEach(async () => {
    for (const [key, id] of [
      ["k", "1"],
      ["l", "2"],
      ["k", "3"],
      ["k", "4"],
    ] as const) {
      await now.world.bus.publish(reliable, { id }, { key, id: `m${id}` });
    }
  });

  test("gives the newest, newest last, of one key", async () => {
    const { bus } = now.world;
    expect(ids(await bus.read(reliable, { key: "k", limit: 10 }))).toEqual(["1", "3", "4"]);
    expect(ids(await bus.read(reliable, { key: "k", limit: 2 }))).toEqual(["3", "4"]);
    expect(ids(await bus.read(reliable, { key: "none", limit: 2 }))).toEqual([]);
  });

  test("gives what came after a message", async () => {
    const { bus } = now.world;
    expect(ids(await bus.read(reliable, { key: "k", after: "m1", limit: 1 }))).toEqual(["3"]);
    expect(ids(await bus.read(reliable, { key: "k", after: "m1", limit: 10 }))).toEqual(["3", "4"]);
    expect(ids(await bus.read(reliable, { key: "k", after: "m4", limit: 10 }))).toEqual([]);
  });

  test("without a key gives those of all keys, each key in order", async () => {
    const all = await now.world.bus.read(reliable, { limit: 10 });
    expect(ids(all).toSorted()).toEqual(["1", "2", "3", "4"]);
    expect(ids(all.filter((message) => message.key === "k"))).toEqual(["1", "3", "4"]);
  });

  test("without a key goes on after any message as the whole does", async () => {
    const all = await now.world.bus.read(reliable, { limit: 10 });
    for (const [at, message] of all.entries()) {
      expect(await now.world.bus.read(reliable, { after: message.id, limit: 10 })).toEqual(all.slice(at + 1));
    }
  });

  test("refuses a limit that is none, and a message that is not there", async () => {
    const { bus } = now.world;
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
      await expect(bus.read(reliable, { key: "k", limit })).rejects.toMatchObject({ code: "INVALID" });
    }
    const unknown = bus.read(reliable, { key: "k", after: "never", limit: 1 });
    await expect(unknown).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
}

function lengths(now: Now): void {
  const publishMany = async (count: number) => {
    for (let at = 0; at < count; at++) await now.world.bus.publish(single, { id: String(at) });
  };

  test("is kept near what is declared once all is acknowledged", async () => {
    const { bus, until } = now.world;
    let heard = 0;
    bus.subscribe(single, { group: "s04", consumer: "a", handle: () => heard++ });
    for (let round = 0; round < 5; round++) {
      await publishMany(100);
      await until(() => heard === (round + 1) * 100);
    }
    await publishMany(10);
    const kept = await bus.read(single, { limit: 1_000 });
    expect(kept.length).toBeLessThan(150);
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(ids(kept).at(-1)).toBe("9");
  });

  test("never costs a message that a service has not acknowledged, and its nearness is told once", async () => {
    const { bus, until, nearlyFull } = now.world;
    const first = bus.subscribe(single, { group: "s04", consumer: "a", handle: () => {} });
    await first.stop();
    await publishMany(300);
    expect(nearlyFull).toEqual(["test:single"]);
    expect(bus.trouble()).toBe("test:single is nearly full of what nobody has acknowledged");
    const heard: string[] = [];
    bus.subscribe(single, { group: "s04", consumer: "a", handle: (message) => heard.push(message.event.id) });
    await until(() => heard.length === 300 && bus.trouble() === undefined);
    expect(heard).toEqual(Array.from({ length: 300 }, (_, at) => String(at)));
  });
}
