import { expect, test } from "bun:test";
import fc from "fast-check";
import { RecordedQueue } from "./queue.ts";

const wants = (lots: number) => () => lots;

test("trades take from the front, then from us, then from behind", () => {
  const queue = new RecordedQueue(10);
  queue.join("a", 0);
  expect(queue.onTrade(4, 4, wants(5))).toEqual([]);
  expect(queue.aheadOf("a")).toBe(6);
  expect(queue.onTrade(8, 8, wants(5))).toEqual([{ orderId: "a", lots: 2 }]);
  expect(queue.onTrade(20, 20, wants(3))).toEqual([{ orderId: "a", lots: 3 }]);
});

test("a fall that trades explain moves us no further", () => {
  const queue = new RecordedQueue(10);
  queue.join("a", 0);
  queue.onTrade(4, 4, wants(5));
  queue.onDisplayed(6);
  expect(queue.aheadOf("a")).toBe(6);
});

test("cancels take the same share of what is ahead as of the whole; what joins later stands behind", () => {
  const queue = new RecordedQueue(10);
  queue.join("a", 0);
  queue.onDisplayed(30);
  expect(queue.aheadOf("a")).toBe(10);
  queue.onTrade(6, 6, wants(5));
  // 6 of the fall were traded (4 are ahead); 12 of the other 24 cancelled: half of 4.
  queue.onDisplayed(12);
  expect(queue.aheadOf("a")).toBe(2);
  queue.onDisplayed(0);
  expect(queue.aheadOf("a")).toBe(0);
});

test("what our takers took is not ahead of us, and a second order waits behind the first's lots", () => {
  const queue = new RecordedQueue(10);
  queue.join("a", 7);
  expect(queue.aheadOf("a")).toBe(3);
  queue.join("b", 7);
  const left: Record<string, number> = { a: 4, b: 5 };
  expect(queue.onTrade(8, 8, (id) => left[id]!)).toEqual([
    { orderId: "a", lots: 4 },
    { orderId: "b", lots: 1 },
  ]);
  queue.leave("a");
  queue.leave("b");
  expect(queue.isEmpty).toBe(true);
  expect(queue.aheadOf("a")).toBeUndefined();
});

test("we are never behind more than is displayed, and never move back", () => {
  const step = fc.oneof(fc.record({ trade: fc.nat(20) }), fc.record({ shown: fc.nat(40) }));
  fc.assert(
    fc.property(fc.nat(40), fc.array(step), (displayed, steps) => {
      const queue = new RecordedQueue(displayed);
      queue.join("a", 0);
      for (const one of steps) {
        const before = queue.aheadOf("a")!;
        if ("trade" in one) queue.onTrade(one.trade, one.trade, wants(1e9));
        else {
          queue.onDisplayed(one.shown);
          expect(queue.aheadOf("a")!).toBeLessThanOrEqual(one.shown);
        }
        expect(queue.aheadOf("a")!).toBeLessThanOrEqual(before);
        expect(Number.isInteger(queue.aheadOf("a"))).toBe(true);
      }
    }),
    { seed: 6 },
  );
});
