import { expect, test } from "bun:test";
import fc from "fast-check";
import type { MatchEvent, NewOrder } from "./matcher.ts";
import { LimitOrderMatcher } from "./matching.ts";
import { isWithin } from "./order-book.ts";

const limit = (
  id: string,
  side: "BUY" | "SELL",
  ticks: number,
  lots: number,
  tif: NewOrder["tif"] = "GTC",
): NewOrder => ({
  id,
  side,
  kind: "limit",
  ticks,
  lots,
  tif,
});
const market = (id: string, side: "BUY" | "SELL", lots: number): NewOrder => ({
  id,
  side,
  kind: "market",
  ticks: 0,
  lots,
  tif: "GTC",
});
const trade = (orderId: string, maker: boolean, ticks: number, lots: number): MatchEvent => ({
  kind: "trade",
  orderId,
  maker,
  ticks,
  lots,
});

/** Asks: a 3@101, b 2@101, c 5@103; bids: d 4@99. */
function stocked(): LimitOrderMatcher {
  const matcher = new LimitOrderMatcher();
  for (const order of [limit("a", "SELL", 101, 3), limit("b", "SELL", 101, 2), limit("c", "SELL", 103, 5)]) {
    expect(matcher.place(order)).toEqual([{ kind: "resting", orderId: order.id, lots: order.lots }]);
  }
  matcher.place(limit("d", "BUY", 99, 4));
  return matcher;
}

test("trades at the maker's price, best price first, oldest first within it", () => {
  const matcher = stocked();
  expect(matcher.place(limit("t", "BUY", 102, 7))).toEqual([
    trade("t", false, 101, 3),
    trade("a", true, 101, 3),
    trade("t", false, 101, 2),
    trade("b", true, 101, 2),
    { kind: "resting", orderId: "t", lots: 2 },
  ]);
  expect(matcher.best()).toEqual({ bidTicks: 102, bidLots: 2, askTicks: 103, askLots: 5 });
});

test("a market order takes any price and never rests", () => {
  const matcher = stocked();
  expect(matcher.place(market("m", "SELL", 6))).toEqual([
    trade("m", false, 99, 4),
    trade("d", true, 99, 4),
    { kind: "done", orderId: "m", lots: 2, why: "expired" },
  ]);
  expect(matcher.best()).toBeUndefined();
});

test("IOC drops its rest, FOK takes all or nothing, GTX refuses to take", () => {
  const matcher = stocked();
  expect(matcher.place(limit("f", "BUY", 102, 6, "FOK"))).toEqual([
    { kind: "done", orderId: "f", lots: 6, why: "expired" },
  ]);
  expect(matcher.place(limit("x", "BUY", 101, 1, "GTX"))).toEqual([
    { kind: "done", orderId: "x", lots: 1, why: "would_take" },
  ]);
  expect(matcher.place(limit("x", "BUY", 100, 1, "GTX"))).toEqual([{ kind: "resting", orderId: "x", lots: 1 }]);
  expect(matcher.place(limit("i", "BUY", 101, 6, "IOC")).at(-1)).toEqual({
    kind: "done",
    orderId: "i",
    lots: 1,
    why: "expired",
  });
  expect(matcher.place(limit("g", "BUY", 103, 5, "FOK"))).toEqual([
    trade("g", false, 103, 5),
    trade("c", true, 103, 5),
  ]);
});

test("cancelling says what was left, and nothing for a stranger", () => {
  const matcher = stocked();
  matcher.place(market("m", "BUY", 1));
  expect(matcher.cancel("a")).toEqual([{ kind: "done", orderId: "a", lots: 2, why: "canceled" }]);
  expect(matcher.cancel("a")).toEqual([]);
  expect(matcher.depth(1)).toEqual({ bids: [[99, 4]], asks: [[101, 2]] });
  expect(matcher.depth(0)).toEqual({ bids: [], asks: [] });
});

const own = (order: NewOrder, stp: NonNullable<NewOrder["stp"]>): NewOrder => ({ ...order, owner: "me", stp });
const prevented = (makerId: string, ticks: number, lots: number, takerLots: number, makerLots: number): MatchEvent => ({
  kind: "prevented",
  orderId: "t",
  ...{ makerId, ticks, lots, takerLots, makerLots },
});

test("self-trade prevention goes by the taker's mode", () => {
  const cases: [NonNullable<NewOrder["stp"]>, MatchEvent[], number][] = [
    [
      "NONE",
      [trade("t", false, 101, 3), trade("a", true, 101, 3), trade("t", false, 101, 2), trade("b", true, 101, 2)],
      0,
    ],
    ["EXPIRE_TAKER", [prevented("a", 101, 3, 5, 0)], 5],
    ["EXPIRE_MAKER", [prevented("a", 101, 3, 0, 3), trade("t", false, 101, 2), trade("b", true, 101, 2)], 0],
    ["EXPIRE_BOTH", [prevented("a", 101, 3, 5, 3)], 2],
    ["DECREMENT", [prevented("a", 101, 3, 3, 3), trade("t", false, 101, 2), trade("b", true, 101, 2)], 0],
  ];
  for (const [stp, expected, atBest] of cases) {
    const matcher = new LimitOrderMatcher();
    matcher.place({ ...limit("a", "SELL", 101, 3), owner: "me" });
    matcher.place({ ...limit("b", "SELL", 101, 2), owner: "other" });
    const events = matcher.place(own(limit("t", "BUY", 101, 5), stp));
    expect([stp, events.filter(({ kind }) => kind !== "resting")]).toEqual([stp, expected]);
    expect([stp, matcher.book.lotsAt("SELL", 101)]).toEqual([stp, atBest]);
  }
});

test("fill-or-kill sees that prevention would stop it, and changes nothing", () => {
  const matcher = new LimitOrderMatcher();
  matcher.place({ ...limit("a", "SELL", 101, 3), owner: "other" });
  matcher.place({ ...limit("b", "SELL", 102, 3), owner: "me" });
  matcher.place({ ...limit("c", "SELL", 103, 3), owner: "other" });
  const expired: MatchEvent = { kind: "done", orderId: "t", lots: 5, why: "expired" };
  expect(matcher.place(own(limit("t", "BUY", 103, 5, "FOK"), "EXPIRE_TAKER"))).toEqual([expired]);
  expect(matcher.book.size).toBe(3);
  expect(matcher.place(own(limit("t", "BUY", 103, 5, "FOK"), "EXPIRE_MAKER")).at(-1)).toEqual(trade("c", true, 103, 2));
});

test("what is no order is our own bug", () => {
  const matcher = stocked();
  for (const order of [
    limit("n", "BUY", 0, 1),
    limit("n", "BUY", 1.5, 1),
    limit("n", "BUY", 5, 0),
    market("n", "BUY", Number.NaN),
    limit("d", "BUY", 99, 1),
  ]) {
    expect(() => matcher.place(order)).toThrow("Invariant");
  }
});

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("place" as const),
      side: fc.constantFrom("BUY" as const, "SELL" as const),
      kind: fc.constantFrom("limit" as const, "limit" as const, "market" as const),
      ticks: fc.integer({ min: 90, max: 110 }),
      lots: fc.integer({ min: 1, max: 20 }),
      tif: fc.constantFrom("GTC" as const, "GTC" as const, "IOC" as const, "FOK" as const, "GTX" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }) },
);

/** Everything that happened to the orders of a command sequence. */
class Audit {
  readonly matcher = new LimitOrderMatcher();
  readonly asked = new Map<string, NewOrder>();
  readonly filled = new Map<string, number>();
  readonly ended = new Map<string, number>();

  place(order: NewOrder): void {
    this.asked.set(order.id, order);
    const before = { bids: this.queues("BUY"), asks: this.queues("SELL") };
    const events = this.matcher.place(order);
    this.record(events);
    const makers = events.filter((event) => event.kind === "trade" && event.maker).map((event) => event.orderId);
    const queue = order.side === "BUY" ? before.asks : before.bids;
    // Priority: the makers that traded are exactly the front of the queue as it stood.
    expect(makers).toEqual(queue.slice(0, makers.length));
  }

  cancel(id: string): void {
    this.record(this.matcher.cancel(id));
  }

  /** Ids of a side, next to trade first. */
  private queues(side: "BUY" | "SELL"): string[] {
    return [...this.matcher.book.walk(side)].map((order) => order.id);
  }

  private record(events: MatchEvent[]): void {
    let takerLots = 0;
    for (const event of events) {
      if (event.kind === "done") {
        expect(this.ended.has(event.orderId)).toBe(false);
        this.ended.set(event.orderId, event.lots);
      }
      if (event.kind !== "trade") continue;
      takerLots += event.maker ? -event.lots : event.lots;
      const order = this.asked.get(event.orderId)!;
      if (order.kind === "limit") expect(isWithin(order.side, event.ticks, order.ticks)).toBe(true);
      this.filled.set(order.id, (this.filled.get(order.id) ?? 0) + event.lots);
    }
    expect(takerLots).toBe(0);
  }

  check(): void {
    const best = this.matcher.best();
    if (best) expect(best.bidTicks).toBeLessThan(best.askTicks);
    let resting = 0;
    for (const order of this.asked.values()) {
      const rest = this.matcher.book.get(order.id)?.lots ?? 0;
      resting += rest;
      expect((this.filled.get(order.id) ?? 0) + rest + (this.ended.get(order.id) ?? 0)).toBe(order.lots);
      expect(rest > 0 && this.ended.has(order.id)).toBe(false);
    }
    const { bids, asks } = this.matcher.depth(100);
    expect([...bids, ...asks].reduce((sum, [, lots]) => sum + lots, 0)).toBe(resting);
  }
}

test("under any commands: never crossed, nothing lost or doubled, quantities conserved, priority kept", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const audit = new Audit();
      for (const [i, step] of commands.entries()) {
        if (step.do === "place") {
          const { side, kind, ticks, lots, tif } = step;
          audit.place({ id: `o${i}`, side, kind, ticks, lots, tif });
        } else audit.cancel(`o${step.pick % (i + 1)}`);
      }
      audit.check();
    }),
    { seed: 4, numRuns: 200 },
  );
});
