/** What every Random must do. */
import { describe, expect, test } from "bun:test";
import type { Random } from "../kit/ports.ts";

const DRAWS = 20_000;

export function randomContract(name: string, open: () => Random): void {
  describe(name, () => {
    test("next is in [0, 1) and evenly spread", () => {
      const random = open();
      const tenths = new Array<number>(10).fill(0);
      for (let draw = 0; draw < DRAWS; draw++) {
        const value = random.next();
        expect(value >= 0 && value < 1).toBe(true);
        tenths[Math.floor(value * 10)]!++;
      }
      // Six standard deviations of a binomial with p = 0.1: one run in 10^8 of a fair source would fail.
      const allowed = 6 * Math.sqrt(DRAWS * 0.1 * 0.9);
      for (const count of tenths) expect(Math.abs(count - DRAWS / 10)).toBeLessThan(allowed);
    });

    test("int is whole, below its bound and reaches every value", () => {
      const random = open();
      const seen = new Set(Array.from({ length: 1_000 }, () => random.int(6)));
      expect([...seen].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
      expect(random.int(1)).toBe(0);
    });

    test("a bound that is zero, negative, broken or no number is refused", () => {
      for (const below of [0, -1, 1.5, Number.NaN, 2 ** 60]) expect(() => open().int(below)).toThrow("Invariant");
    });

    test("bytes come in the number asked for and use all values", () => {
      const bytes = open().bytes(10_000);
      expect(bytes.length).toBe(10_000);
      expect(new Set(bytes).size).toBe(256);
      expect(open().bytes(0).length).toBe(0);
    });

    test("uuid is a version 4 UUID and does not repeat", () => {
      const random = open();
      const ids = Array.from({ length: 1_000 }, () => random.uuid());
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test("forks of different names differ", () => {
      const random = open();
      expect(random.fork("a").uuid()).not.toBe(random.fork("b").uuid());
    });
  });
}
