import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Side } from "../domain/order.ts";
import type { MatchEvent, NewOrder, StpMode } from "./matcher.ts";
import { isWithin } from "./order-book.ts";
import { RecordedMatcher } from "./recorded.ts";

const order = (id: string, side: Side, lots: number, more: Partial<NewOrder> = {}): NewOrder => ({
  id,
  side,
  kind: "limit",
  ticks: 100,
  lots,
  tif: "GTC",
  ...more,
});
const maker = (orderId: string, ticks: number, lots: number): MatchEvent => ({
  kind: "trade",
  orderId,
  maker: true,
  ticks,
  lots,
});
const taker = (orderId: string, ticks: number, lots: number): MatchEvent => ({
  kind: "trade",
  orderId,
  maker: false,
  ticks,
  lots,
});

/** Bids 99:10 98:20, asks 101:5 102:10 103:20. */
function market(): RecordedMatcher {
  const matcher = new RecordedMatcher();
  matcher.onSnapshot({ last: 1, bids: [99, 10, 98, 20], asks: [101, 5, 102, 10, 103, 20] });
  return matcher;
}

test("a taker consumes displayed lots once; a level that changes is fresh again", () => {
  const matcher = market();
  expect(matcher.place(order("a", "BUY", 8, { ticks: 102 }))).toEqual([taker("a", 101, 5), taker("a", 102, 3)]);
  expect(matcher.place(order("b", "BUY", 9, { ticks: 102, tif: "IOC" }))).toEqual([
    taker("b", 102, 7),
    { kind: "done", orderId: "b", lots: 2, why: "expired" },
  ]);
  expect(matcher.place(order("f", "BUY", 1, { ticks: 102, tif: "FOK" }))[0]).toMatchObject({ why: "expired" });
  matcher.onDepth({ last: 2, bids: [], asks: [101, 4] });
  expect(matcher.place(order("c", "BUY", 9, { kind: "market" }))).toEqual([taker("c", 101, 4), taker("c", 103, 5)]);
  expect(matcher.best()).toEqual({ bidTicks: 99, bidLots: 10, askTicks: 101, askLots: 4 });
  expect(matcher.depth(1)).toEqual({ bids: [[99, 10]], asks: [[101, 4]] });
});

test("a maker waits behind the queue, and fills at its own price when trades reach it", () => {
  const matcher = market();
  expect(matcher.place(order("a", "BUY", 4, { ticks: 99 }))).toEqual([{ kind: "resting", orderId: "a", lots: 4 }]);
  expect(matcher.aheadOf("a")).toBe(10);
  expect(matcher.onTrade({ ticks: 99, lots: 8, buyerIsTaker: false })).toEqual([]);
  expect(matcher.onTrade({ ticks: 99, lots: 8, buyerIsTaker: true })).toEqual([]);
  expect(matcher.onDepth({ last: 2, bids: [99, 2], asks: [] })).toEqual([]);
  expect(matcher.onTrade({ ticks: 99, lots: 5, buyerIsTaker: false })).toEqual([maker("a", 99, 3)]);
  expect(matcher.onTrade({ ticks: 98, lots: 5, buyerIsTaker: false })).toEqual([maker("a", 99, 1)]);
  expect(matcher.aheadOf("a")).toBeUndefined();
  expect(matcher.cancel("a")).toEqual([]);
});

test("a book that moves through our price fills us from its lots, no more", () => {
  const matcher = market();
  matcher.place(order("a", "BUY", 8, { ticks: 100 }));
  expect(matcher.onDepth({ last: 2, bids: [99, 0], asks: [100, 3] })).toEqual([maker("a", 100, 3)]);
  expect(matcher.onDepth({ last: 3, bids: [98, 21], asks: [] })).toEqual([]);
  expect(matcher.onTicker({ seq: 5, bidTicks: 97, bidLots: 1, askTicks: 98, askLots: 50 })).toEqual([
    maker("a", 100, 5),
  ]);
});

test("a newer ticker corrects the top until differences catch up; an older one is ignored", () => {
  const matcher = market();
  matcher.onTicker({ seq: 5, bidTicks: 98, bidLots: 7, askTicks: 99, askLots: 2 });
  expect(matcher.best()).toEqual({ bidTicks: 98, bidLots: 7, askTicks: 99, askLots: 2 });
  matcher.onDepth({ last: 3, bids: [99, 4], asks: [] });
  expect(matcher.best()).toEqual({ bidTicks: 98, bidLots: 7, askTicks: 99, askLots: 2 });
  matcher.onDepth({ last: 6, bids: [98, 6, 97, 1], asks: [99, 0, 100, 1] });
  expect(matcher.best()).toEqual({ bidTicks: 98, bidLots: 6, askTicks: 100, askLots: 1 });
  matcher.onTicker({ seq: 5, bidTicks: 90, bidLots: 7, askTicks: 91, askLots: 2 });
  expect(matcher.best()).toMatchObject({ bidTicks: 98 });
});

test("differences recorded before the snapshot they follow are applied after it", () => {
  const matcher = new RecordedMatcher();
  matcher.onDepth({ last: 10, bids: [99, 1], asks: [101, 1] });
  matcher.onDepth({ last: 12, bids: [99, 3], asks: [] });
  expect(matcher.best()).toBeUndefined();
  expect(matcher.place(order("m", "BUY", 1, { kind: "market" }))).toMatchObject([{ why: "expired" }]);
  matcher.onSnapshot({ last: 11, bids: [99, 2, 98, 5], asks: [101, 7] });
  expect(matcher.depth(5)).toEqual({
    bids: [
      [99, 3],
      [98, 5],
    ],
    asks: [[101, 7]],
  });
  expect(matcher.sequence).toBe(12);
  matcher.onSnapshot({ last: 5, bids: [50, 1], asks: [51, 1] });
  matcher.onDepth({ last: 12, bids: [99, 50], asks: [] });
  expect(matcher.best()).toMatchObject({ bidTicks: 99, bidLots: 3 });
});

test("a market that is forgotten trades with nobody, and our orders keep their places for the next snapshot", () => {
  const matcher = market();
  matcher.place(order("a", "BUY", 4, { ticks: 99 }));
  matcher.forget();
  expect([matcher.best(), matcher.isWhole]).toEqual([undefined, false]);
  expect(matcher.place(order("m", "BUY", 1, { kind: "market" }))).toMatchObject([{ why: "expired" }]);
  // Older ids than before are taken: another exchange may stand there now.
  expect(matcher.onSnapshot({ last: 0, bids: [99, 6], asks: [101, 5] })).toEqual([]);
  expect(matcher.aheadOf("a")).toBe(6);
  expect(matcher.onSnapshot({ last: 2, bids: [98, 6], asks: [99, 1] })).toEqual([maker("a", 99, 1)]);
});

test("post-only refuses what it would take; our orders meet each other, the recorded first at the same price", () => {
  const matcher = market();
  expect(matcher.place(order("g", "BUY", 1, { ticks: 101, tif: "GTX" }))[0]).toMatchObject({ why: "would_take" });
  matcher.place(order("a", "SELL", 3, { ticks: 100 }));
  matcher.place(order("b", "SELL", 3, { ticks: 101 }));
  expect(matcher.place(order("g", "BUY", 1, { ticks: 100, tif: "GTX" }))[0]).toMatchObject({ why: "would_take" });
  expect(matcher.place(order("t", "BUY", 10, { ticks: 101, tif: "FOK" }))).toEqual([
    taker("t", 100, 3),
    maker("a", 100, 3),
    taker("t", 101, 5),
    taker("t", 101, 2),
    maker("b", 101, 2),
  ]);
  expect(matcher.cancel("b")).toEqual([{ kind: "done", orderId: "b", lots: 1, why: "canceled" }]);
  expect(() => matcher.place(order("z", "BUY", 0))).toThrow("Invariant");
});

test("an iceberg's next slice queues behind what is displayed, and cutting keeps the place", () => {
  const matcher = market();
  matcher.place(order("i", "BUY", 9, { ticks: 99, shown: 3 }));
  expect(matcher.aheadOf("i")).toBe(10);
  expect(matcher.onTrade({ ticks: 99, lots: 13, buyerIsTaker: false })).toEqual([maker("i", 99, 3)]);
  expect(matcher.aheadOf("i")).toBe(10);
  matcher.cut("i", 2);
  expect(matcher.aheadOf("i")).toBe(10);
  expect(matcher.onTrade({ ticks: 98, lots: 50, buyerIsTaker: false })).toEqual([maker("i", 99, 2)]);
});

test("self-trade prevention is between our own orders only, and a preview foresees it", () => {
  const matcher = market();
  matcher.place(order("m", "SELL", 4, { ticks: 100, owner: "me" }));
  const asked = order("t", "BUY", 6, { ticks: 102, owner: "me", stp: "EXPIRE_MAKER" });
  expect(matcher.preview(asked)).toEqual([
    [101, 5],
    [102, 1],
  ]);
  expect(matcher.place(asked)).toEqual([
    { kind: "prevented", orderId: "t", makerId: "m", ticks: 100, lots: 4, takerLots: 0, makerLots: 4 },
    taker("t", 101, 5),
    taker("t", 102, 1),
  ]);
  expect(matcher.cancel("m")).toEqual([]);
});

const side = fc.constantFrom<Side>("BUY", "SELL");
const levels = (least: number, most: number) =>
  fc.array(fc.tuple(fc.integer({ min: least, max: most }), fc.nat(12)), { maxLength: 3 }).map((list) => list.flat());
const step = fc.oneof(
  fc.record({
    do: fc.constant("place" as const),
    side,
    kind: fc.constantFrom<NewOrder["kind"]>("limit", "limit", "market"),
    ticks: fc.integer({ min: 94, max: 106 }),
    lots: fc.integer({ min: 1, max: 15 }),
    tif: fc.constantFrom<NewOrder["tif"]>("GTC", "GTC", "IOC", "FOK", "GTX"),
    shown: fc.constantFrom(1, 4, 100),
    owner: fc.constantFrom("a", "b"),
    stp: fc.constantFrom<StpMode>("NONE", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"),
  }),
  fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }),
  fc.record({
    do: fc.constant("depth" as const),
    bids: levels(94, 100),
    asks: levels(100, 106),
  }),
  fc.record({
    do: fc.constant("trade" as const),
    ticks: fc.integer({ min: 94, max: 106 }),
    lots: fc.integer({ min: 1, max: 25 }),
    buyerIsTaker: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("ticker" as const),
    bidTicks: fc.integer({ min: 94, max: 105 }),
    gap: fc.integer({ min: 1, max: 3 }),
    lots: fc.integer({ min: 1, max: 12 }),
  }),
);

class Audit {
  readonly matcher = market();
  readonly asked = new Map<string, NewOrder>();
  readonly filled = new Map<string, number>();
  readonly ended = new Map<string, number>();
  readonly prevented = new Map<string, number>();

  /** Lots displayed that a taker of `side` could reach at `ticks`. */
  reachable(takerSide: Side, ticks: number): number {
    const { bids, asks } = this.matcher.depth(100);
    const levels = takerSide === "BUY" ? asks : bids;
    return levels.reduce((sum, [at, lots]) => sum + (isWithin(takerSide, at, ticks) ? lots : 0), 0);
  }

  /** Records events; answers the lots that traded with the recorded market. */
  record(events: MatchEvent[], ownTaker = false): number {
    let market = 0;
    for (const event of events) {
      if (event.kind === "done") {
        expect(this.ended.has(event.orderId)).toBe(false);
        this.ended.set(event.orderId, event.lots);
      }
      if (event.kind === "prevented") {
        this.prevent(event.orderId, event.takerLots);
        this.prevent(event.makerId, event.makerLots);
      }
      if (event.kind !== "trade") continue;
      market += ownTaker && event.maker ? -event.lots : event.lots;
      const asked = this.asked.get(event.orderId)!;
      if (event.maker) expect(event.ticks).toBe(asked.ticks);
      else if (asked.kind === "limit") expect(isWithin(asked.side, event.ticks, asked.ticks)).toBe(true);
      this.filled.set(asked.id, (this.filled.get(asked.id) ?? 0) + event.lots);
    }
    return market;
  }

  private prevent(id: string, lots: number): void {
    this.prevented.set(id, (this.prevented.get(id) ?? 0) + lots);
  }

  /** What was foreseen is what was traded, price by price, unless the order was not taken at all. */
  foreseen(placed: NewOrder, preview: [number, number][], events: readonly MatchEvent[]): void {
    const [first] = events;
    if (first?.kind === "done" && first.lots === placed.lots) return;
    const traded = new Map<number, number>();
    for (const event of events) {
      if (event.kind !== "trade" || event.maker) continue;
      traded.set(event.ticks, (traded.get(event.ticks) ?? 0) + event.lots);
    }
    expect([...traded]).toEqual(preview);
  }

  check(): void {
    for (const { id, lots } of this.asked.values()) {
      const filled = (this.filled.get(id) ?? 0) + (this.prevented.get(id) ?? 0);
      expect(filled).toBeLessThanOrEqual(lots);
      const [cancelled] = this.matcher.cancel(id);
      const left = cancelled?.kind === "done" ? cancelled.lots : (this.ended.get(id) ?? 0);
      expect(filled + left).toBe(lots);
    }
  }
}

test("under any market: never more than ordered, never beyond the limit, no fill without volume", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 100 }), (steps) => {
      const audit = new Audit();
      for (const [i, one] of steps.entries()) {
        const seq = i + 2;
        if (one.do === "place") {
          const { do: _, ...rest } = one;
          const placed = { id: `o${i}`, ...rest };
          audit.asked.set(placed.id, placed);
          const reach = placed.kind === "limit" ? placed.ticks : placed.side === "BUY" ? 1e9 : 0;
          const displayed = audit.reachable(placed.side, reach);
          const preview = audit.matcher.preview(placed);
          const events = audit.matcher.place(placed);
          expect(audit.record(events, true)).toBeLessThanOrEqual(displayed);
          audit.foreseen(placed, preview, events);
        } else if (one.do === "cancel") audit.record(audit.matcher.cancel(`o${one.pick % (i + 1)}`));
        else if (one.do === "trade") expect(audit.record(audit.matcher.onTrade(one))).toBeLessThanOrEqual(one.lots);
        else {
          const events =
            one.do === "depth"
              ? audit.matcher.onDepth({
                  last: seq,
                  bids: one.bids,
                  asks: one.asks.map((n, k) => (k % 2 ? n : Math.max(n, 101))),
                })
              : audit.matcher.onTicker({
                  seq,
                  bidTicks: one.bidTicks,
                  bidLots: one.lots,
                  askTicks: one.bidTicks + one.gap,
                  askLots: one.lots,
                });
          const all = audit.reachable("BUY", 1e9) + audit.reachable("SELL", 0);
          expect(audit.record(events)).toBeLessThanOrEqual(all);
        }
      }
      audit.check();
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("without a change of the market, no liquidity is drunk twice", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(side, fc.integer({ min: 1, max: 20 })), { maxLength: 20 }), (orders) => {
      const matcher = market();
      const taken = { BUY: 0, SELL: 0 };
      for (const [i, [way, lots]] of orders.entries()) {
        for (const event of matcher.place(order(`o${i}`, way, lots, { kind: "market" }))) {
          if (event.kind === "trade") taken[way] += event.lots;
        }
      }
      expect(taken.BUY).toBeLessThanOrEqual(35);
      expect(taken.SELL).toBeLessThanOrEqual(30);
    }),
    { seed: 8 },
  );
});
