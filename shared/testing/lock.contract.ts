/** What every Lock must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Lease, Lock } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

export function lockContract(name: string, begin: Begin<Lock>): void {
  describe(name, () => {
    let world: Timed<Lock>;
    let lock: Lock;
    beforeEach(async () => {
      world = await begin();
      lock = world.port;
    });
    afterEach(() => world.end());

    test("one holder at a time, another name is another lock", async () => {
      expect(await lock.acquire("a", 60_000)).toBeDefined();
      expect(await lock.acquire("a", 60_000)).toBeUndefined();
      expect(await lock.acquire("b", 60_000)).toBeDefined();
    });

    test("of many that ask at once exactly one gets it", async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, () => lock.acquire("a", 60_000)));
      expect(asked.filter((lease) => lease !== undefined).length).toBe(1);
    });

    test("released it can be had again, with a higher fence", async () => {
      const fences: number[] = [];
      for (let round = 0; round < 5; round++) {
        const lease = (await lock.acquire("a", 60_000)) as Lease;
        fences.push(lease.fence);
        await lease.release();
        await lease.release();
      }
      expect(fences).toEqual([...new Set(fences)].toSorted((one, other) => one - other));
      expect(fences[0]).toBeGreaterThan(0);
    });

    test("run out it can be had by another; its first holder can neither renew nor release it", async () => {
      const first = (await lock.acquire("a", 200)) as Lease;
      await world.pass(250);
      expect(await first.renew(60_000)).toBe(false);
      const second = (await lock.acquire("a", 60_000)) as Lease;
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(await first.renew(60_000)).toBe(false);
      await first.release();
      expect(await lock.acquire("a", 60_000)).toBeUndefined();
      expect(await second.renew(60_000)).toBe(true);
    });

    test("renewed in time it goes on, counted from the renewal", async () => {
      const lease = (await lock.acquire("a", 300)) as Lease;
      for (let round = 0; round < 3; round++) {
        await world.pass(200);
        expect(await lease.renew(300)).toBe(true);
      }
      expect(await lock.acquire("a", 300)).toBeUndefined();
    });

    test("run out it can be revived, until another has had it", async () => {
      const first = (await lock.acquire("a", 200)) as Lease;
      await world.pass(250);
      expect(await first.revive(200)).toBe(true);
      expect(await lock.acquire("a", 60_000)).toBeUndefined();
      await world.pass(250);
      const second = (await lock.acquire("a", 60_000)) as Lease;
      expect(await first.revive(60_000)).toBe(false);
      await second.release();
      expect(await first.revive(60_000)).toBe(false);
      expect(await second.revive(60_000)).toBe(false);
    });

    test("its holder by name has it again at once, with a higher fence; nobody else does", async () => {
      const first = (await lock.acquire("a", 60_000, "here")) as Lease;
      expect(await lock.acquire("a", 60_000, "there")).toBeUndefined();
      expect(await lock.acquire("a", 60_000)).toBeUndefined();
      const second = (await lock.acquire("a", 60_000, "here")) as Lease;
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(await first.revive(60_000)).toBe(false);
    });

    test("a restart keeps leases, and never gives a fence again", async () => {
      const held = (await lock.acquire("held", 60_000)) as Lease;
      const free = (await lock.acquire("free", 60_000)) as Lease;
      await free.release();
      lock = await world.reopen();
      expect(await lock.acquire("held", 60_000)).toBeUndefined();
      expect((await lock.acquire("free", 60_000))?.fence).toBeGreaterThan(free.fence);
      expect(held.fence).toBeGreaterThan(0);
    });

    test("any characters may be in names", async () => {
      for (const text of hostileNames) expect(await lock.acquire(text, 60_000)).toBeDefined();
      for (const text of hostileNames) expect(await lock.acquire(text, 60_000)).toBeUndefined();
    });

    test("a lease that lasts no time is refused", async () => {
      for (const ttlMs of [0, -1, Number.NaN]) await expect(lock.acquire("a", ttlMs)).rejects.toThrow("Invariant");
    });
  });
}
