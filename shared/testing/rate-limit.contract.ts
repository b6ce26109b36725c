/** What every RateLimit must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { RateLimit } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

const rule = { limit: 5, windowMs: 1_000 };
/** Nothing comes back of it while a test runs, however busy the machine is. */
const slow = { limit: 5, windowMs: 3_600_000 };

export function rateLimitContract(name: string, begin: Begin<RateLimit>): void {
  describe(name, () => {
    let world: Timed<RateLimit>;
    let limit: RateLimit;
    beforeEach(async () => {
      world = await begin();
      limit = world.port;
    });
    afterEach(() => world.end());
    const allowed = async (times: number, { cost = 1, key = "a", by = slow } = {}) => {
      let count = 0;
      for (let at = 0; at < times; at++) if ((await limit.take(key, by, cost)).allowed) count++;
      return count;
    };

    test("a key at rest may use its whole limit at once, and no more", async () => {
      expect(await allowed(9)).toBe(5);
      expect(await allowed(9, { key: "b" })).toBe(5);
    });

    test("tells what is left, and when there is room again", async () => {
      const remaining: number[] = [];
      for (let at = 0; at < 5; at++) remaining.push((await limit.take("a", slow)).remaining);
      expect(remaining).toEqual([4, 3, 2, 1, 0]);
      const refused = await limit.take("a", slow);
      expect(refused).toMatchObject({ allowed: false, remaining: 0 });
      expect(refused.resetMs).toBeGreaterThan(0);
      expect(refused.resetMs).toBeLessThanOrEqual(slow.windowMs / slow.limit);
      let soon = await limit.take("b", rule);
      while (soon.allowed) soon = await limit.take("b", rule);
      await world.pass(soon.resetMs);
      expect((await limit.take("b", rule)).allowed).toBe(true);
    });

    test("what is used comes back evenly over the window, and never more than the limit", async () => {
      const since = (from: number) => Math.floor(((performance.now() - from) / rule.windowMs) * rule.limit);
      const started = performance.now();
      await allowed(5, { by: rule });
      await world.pass(400);
      const back = await allowed(5, { by: rule });
      expect(back).toBeGreaterThanOrEqual(2);
      // On a clock of its own a busy machine lets more pass than it was asked to.
      expect(back).toBeLessThanOrEqual(Math.max(2, since(started)));
      for (const ms of [1_000, 60_000]) {
        await world.pass(ms);
        const from = performance.now();
        const all = await allowed(9, { by: rule });
        expect(all).toBeGreaterThanOrEqual(5);
        expect(all).toBeLessThanOrEqual(5 + since(from));
      }
    });

    test("refusals cost nothing", async () => {
      await allowed(50, { by: rule });
      await world.pass(200);
      expect(await allowed(1, { by: rule })).toBe(1);
    });

    test("a cost of several needs room for all of them, one above the limit never fits", async () => {
      expect(await allowed(1, { cost: 3 })).toBe(1);
      expect(await allowed(1, { cost: 3 })).toBe(0);
      expect(await allowed(1, { cost: 2 })).toBe(1);
      const never = await limit.take("b", slow, 6);
      expect(never.allowed).toBe(false);
      expect(never.remaining).toBe(5);
    });

    test("what is given back can be used again, and is never more than the limit", async () => {
      await allowed(5);
      await limit.giveBack("a", slow, 2);
      expect(await allowed(9)).toBe(2);
      for (let at = 0; at < 9; at++) await limit.giveBack("a", slow);
      await limit.giveBack("never used", slow);
      expect(await allowed(9)).toBe(5);
      expect(await allowed(9, { key: "never used" })).toBe(5);
    });

    test("many at once share one limit", async () => {
      const asked = await Promise.all(Array.from({ length: 50 }, () => limit.take("a", slow)));
      expect(asked.filter((verdict) => verdict.allowed).length).toBe(5);
    });

    test("any characters may be in keys, and they are not mixed up", async () => {
      for (const key of hostileNames) expect(await allowed(9, { key })).toBe(5);
    });

    test("a rule that is none is refused", async () => {
      for (const bad of [
        { limit: 0, windowMs: 1 },
        { limit: 1, windowMs: 0 },
        { limit: Number.NaN, windowMs: 1 },
      ]) {
        await expect(limit.take("a", bad)).rejects.toThrow("Invariant");
      }
      await expect(limit.take("a", rule, 0)).rejects.toThrow("Invariant");
    });
  });
}
