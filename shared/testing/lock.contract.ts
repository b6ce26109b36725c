/** What every Lock must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Lease, Lock } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

export function lockContract(name: string, begin: Begin<Lock>): void {
  describe(name, () => {
    const now = {} as Now;
    beforeEach(async () => {
      now.world = await begin();
      now.lock = now.world.port;
    });
    afterEach(() => now.world.end());
    holders(now);
    fences(now);
  });
}

interface Now {
  world: Timed<Lock>;
  lock: Lock;
}

function holders(now: Now): void {
  test("one holder at a time, another name is another lock", async () => {
    expect(await now.lock.acquire("a", 60_000)).toBeDefined();
    expect(await now.lock.acquire("a", 60_000)).toBeUndefined();
    expect(await now.lock.acquire("b", 60_000)).toBeDefined();
  });

  test("of many that ask at once exactly one gets it", async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => now.lock.acquire("a", 60_000)));
    expect(asked.filter((lease) => lease !== undefined).length).toBe(1);
  });

  test("run out it can be had by another; its first holder can neither renew nor release it", async () => {
    const first = (await now.lock.acquire("a", 200)) as Lease;
    await now.world.pass(250);
    expect(await first.renew(60_000)).toBe(false);
    const second = (await now.lock.acquire("a", 60_000)) as Lease;
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await first.renew(60_000)).toBe(false);
    await first.release();
    expect(await now.lock.acquire("a", 60_000)).toBeUndefined();
    expect(await second.renew(60_000)).toBe(true);
  });

  test("renewed in time it goes on, counted from the renewal", async () => {
    let name = "a";
    const renewed = async () => ((await now.lock.acquire(name, 1_000)) as Lease).renew(60_000);
    // On a clock of its own a busy machine may be too late for its own second: then with another name.
    while (!(await renewed())) name += "a";
    await now.world.pass(1_010);
    expect(await now.lock.acquire(name, 300)).toBeUndefined();
  });

  test("run out it can be revived, until another has had it", async () => {
    const first = (await now.lock.acquire("a", 200)) as Lease;
    await now.world.pass(250);
    expect(await first.revive(60_000)).toBe(true);
    expect(await now.lock.acquire("a", 60_000)).toBeUndefined();
    expect(await first.renew(200)).toBe(true);
    await now.world.pass(250);
    const second = (await now.lock.acquire("a", 60_000)) as Lease;
    expect(await first.revive(60_000)).toBe(false);
    await second.release();
    expect(await first.revive(60_000)).toBe(false);
    expect(await second.revive(60_000)).toBe(false);
  });

  test("its holder by name has it again at once, with a higher fence; nobody else does", async () => {
    const first = (await now.lock.acquire("a", 60_000, "here")) as Lease;
    expect(await now.lock.acquire("a", 60_000, "there")).toBeUndefined();
    expect(await now.lock.acquire("a", 60_000)).toBeUndefined();
    const second = (await now.lock.acquire("a", 60_000, "here")) as Lease;
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await first.revive(60_000)).toBe(false);
  });

  test("any characters may be in names", async () => {
    for (const text of hostileNames) expect(await now.lock.acquire(text, 60_000)).toBeDefined();
    for (const text of hostileNames) expect(await now.lock.acquire(text, 60_000)).toBeUndefined();
  });

  test("a lease that lasts no time is refused", async () => {
    for (const ttlMs of [0, -1, Number.NaN]) await expect(now.lock.acquire("a", ttlMs)).rejects.toThrow("Invariant");
  });
}

function fences(now: Now): void {
  test("released it can be had again, with a higher fence", async () => {
    const fences: number[] = [];
    for (let round = 0; round < 5; round++) {
      const lease = (await now.lock.acquire("a", 60_000)) as Lease;
      fences.push(lease.fence);
      await lease.release();
      await lease.release();
    }
    expect(fences).toEqual([...new Set(fences)].toSorted((one, other) => one - other));
    expect(fences[0]).toBeGreaterThan(0);
  });

  test("a restart keeps leases, and never gives a fence again", async () => {
    const held = (await now.lock.acquire("held", 60_000)) as Lease;
    const free = (await now.lock.acquire("free", 60_000)) as Lease;
    await free.release();
    now.lock = await now.world.reopen();
    expect(await now.lock.acquire("held", 60_000)).toBeUndefined();
    expect((await now.lock.acquire("free", 60_000))?.fence).toBeGreaterThan(free.fence);
    expect(held.fence).toBeGreaterThan(0);
  });

  test("the newest fence is known to all, also once its lease has ended; of what was never locked it is 0", async () => {
    expect(await now.lock.newest("a")).toBe(0);
    const first = (await now.lock.acquire("a", 60_000)) as Lease;
    expect(await now.lock.newest("a")).toBe(first.fence);
    await now.lock.acquire("a", 60_000);
    await first.renew(60_000);
    await first.release();
    expect(await now.lock.newest("a")).toBe(first.fence);
    const second = (await now.lock.acquire("a", 60_000)) as Lease;
    expect(await now.lock.newest("a")).toBe(second.fence);
    expect(await now.lock.newest("b")).toBe(0);
    now.lock = await now.world.reopen();
    expect(await now.lock.newest("a")).toBe(second.fence);
  });

  test("fences are whole numbers that a store can keep, however many are given at one moment", async () => {
    let last = 0;
    for (let round = 0; round < 200; round++) {
      const { fence } = (await now.lock.acquire("a", 60_000, "here")) as Lease;
      expect(Number.isSafeInteger(fence)).toBe(true);
      expect(fence).toBeGreaterThan(last);
      last = fence;
    }
  });
}
