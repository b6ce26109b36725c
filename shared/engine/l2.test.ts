import { expect, test } from "bun:test";
import fc from "fast-check";
import { L2Book } from "./l2.ts";

test("levels are absolute, zero removes, the best stands first", () => {
  const book = new L2Book();
  expect(book.best()).toBeUndefined();
  expect(book.set("BUY", 100, 5)).toBe(0);
  expect(book.set("BUY", 100, 7)).toBe(5);
  expect(book.best()).toBeUndefined();
  book.set("BUY", 99, 1);
  book.set("SELL", 101, 2);
  book.set("SELL", 105, 3);
  expect(book.best()).toEqual({ bidTicks: 100, bidLots: 7, askTicks: 101, askLots: 2 });
  expect(book.top(20)).toEqual({
    bids: [
      [100, 7],
      [99, 1],
    ],
    asks: [
      [101, 2],
      [105, 3],
    ],
  });
  expect(book.set("SELL", 101, 0)).toBe(2);
  expect(book.set("SELL", 77, 0)).toBe(0);
  expect(book.at("SELL", 105)).toBe(3);
  expect(book.at("SELL", 101)).toBe(0);
  expect(book.top(1)).toEqual({ bids: [[100, 7]], asks: [[105, 3]] });
  expect(book.ticksAt("SELL", 5)).toBeNaN();
});

test("says when it is crossed, and drops what stands better than a price", () => {
  const book = new L2Book();
  for (const ticks of [98, 99, 100, 101]) book.set("BUY", ticks, 1);
  for (const ticks of [101, 102, 103]) book.set("SELL", ticks, 1);
  expect(book.crossed()).toBe(true);
  expect(book.dropBetter("BUY", 99)).toBe(2);
  expect(book.crossed()).toBe(false);
  expect(book.dropBetter("SELL", 102)).toBe(1);
  expect(book.best()).toEqual({ bidTicks: 99, bidLots: 1, askTicks: 102, askLots: 1 });
  book.clear();
  expect(book.best()).toBeUndefined();
  expect(book.size("BUY")).toBe(0);
});

test("equals a plain map under any updates, beyond its first room too", () => {
  const update = fc.record({
    side: fc.constantFrom("BUY" as const, "SELL" as const),
    ticks: fc.integer({ min: 1, max: 800 }),
    lots: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(update, { minLength: 500, maxLength: 3000 }), (updates) => {
      const book = new L2Book();
      const plain = { BUY: new Map<number, number>(), SELL: new Map<number, number>() };
      for (const { side, ticks, lots } of updates) {
        expect(book.set(side, ticks, lots)).toBe(plain[side].get(ticks) ?? 0);
        if (lots === 0) plain[side].delete(ticks);
        else plain[side].set(ticks, lots);
      }
      const bids = [...plain.BUY].sort((a, b) => b[0] - a[0]);
      const asks = [...plain.SELL].sort((a, b) => a[0] - b[0]);
      expect(book.top(5000)).toEqual({ bids, asks });
      for (const [rank, [ticks, lots]] of asks.entries()) {
        if (book.ticksAt("SELL", rank) !== ticks || book.lotsAt("SELL", rank) !== lots) throw new Error("rank");
      }
    }),
    { seed: 3, numRuns: 20 },
  );
});
