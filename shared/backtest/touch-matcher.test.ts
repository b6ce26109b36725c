/** A touch around the last price: what takers pay, when makers fill, and that lots never come from nowhere. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dec } from "../domain/money.ts";
import type { MatchEvent, NewOrder } from "../engine/matcher.ts";
import { FILL_MODEL } from "./backtest-options.ts";
import { TouchMatcher } from "./touch-matcher.ts";

const listing = { tick: dec("0.1"), step: dec("0.001") };
/** 1 bps of 60 000.0 is 6.0: bid 59 997.0, ask 60 003.0; 0.5 bps more for takers, and 10 lots on each side. */
const fill = { ...FILL_MODEL, depth_usdt: 600 };
const order = (change: Partial<NewOrder> = {}): NewOrder => ({
  ...{ id: "a", side: "BUY", kind: "market", ticks: 0, lots: 4, tif: "IOC" },
  ...change,
});
const limit = (ticks: number, change: Partial<NewOrder> = {}): NewOrder =>
  order({ kind: "limit", tif: "GTC", ticks, ...change });
const short = (events: readonly MatchEvent[]): string[] =>
  events.map((event) => {
    if (event.kind === "trade") return `${event.orderId}${event.maker ? "*" : ""} ${event.lots}@${event.ticks}`;
    return event.kind === "done" ? `${event.orderId} ${event.why} ${event.lots}` : `${event.orderId} ${event.kind}`;
  });
function touch(model = fill) {
  const matcher = new TouchMatcher(listing, model);
  matcher.move(600_000);
  return matcher;
}

describe("takers", () => {
  test("pay the touch and the slippage, rounded against them", () => {
    // 600 030 · 1.00005 = 600 060.0015 → 600 061; 599 970 · 0.99995 = 599 940.0015 → 599 940.
    expect(short(touch().place(order()))).toEqual(["a 4@600061"]);
    expect(short(touch().place(order({ side: "SELL" })))).toEqual(["a 4@599940"]);
  });
  test("pay no more than their limit", () => {
    expect(short(touch().place(limit(600_040)))).toEqual(["a 4@600040"]);
    expect(short(touch().place(limit(599_960, { side: "SELL" })))).toEqual(["a 4@599960"]);
    expect(short(touch().place(limit(600_029)))).toEqual(["a resting"]);
  });
  test("take no more than there is until the price moves", () => {
    const matcher = touch();
    expect(short(matcher.place(order({ lots: 7 })))).toEqual(["a 7@600061"]);
    expect(short(matcher.place(order({ id: "b", lots: 7 })))).toEqual(["b 3@600061", "b expired 4"]);
    matcher.move(600_000);
    expect(short(matcher.place(order({ id: "c" })))).toEqual(["c expired 4"]);
    matcher.move(600_001);
    expect(short(matcher.place(order({ id: "d" })))).toHaveLength(1);
  });
  test("that must fill whole or not at all, or must not take, are done", () => {
    expect(short(touch().place(limit(700_000, { tif: "FOK", lots: 11 })))).toEqual(["a expired 11"]);
    expect(short(touch().place(limit(600_030, { tif: "GTX" })))).toEqual(["a would_take 4"]);
    expect(short(touch().place(limit(600_029, { tif: "GTX" })))).toEqual(["a resting"]);
  });
  test("find nothing before there is a price", () => {
    const matcher = new TouchMatcher(listing, fill);
    expect(matcher.best()).toBeUndefined();
    expect(short(matcher.place(order()))).toEqual(["a expired 4"]);
  });
  test("meet our own orders that stand before the touch", () => {
    const matcher = touch();
    matcher.place(limit(600_010, { id: "m", side: "SELL", lots: 3, owner: "me" }));
    expect(matcher.preview(order())).toEqual([
      [600_010, 3],
      [600_061, 1],
    ]);
    expect(short(matcher.place(order({ owner: "me", stp: "EXPIRE_MAKER" })))).toEqual(["a prevented", "a 4@600061"]);
    expect(matcher.isEmpty).toBe(true);
  });
  test("without a spread pay a tick at least", () => {
    const matcher = touch({ ...fill, spread_bps: 0, slippage_bps: 0 });
    expect(matcher.best()).toMatchObject({ bidTicks: 600_000, askTicks: 600_001 });
  });
});

describe("makers", () => {
  test("fill when the price goes through them, not when it touches them", () => {
    const matcher = touch();
    matcher.place(limit(599_900));
    expect(matcher.firstFill(599_950)).toBe(599_950);
    expect(matcher.firstFill(599_000)).toBe(599_899);
    expect(short(matcher.move(599_900))).toEqual([]);
    expect(short(matcher.move(599_899))).toEqual(["a* 4@599900"]);
  });
  test("get their own price, not a better one, when the price jumps over them", () => {
    const matcher = touch();
    matcher.place(limit(600_100, { side: "SELL" }));
    expect(short(matcher.move(650_000))).toEqual(["a* 4@600100"]);
  });
  test("fill in the order of their prices, icebergs slice by slice", () => {
    const matcher = touch();
    matcher.place(limit(599_900, { id: "far" }));
    matcher.place(limit(599_950, { id: "near", lots: 5, shown: 2 }));
    expect(short(matcher.move(599_000))).toEqual([
      "near* 2@599950",
      "near* 2@599950",
      "near* 1@599950",
      "far* 4@599900",
    ]);
  });
  test("leave when they are cancelled", () => {
    const matcher = touch();
    matcher.place(limit(599_900));
    matcher.cut("a", 1);
    expect(short(matcher.cancel("a"))).toEqual(["a canceled 1"]);
    expect(matcher.move(1)).toEqual([]);
  });
});

test("whatever comes, each order ends with the lots that it asked for, at no worse than its limit", () => {
  const anOrder = fc.record({
    side: fc.constantFrom("BUY", "SELL"),
    kind: fc.constantFrom("limit", "market"),
    ticks: fc.integer({ min: 599_900, max: 600_100 }),
    lots: fc.integer({ min: 1, max: 15 }),
    tif: fc.constantFrom("GTC", "IOC", "FOK", "GTX"),
  });
  const step = fc.oneof(anOrder, fc.integer({ min: 599_900, max: 600_100 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const matcher = touch();
      const orders = new Map<string, NewOrder>();
      const left = new Map<string, number>();
      const note = (events: readonly MatchEvent[]): void => {
        for (const event of events) {
          if (event.kind !== "trade") continue;
          const { side, kind, ticks } = orders.get(event.orderId) as NewOrder;
          left.set(event.orderId, (left.get(event.orderId) as number) - event.lots);
          expect(left.get(event.orderId)).toBeGreaterThanOrEqual(0);
          if (kind === "limit") expect(side === "BUY" ? event.ticks <= ticks : event.ticks >= ticks).toBe(true);
        }
      };
      for (const [n, one] of steps.entries()) {
        if (typeof one === "number") {
          note(matcher.move(one));
          continue;
        }
        const asked = { ...one, id: String(n) } as NewOrder;
        orders.set(asked.id, asked);
        left.set(asked.id, asked.lots);
        const seen = matcher.preview(asked).reduce((sum, [, lots]) => sum + lots, 0);
        const events = matcher.place(asked);
        note(events);
        const traded = asked.lots - (left.get(asked.id) as number);
        const isRefused = traded === 0 && (asked.tif === "FOK" || asked.tif === "GTX");
        if (!isRefused) expect(traded).toBe(seen);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});
