/** What every RateLimit must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { RateLimit } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

const rule = { limit: 5, windowMs: 1_000 };

export function rateLimitContract(name: string, begin: Begin<RateLimit>): void {
  describe(name, () => {
    let world: Timed<RateLimit>;
    let limit: RateLimit;
    beforeEach(async () => {
      world = await begin();
      limit = world.port;
    });
    afterEach(() => world.end());
    const allowed = async (times: number, cost = 1, key = "a") => {
      let count = 0;
      for (let at = 0; at < times; at++) if ((await limit.take(key, rule, cost)).allowed) count++;
      return count;
    };

    test("a key at rest may use its whole limit at once, and no more", async () => {
      expect(await allowed(9)).toBe(5);
      expect(await allowed(9, 1, "b")).toBe(5);
    });

    test("tells what is left, and when there is room again", async () => {
      const remaining: number[] = [];
      for (let at = 0; at < 5; at++) remaining.push((await limit.take("a", rule)).remaining);
      expect(remaining).toEqual([4, 3, 2, 1, 0]);
      const refused = await limit.take("a", rule);
      expect(refused.allowed).toBe(false);
      expect(refused.remaining).toBe(0);
      expect(refused.resetMs).toBeGreaterThan(0);
      expect(refused.resetMs).toBeLessThanOrEqual(200);
      await world.pass(refused.resetMs);
      expect((await limit.take("a", rule)).allowed).toBe(true);
    });

    test("what is used comes back evenly over the window", async () => {
      const started = performance.now();
      await allowed(5);
      await world.pass(400);
      const back = await allowed(5);
      // On a clock of its own a busy machine lets more pass than it was asked to.
      const most = Math.max(2, Math.floor(((performance.now() - started) / rule.windowMs) * rule.limit));
      expect(back).toBeGreaterThanOrEqual(2);
      expect(back).toBeLessThanOrEqual(most);
      await world.pass(1_000);
      expect(await allowed(9)).toBe(5);
      await world.pass(60_000);
      expect(await allowed(9)).toBe(5);
    });

    test("refusals cost nothing", async () => {
      await allowed(50);
      await world.pass(200);
      expect(await allowed(1)).toBe(1);
    });

    test("a cost of several needs room for all of them, one above the limit never fits", async () => {
      expect(await allowed(1, 3)).toBe(1);
      expect(await allowed(1, 3)).toBe(0);
      expect(await allowed(1, 2)).toBe(1);
      const never = await limit.take("b", rule, 6);
      expect(never.allowed).toBe(false);
      expect(never.remaining).toBe(5);
    });

    test("what is given back can be used again, and is never more than the limit", async () => {
      await allowed(5);
      await limit.giveBack("a", rule, 2);
      expect(await allowed(9)).toBe(2);
      for (let at = 0; at < 9; at++) await limit.giveBack("a", rule);
      await limit.giveBack("never used", rule);
      expect(await allowed(9)).toBe(5);
      expect(await allowed(9, 1, "never used")).toBe(5);
    });

    test("many at once share one limit", async () => {
      const asked = await Promise.all(Array.from({ length: 50 }, () => limit.take("a", rule)));
      expect(asked.filter((verdict) => verdict.allowed).length).toBe(5);
    });

    test("any characters may be in keys, and they are not mixed up", async () => {
      for (const key of hostileNames) expect(await allowed(9, 1, key)).toBe(5);
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
