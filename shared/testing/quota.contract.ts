/** What every Quota must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Quota } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

export function quotaContract(name: string, begin: Begin<Quota>): void {
  describe(name, () => {
    reserving(begin);
    restoring(begin);
  });
}

function restoring(begin: Begin<Quota>): void {
  describe("what is known to be taken", () => {
    let world: Timed<Quota>;
    let quota: Quota;
    beforeEach(async () => {
      world = await begin();
      quota = world.port;
    });
    afterEach(() => world.end());

    test("an amount can be set, fitting or not, and counts as if it had been reserved", async () => {
      await quota.reserve("a", "1", 60, 100);
      await quota.set("a", "2", 90);
      expect(await quota.used("a")).toBe(150);
      await quota.set("a", "1", 5);
      await quota.set("a", "2", 0);
      expect(await quota.used("a")).toBe(5);
      expect(await quota.reserve("a", "2", 50, 10)).toBe(true);
      expect(await quota.used("a")).toBe(5);
      expect(await quota.release("a", "2")).toBe(true);
      expect(await quota.release("a", "1")).toBe(true);
      expect(await quota.used("a")).toBe(0);
    });

    test("lists what is reserved", async () => {
      await quota.reserve("a", "1", 60, 100);
      await quota.reserve("a", "2", 0, 100);
      await quota.reserve("b", "3", 1, 100);
      await quota.set("a", "__proto__", 7);
      const byId = (await quota.list("a")).sort((x, y) => (x.id < y.id ? -1 : 1));
      expect(byId).toEqual([
        { id: "1", amount: 60 },
        { id: "2", amount: 0 },
        { id: "__proto__", amount: 7 },
      ]);
      expect(await quota.list("c")).toEqual([]);
    });
  });
}

function reserving(begin: Begin<Quota>): void {
  describe("reservations", () => {
    let world: Timed<Quota>;
    let quota: Quota;
    beforeEach(async () => {
      world = await begin();
      quota = world.port;
    });
    afterEach(() => world.end());

    test("takes what fits, to the last unit, and refuses what does not", async () => {
      expect(await quota.reserve("a", "1", 60, 100)).toBe(true);
      expect(await quota.reserve("a", "2", 41, 100)).toBe(false);
      expect(await quota.reserve("a", "3", 40, 100)).toBe(true);
      expect(await quota.reserve("a", "4", 1, 100)).toBe(false);
      expect(await quota.reserve("a", "5", 0, 100)).toBe(true);
      expect(await quota.used("a")).toBe(100);
      expect(await quota.used("b")).toBe(0);
    });

    test("the same id twice is one reservation, also when nothing more would fit", async () => {
      await quota.reserve("a", "1", 100, 100);
      expect(await quota.reserve("a", "1", 100, 100)).toBe(true);
      expect(await quota.reserve("a", "1", 5, 10)).toBe(true);
      expect(await quota.used("a")).toBe(100);
      expect(await quota.reserve("b", "1", 100, 100)).toBe(true);
    });

    test("a release gives back what was reserved, once", async () => {
      await quota.reserve("a", "1", 60, 100);
      await quota.reserve("a", "2", 40, 100);
      expect(await quota.release("a", "1")).toBe(true);
      expect(await quota.release("a", "1")).toBe(false);
      expect(await quota.release("a", "never")).toBe(false);
      expect(await quota.release("b", "2")).toBe(false);
      expect(await quota.used("a")).toBe(40);
      expect(await quota.reserve("a", "3", 60, 100)).toBe(true);
    });

    test("of many at once only as many get in as fit", async () => {
      const asked = await Promise.all(Array.from({ length: 50 }, (_, at) => quota.reserve("a", String(at), 10, 95)));
      expect(asked.filter((given) => given).length).toBe(9);
      expect(await quota.used("a")).toBe(90);
    });

    test("a limit lowered below what is used lets nothing in until enough is released", async () => {
      await quota.reserve("a", "1", 60, 100);
      expect(await quota.reserve("a", "2", 1, 50)).toBe(false);
      await quota.release("a", "1");
      expect(await quota.reserve("a", "2", 1, 50)).toBe(true);
    });

    test("a restart forgets nothing", async () => {
      await quota.reserve("a", "1", 60, 100);
      quota = await world.reopen();
      expect(await quota.used("a")).toBe(60);
      expect(await quota.reserve("a", "2", 41, 100)).toBe(false);
      expect(await quota.release("a", "1")).toBe(true);
    });

    test("amounts in micro-units of billions stay exact", async () => {
      const billion = 1_000_000_000_000_000;
      expect(await quota.reserve("a", "1", 4 * billion + 1, 5 * billion)).toBe(true);
      expect(await quota.used("a")).toBe(4 * billion + 1);
      expect(await quota.reserve("a", "2", billion, 5 * billion)).toBe(false);
      expect(await quota.reserve("a", "3", billion - 1, 5 * billion)).toBe(true);
    });

    test("any characters may be in names and ids", async () => {
      for (const text of hostileNames) expect(await quota.reserve(text, text, 1, 1)).toBe(true);
      for (const text of hostileNames) expect(await quota.used(text)).toBe(1);
    });

    test("an amount that is broken, below zero or no number is refused", async () => {
      for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
        await expect(quota.reserve("a", "1", amount, 100)).rejects.toThrow("Invariant");
        await expect(quota.set("a", "1", amount)).rejects.toThrow("Invariant");
      }
      expect(await quota.used("a")).toBe(0);
    });
  });
}
