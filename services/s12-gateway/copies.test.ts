import { beforeEach, describe, expect, test } from "bun:test";
import { MemoryCache } from "../../shared/adapters/cache.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { Problem } from "../../shared/errors.ts";
import type { Cache } from "../../shared/kit/ports.ts";
import { createCopies } from "./copies.ts";

let clock: VirtualClock;
let cache: Cache;
let store: { value: number; reads: number };
beforeEach(() => {
  clock = new VirtualClock(0);
  cache = new MemoryCache(clock);
  store = { value: 1, reads: 0 };
});
const open = (seed: string, given: Cache = cache) => createCopies({ cache: given, clock, random: seededRandom(seed) });
const load = async () => {
  store.reads++;
  return store.value;
};

describe("a copy", () => {
  test("spares the store for ten seconds", async () => {
    const copies = open("a");
    for (let at = 0; at < 100; at++) expect(await copies.read("k", load)).toBe(1);
    expect(store.reads).toBe(1);
    await clock.run(10_000);
    await copies.read("k", load);
    expect(store.reads).toBe(2);
  });
  test("is believed while the store is away, unless it was changed here; and not for ever", async () => {
    const copies = open("a");
    const away = () => Promise.reject(new Problem("UNAVAILABLE", "away"));
    for (const key of ["k", "changed"]) await copies.read(key, load);
    await copies.changed(["changed"]);
    await clock.run(60_000);
    expect(await copies.read<number>("k", away)).toBe(1);
    expect(copies.read("changed", away)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(copies.read("k", () => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
    await clock.run(3_600_000);
    expect(copies.read("k", away)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
  test("of what is not there is not kept", async () => {
    const copies = open("a");
    expect(await copies.read("k", async () => undefined)).toBeUndefined();
    expect(await copies.read("k", load)).toBe(1);
  });
  test("is never behind a change made here", async () => {
    const copies = open("a");
    await copies.read("k", load);
    store.value = 2;
    await copies.changed(["k"]);
    expect(await copies.read("k", load)).toBe(2);
    await clock.run(10_000);
    expect(await copies.read("k", load)).toBe(2);
  });
  test("is not brought back by a read that was under way during the change", async () => {
    const copies = open("a");
    const { promise, resolve } = Promise.withResolvers<number>();
    const slow = copies.read("k", () => promise);
    await Promise.resolve();
    store.value = 2;
    await copies.changed(["k"]);
    resolve(1);
    await slow;
    for (const until of [0, 9_999, 10_000, 10_001]) {
      await clock.run(until);
      expect(await copies.read("k", load)).toBe(2);
    }
  });
  test("is not believed after a change that the cache could not be told of", async () => {
    const away = () => Promise.reject(new Error("away"));
    const stubborn: Cache = { get: (key) => cache.get(key), set: (...all) => cache.set(...all), delete: away };
    const copies = open("a", stubborn);
    await copies.read("k", load);
    store.value = 2;
    await copies.changed(["k"]);
    for (const until of [0, 9_999, 10_000]) {
      await clock.run(until);
      expect(await copies.read("k", load)).toBe(2);
    }
  });
  test("that the cache takes note of only after a change is too old by then", async () => {
    const late: Parameters<Cache["set"]>[] = [];
    const slow: Cache = {
      get: (key) => cache.get(key),
      delete: (key) => cache.delete(key),
      set: async (...all) => void late.push(all),
    };
    const copies = open("a", slow);
    await copies.read("k", load);
    store.value = 2;
    await copies.changed(["k"]);
    await clock.run(10_000);
    for (const all of late) await cache.set(...all);
    expect(await copies.read("k", load)).toBe(2);
  });
  test("of another process is not read, whatever it knew when it died", async () => {
    await open("a").read("k", load);
    store.value = 2;
    expect(await open("b").read("k", load)).toBe(2);
  });
});

test("without a cache everything is read from the store", async () => {
  const away = () => Promise.reject(new Error("away"));
  const copies = open("a", { get: away, set: away, delete: away });
  expect(await copies.read("k", load)).toBe(1);
  store.value = 2;
  await copies.changed(["k"]);
  expect(await copies.read("k", load)).toBe(2);
});

test("a cache that hangs holds nobody up: it is asked once in a while", async () => {
  let asked = 0;
  const hangs = () => {
    asked++;
    return new Promise<never>(() => {});
  };
  const copies = open("a", { get: hangs, set: hangs, delete: hangs });
  const first = copies.read("k", load);
  await clock.run(100);
  expect(await first).toBe(1);
  for (let at = 0; at < 10; at++) expect(await copies.read("k", load)).toBe(1);
  await copies.changed(["k"]);
  expect(asked).toBe(1);
});
