import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Book } from "./book.ts";
import { FastBook } from "./fast-book.ts";
import type { NewOrder } from "./matcher.ts";
import { LimitOrderMatcher } from "./matching.ts";
import { bookText, isCrossed, leftOf, type OrderBook } from "./order-book.ts";

const order = (id: string, side: "BUY" | "SELL", ticks: number, lots: number, more: object = {}) => ({
  ...{ id, side, ticks, lots },
  ...more,
});
const ids = (book: OrderBook, side: "BUY" | "SELL") => [...book.walk(side)].map(({ id }) => id);

for (const [name, make] of [
  ["plain", () => new Book()],
  ["fast", () => new FastBook()],
] as const) {
  describe(`the ${name} book`, () => {
    test("queues by price, then time", () => {
      const book = make();
      for (const resting of [order("a", "BUY", 99, 1), order("b", "BUY", 100, 2), order("c", "BUY", 100, 3)])
        book.add(resting);
      expect(book.front("BUY")).toMatchObject({ id: "b" });
      book.fill("b", 1);
      expect(book.front("BUY")).toMatchObject({ id: "b", lots: 1 });
      expect(ids(book, "BUY")).toEqual(["b", "c", "a"]);
      book.fill("b", 1);
      expect(book.get("b")).toBeUndefined();
      expect(book.front("BUY")).toMatchObject({ id: "c" });
      expect(book.lotsAt("BUY", 100)).toBe(3);
      expect(book.lotsAt("BUY", 98)).toBe(0);
      expect(book.remove("c")).toBe(3);
      expect(book.remove("c")).toBe(0);
      expect(book.depth(5)).toEqual({ bids: [[99, 1]], asks: [] });
      expect(book.size).toBe(1);
    });

    test("an iceberg shows slice after slice, each behind the others, and counts whole for who looks for lots", () => {
      const book = make();
      book.add(order("i", "SELL", 101, 2, { hidden: 5, peak: 2 }));
      book.add(order("o", "SELL", 101, 3));
      expect(book.depth(1).asks).toEqual([[101, 5]]);
      expect(book.available("BUY", 101, 99)).toBe(10);
      book.fill("i", 2);
      expect(ids(book, "SELL")).toEqual(["o", "i"]);
      expect(book.get("i")).toMatchObject({ lots: 2, hidden: 3 });
      book.fill("o", 3);
      book.fill("i", 2);
      book.fill("i", 2);
      expect(book.get("i")).toMatchObject({ lots: 1, hidden: 0 });
      book.fill("i", 1);
      expect(book.size).toBe(0);
    });

    test("cutting takes hidden lots first and keeps the place", () => {
      const book = make();
      book.add(order("i", "BUY", 99, 4, { hidden: 6, peak: 4 }));
      book.add(order("o", "BUY", 99, 1));
      book.cut("i", 5);
      expect(book.get("i")).toMatchObject({ lots: 4, hidden: 1 });
      book.cut("i", 3);
      expect(book.get("i")).toMatchObject({ lots: 3, hidden: 0 });
      expect(ids(book, "BUY")).toEqual(["i", "o"]);
      expect(book.lotsAt("BUY", 99)).toBe(4);
      expect(() => book.cut("i", 3)).toThrow("cannot be cut");
      expect(() => book.cut("i", 0)).toThrow("cannot be cut");
    });

    test("counts what a taker finds within its limit, up to enough", () => {
      const book = make();
      for (const resting of [order("a", "SELL", 101, 2), order("b", "SELL", 102, 2), order("c", "SELL", 105, 9)])
        book.add(resting);
      expect(book.available("BUY", 100, 5)).toBe(0);
      expect(book.available("BUY", 102, 5)).toBe(4);
      expect(book.available("BUY", 105, 5)).toBe(5);
      expect(book.available("SELL", 1, 5)).toBe(0);
    });

    test("refuses what would break it", () => {
      const book = make();
      book.add(order("a", "SELL", 101, 2));
      expect(() => book.add(order("a", "SELL", 101, 2))).toThrow("rests already");
      expect(() => book.add(order("b", "SELL", -1, 2))).toThrow("no ticks");
      expect(() => book.add(order("b", "SELL", 1, 0.5))).toThrow("no lots");
      expect(() => book.add(order("b", "SELL", 1, 3, { hidden: 2, peak: 2 }))).toThrow("are shown");
      expect(() => book.fill("a", 3)).toThrow("cannot leave");
      expect(() => book.fill("z", 1)).toThrow("does not rest");
    });
  });
}

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("place" as const),
      side: fc.constantFrom("BUY" as const, "SELL" as const),
      kind: fc.constantFrom("limit" as const, "limit" as const, "limit" as const, "market" as const),
      // Near the touch mostly, and now and then far away, where levels are bisected.
      ticks: fc.oneof(fc.integer({ min: 990, max: 1_010 }), fc.integer({ min: 1, max: 2_000 })),
      lots: fc.integer({ min: 1, max: 40 }),
      tif: fc.constantFrom("GTC" as const, "GTC" as const, "IOC" as const, "FOK" as const, "GTX" as const),
      shown: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 3 }),
      owner: fc.constantFrom("a", "b", "c"),
      stp: fc.constantFrom("NONE", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), pick: fc.nat(), share: fc.nat(99) }) },
);

test("plain and fast book reach the same state by the same events, whatever is commanded", () => {
  let trades = 0;
  let prevented = 0;
  fc.assert(
    fc.property(fc.array(command, { minLength: 30, maxLength: 150, size: "max" }), (commands) => {
      const both = [new LimitOrderMatcher(new Book()), new LimitOrderMatcher(new FastBook())] as const;
      for (const [i, step] of commands.entries()) {
        const [plain, fast] = both.map((matcher) => apply(matcher, i, step));
        expect(fast).toEqual(plain!);
        for (const event of plain!.events) {
          if (event.kind === "trade") trades++;
          if (event.kind === "prevented") prevented++;
        }
        expect(isCrossed(both[1].book)).toBe(false);
        expect([both[1].best(), both[1].depth(5)]).toEqual([both[0].best(), both[0].depth(5)]);
      }
      expect(bookText(both[1].book)).toBe(bookText(both[0].book));
    }),
    { seed: 20_261_122, numRuns: 150 },
  );
  expect(trades).toBeGreaterThan(1_000);
  expect(prevented).toBeGreaterThan(100);
});

type Step = typeof command extends fc.Arbitrary<infer T> ? T : never;

function apply(matcher: LimitOrderMatcher, i: number, step: Step) {
  if (step.do === "cancel") return { events: matcher.cancel(`o${step.pick % (i + 1)}`) };
  if (step.do === "cut") {
    const resting = matcher.book.get(`o${step.pick % (i + 1)}`);
    const left = resting ? Math.floor((leftOf(resting) * step.share) / 100) : 0;
    if (resting && left > 0) matcher.cut(resting.id, left);
    return { events: [] };
  }
  const { do: _, shown, ...asked } = step;
  const placed = { ...asked, id: `o${i}`, ...(shown === undefined ? {} : { shown }) } as NewOrder;
  const preview = matcher.preview(placed);
  const events = matcher.place(placed);
  const refused = events[0]?.kind === "done" && events[0].lots === placed.lots;
  // What was foreseen is what was traded, price by price.
  const traded = new Map<number, number>();
  for (const event of events) {
    if (event.kind === "trade" && !event.maker) {
      traded.set(event.ticks, (traded.get(event.ticks) ?? 0) + event.lots);
    }
  }
  if (!refused) expect([...traded]).toEqual(preview);
  return { events, preview };
}
