/** What every Schedule must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Schedule } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

const NOW = 1_700_000_000_000;
const options = { limit: 10, leaseMs: 1_000 };

export function scheduleContract(name: string, begin: Begin<Schedule>): void {
  describe(name, () => {
    let world: Timed<Schedule>;
    let schedule: Schedule;
    beforeEach(async () => {
      world = await begin();
      schedule = world.port;
    });
    afterEach(() => world.end());
    const claim = async (now: number, more: Partial<typeof options> = {}, queue = "q") =>
      (await schedule.claim(queue, now, { ...options, ...more })).map((item) => item.id);

    test("hands out what is due, the earliest first, with its payload", async () => {
      await schedule.put("q", "late", NOW + 1, {});
      await schedule.put("q", "second", NOW, { a: [1, null] });
      await schedule.put("q", "first", NOW - 1, "text");
      await schedule.put("other", "elsewhere", NOW, 1);
      expect(await schedule.claim("q", NOW, options)).toEqual([
        { id: "first", payload: "text" },
        { id: "second", payload: { a: [1, null] } },
      ]);
      expect(await claim(NOW + 1)).toEqual(["late"]);
    });

    test("hides what it handed out for the lease, then offers it again until it is done", async () => {
      await schedule.put("q", "a", NOW, 1);
      expect(await claim(NOW)).toEqual(["a"]);
      expect(await claim(NOW + 999)).toEqual([]);
      expect(await claim(NOW + 1_000)).toEqual(["a"]);
      await schedule.done("q", "a");
      await schedule.done("q", "a");
      expect(await claim(NOW + 10_000)).toEqual([]);
    });

    test("a second put moves it and changes its payload, also while it is handed out", async () => {
      await schedule.put("q", "a", NOW, 1);
      await schedule.put("q", "a", NOW + 5_000, 2);
      expect(await claim(NOW)).toEqual([]);
      expect(await schedule.claim("q", NOW + 5_000, options)).toEqual([{ id: "a", payload: 2 }]);
      await schedule.put("q", "a", NOW + 5_500, 3);
      expect(await schedule.claim("q", NOW + 5_500, options)).toEqual([{ id: "a", payload: 3 }]);
    });

    test("gives at most what was asked for, and the rest to the next", async () => {
      for (const id of ["c", "a", "b"]) await schedule.put("q", id, NOW, id);
      expect(await claim(NOW, { limit: 2 })).toEqual(["a", "b"]);
      expect(await claim(NOW, { limit: 2 })).toEqual(["c"]);
    });

    test("of many that claim at once each thing goes to one", async () => {
      for (let at = 0; at < 30; at++) await schedule.put("q", String(at), NOW, at);
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim(NOW, { limit: 4 })));
      expect(claims.flat().length).toBe(30);
      expect(new Set(claims.flat()).size).toBe(30);
    });

    test("a restart forgets nothing", async () => {
      await schedule.put("q", "a", NOW, { deep: { er: 1 } });
      await schedule.put("q", "b", NOW + 50, 1);
      await claim(NOW, { limit: 1 });
      schedule = await world.reopen();
      expect(await claim(NOW + 60)).toEqual(["b"]);
      expect(await schedule.claim("q", NOW + 1_000, options)).toEqual([{ id: "a", payload: { deep: { er: 1 } } }]);
    });

    test("any characters may be in queues, ids and payloads", async () => {
      for (const text of hostileNames) await schedule.put(text, text, NOW, text);
      for (const text of hostileNames) {
        expect(await schedule.claim(text, NOW, options)).toEqual([{ id: text, payload: text }]);
      }
    });

    test("a time, limit or lease that is none is refused", async () => {
      await expect(schedule.put("q", "a", Number.NaN, 1)).rejects.toThrow("Invariant");
      await expect(schedule.put("q", "a", NOW, undefined)).rejects.toThrow("Invariant");
      await expect(claim(NOW, { limit: 0 })).rejects.toThrow("Invariant");
      await expect(claim(NOW, { leaseMs: 0 })).rejects.toThrow("Invariant");
    });
  });
}
