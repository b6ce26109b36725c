/** What every Cache must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Cache } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

/** The adapter is opened for 100 entries at most, where it has a bound. */
export function cacheContract(name: string, begin: Begin<Cache>): void {
  describe(name, () => {
    let world: Timed<Cache>;
    let cache: Cache;
    beforeEach(async () => {
      world = await begin();
      cache = world.port;
    });
    afterEach(() => world.end());

    test("gives what was set, the newest, and nothing after a delete", async () => {
      expect(await cache.get("a")).toBeUndefined();
      await cache.set("a", { list: [1, "x", null, true] }, 60_000);
      expect(await cache.get<unknown>("a")).toEqual({ list: [1, "x", null, true] });
      await cache.set("a", 0, 60_000);
      expect(await cache.get<unknown>("a")).toBe(0);
      await cache.set("a", null, 60_000);
      expect(await cache.get("a")).toBeNull();
      await cache.delete("a");
      await cache.delete("a");
      expect(await cache.get("a")).toBeUndefined();
    });

    test("forgets after the time to live, counted from the last set", async () => {
      await cache.set("a", 1, 200);
      await cache.set("b", 1, 200);
      await cache.set("b", 2, 60_000);
      await world.pass(250);
      expect(await cache.get("a")).toBeUndefined();
      expect(await cache.get<unknown>("b")).toBe(2);
    });

    test("any characters may be in keys", async () => {
      for (const key of hostileNames) await cache.set(key, key, 60_000);
      for (const key of hostileNames) expect(await cache.get<unknown>(key)).toBe(key);
    });

    test("what a caller does to its value or its answer changes nothing kept", async () => {
      const value = { list: [1] };
      await cache.set("a", value, 60_000);
      value.list.push(2);
      (await cache.get<typeof value>("a"))?.list.push(3);
      expect(await cache.get<unknown>("a")).toEqual({ list: [1] });
    });

    test("a time to live that is none, or a value that is no JSON, is refused", async () => {
      for (const ttlMs of [0, -1, Number.NaN]) await expect(cache.set("a", 1, ttlMs)).rejects.toThrow("Invariant");
      await expect(cache.set("a", undefined, 1_000)).rejects.toThrow("Invariant");
    });
  });
}
