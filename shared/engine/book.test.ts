import { expect, test } from "bun:test";
import { Book } from "./book.ts";

const order = (id: string, side: "BUY" | "SELL", ticks: number, lots: number) => ({ id, side, ticks, lots });

test("queues by price, then time", () => {
  const book = new Book();
  for (const resting of [order("a", "BUY", 99, 1), order("b", "BUY", 100, 2), order("c", "BUY", 100, 3)])
    book.add(resting);
  expect(book.front("BUY")).toMatchObject({ id: "b" });
  book.fill("b", 1);
  expect(book.front("BUY")).toMatchObject({ id: "b", lots: 1 });
  book.fill("b", 1);
  expect(book.get("b")).toBeUndefined();
  expect(book.front("BUY")).toMatchObject({ id: "c" });
  expect(book.queueAt("BUY", 100).map(({ id }) => id)).toEqual(["c"]);
  expect(book.lotsAt("BUY", 100)).toBe(3);
  expect(book.lotsAt("BUY", 98)).toBe(0);
  expect(book.remove("c")).toMatchObject({ lots: 3 });
  expect(book.remove("c")).toBeUndefined();
  expect(book.depth(5)).toEqual({ bids: [[99, 1]], asks: [] });
  expect(book.size).toBe(1);
  expect([...book.all()].map(({ id }) => id)).toEqual(["a"]);
});

test("counts what a taker finds within its limit, up to enough", () => {
  const book = new Book();
  for (const resting of [order("a", "SELL", 101, 2), order("b", "SELL", 102, 2), order("c", "SELL", 105, 9)])
    book.add(resting);
  expect(book.available("BUY", 100, 5)).toBe(0);
  expect(book.available("BUY", 102, 5)).toBe(4);
  expect(book.available("BUY", 105, 5)).toBe(5);
  expect(book.available("SELL", 1, 5)).toBe(0);
});

test("refuses what would break it", () => {
  const book = new Book();
  book.add(order("a", "SELL", 101, 2));
  expect(() => book.add(order("a", "SELL", 101, 2))).toThrow("rests already");
  expect(() => book.add(order("b", "SELL", -1, 2))).toThrow("no ticks");
  expect(() => book.add(order("b", "SELL", 1, 0.5))).toThrow("no lots");
  expect(() => book.fill("a", 3)).toThrow("cannot leave");
  expect(() => book.fill("z", 1)).toThrow("does not rest");
});
