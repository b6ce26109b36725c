import { describe, expect, test } from "bun:test";
import { Bundle } from "../../domain/bundle.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { dec } from "../../domain/money.ts";
import { Intent } from "../../domain/order.ts";
import { careOf, ORDINARY } from "./care.ts";
import { decidePlan, type PlanView } from "./plan.ts";

const { execution, health } = Bundle.parse({
  format: 1,
  bundle_id: "t",
  rev: 1,
  factors: [],
  strategies: [],
  instruments: [{ instrument: "FUT:BTCUSDT" }],
}).flags;
const listing: Instrument = {
  instrument: "FUT:BTCUSDT",
  market: "FUT",
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: "0.1",
  step_size: "0.001",
  min_qty: "0.001",
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
};
const touch = { bid: "60000", bid_qty: "1", ask: "60000.1", ask_qty: "1" };
const view = (over: Partial<PlanView> = {}): PlanView => ({
  touch,
  flags: execution,
  regime: "NORMAL",
  listing,
  held: dec("0.5"),
  now: 1_000,
  cost: { curve: undefined, fillShare: 0.5, varianceBpsPerMs: 0, takersOnly: undefined },
  care: ORDINARY,
  ...over,
});
const intent = (over: object = {}) =>
  Intent.parse({ intent_id: "i", instrument: "FUT:BTCUSDT", kind: "ENTRY", side: "BUY", qty: "0.01", ...over });
const maker = intent({ qty: "0.004", exec: { policy: "MAKER_THEN_TAKER" } });

describe("the plan of an intent", () => {
  const rows: [string, Intent, Partial<PlanView>, object][] = [
    ["market by default", intent(), {}, { style: "MARKET", qty: "0.01" }],
    ["a limit rests", intent({ type: "LIMIT", price: "59000" }), {}, { style: "LIMIT", price: "59000" }],
    ["maker in a tight, deep market", maker, {}, { style: "MAKER", maker_wait_ms: 1_200 }],
    ["longer when frozen", maker, { regime: "FROZEN" }, { maker_wait_ms: 2_000 }],
    ["shorter when extreme", maker, { regime: "EXTREME" }, { maker_wait_ms: 600 }],
    [
      "as long as asked",
      intent({ exec: { policy: "MAKER_THEN_TAKER", maker_wait_ms: 50 } }),
      {},
      { maker_wait_ms: 50 },
    ],
    // 60020 over 60000 is 3.3 bps
    ["taker over 3 bps", maker, { touch: { ...touch, ask: "60020" } }, { style: "MARKET" }],
    // 0.3 BTC is 18 000 USDT
    ["taker in a thin market", maker, { touch: { ...touch, bid_qty: "0.3" } }, { style: "MARKET" }],
    ["taker without a book", maker, { touch: undefined }, { style: "MARKET" }],
    [
      "taker while makers rest",
      maker,
      { cost: { ...view().cost, takersOnly: "makers rest" } },
      { style: "MARKET", why: "makers rest" },
    ],
    ["taker when posts are never filled", maker, { cost: { ...view().cost, fillShare: 0 } }, { style: "MARKET" }],
    ["taker in a market that runs", maker, { cost: { ...view().cost, varianceBpsPerMs: 0.1 } }, { style: "MARKET" }],
    ["taker when resting costs more", maker, { flags: { ...execution, maker_fee: 0.001 } }, { style: "MARKET" }],
    // 100 / 60000.1 is 0.00166…
    ["notional in whole steps", intent({ qty: undefined, notional_usdt: "100" }), {}, { qty: "0.001" }],
    ["an exit takes what is held", intent({ kind: "EXIT", side: "SELL", qty: undefined }), {}, { qty: "0.5" }],
    ["and never more", intent({ kind: "EXIT", side: "SELL", qty: "2" }), {}, { qty: "0.5" }],
    [
      "SL with a price moves the stop",
      intent({ kind: "SL", side: "SELL", stop_price: "1" }),
      {},
      { style: "MOVE_STOP" },
    ],
    [
      "TP with a trigger moves the target",
      intent({ kind: "TP", side: "SELL", type: "TAKE_PROFIT_MARKET", stop_price: "9" }),
      {},
      { style: "MOVE_TARGET" },
    ],
    [
      "TP at market takes a part",
      intent({ kind: "TP", side: "SELL", qty: "0.1" }),
      {},
      { style: "MARKET", qty: "0.1" },
    ],
  ];
  test.each(rows)("%s", (_what, asked, over, expected) => {
    expect(decidePlan(asked, view(over))).toMatchObject(expected);
  });
});

describe("slices", () => {
  const slicesOf = (over: object, more: Partial<PlanView> = {}) =>
    decidePlan(intent(over), view(more)).slices?.map((slice) => slice.qty);
  const twap = { slices: 4, interval_ms: 500, jitter: 0 };

  test("come by notional where the way is left to the router, whether entry, add or exit", () => {
    for (const exec of [undefined, { policy: "MAKER_THEN_TAKER" }]) {
      expect(slicesOf({ qty: "0.01", exec })).toEqual(["0.004", "0.003", "0.003"]);
      expect(slicesOf({ qty: "0.005", exec, kind: "ADD" })).toEqual(["0.002", "0.002", "0.001"]);
      expect(slicesOf({ qty: "0.08", exec, kind: "EXIT", side: "SELL" })?.length).toBe(5);
      expect(slicesOf({ qty: "0.004", exec })).toBeUndefined();
    }
  });

  test.each([
    ["market asked", { exec: { policy: "MARKET" } }],
    ["a limit", { type: "LIMIT", price: "59000" }],
    ["a price to post at", { price: "59000", exec: { policy: "MAKER_THEN_TAKER" } }],
    ["one slice asked", { exec: { policy: "MAKER_THEN_TAKER", twap: { slices: 1, interval_ms: 500 } } }],
    ["a stop that was reached", { kind: "EXIT", side: "SELL", tags: ["stop"] }],
    ["a staged target", { kind: "TP", side: "SELL" }],
  ])("do not come for %s", (_what, over) => {
    expect(slicesOf({ qty: "0.1", ...over })).toBeUndefined();
  });

  test("come as asked, due at their interval, bounded by a deadline", () => {
    const plan = decidePlan(intent({ exec: { policy: "MARKET", twap } }), view());
    expect(plan.slices?.map((slice) => slice.due_at)).toEqual([1_000, 1_500, 2_000, 2_500]);
    expect(plan).toMatchObject({ style: "MARKET", deadline: 2_500 + 500 + execution.twap_wait_ms_max });
  });

  test("are as many more as the bundle says while health is ORANGE or routing is careful, once where it is both", () => {
    const careful = { careful_routing: "slippage is off" };
    const cares = [careOf({ level: "ORANGE" }, health), careOf({ level: "GREEN", effects: careful }, health)];
    for (const care of [...cares, careOf({ level: "ORANGE", effects: careful }, health)]) {
      expect(slicesOf({ qty: "0.01" }, { care })?.length).toBe(6);
      expect(slicesOf({ exec: { policy: "MARKET", twap } }, { care })?.length).toBe(8);
      expect(slicesOf({ qty: "0.004" }, { care })).toEqual(["0.002", "0.002"]);
    }
    const fourfold = careOf({ level: "ORANGE" }, { ...health, orange_slices_mult: 4 });
    expect(slicesOf({ qty: "0.01" }, { care: fourfold })?.length).toBe(10);
  });

  test("stay as they are for what is done as asked, for urgent exits, for what is too small, and in RED", () => {
    const care = careOf({ level: "ORANGE" }, health);
    expect(slicesOf({ exec: { policy: "MARKET" } }, { care })).toBeUndefined();
    expect(slicesOf({ kind: "EXIT", side: "SELL", tags: ["stop"] }, { care })).toBeUndefined();
    expect(slicesOf({ qty: "0.001" }, { care })).toBeUndefined();
    const dear = { ...listing, min_notional: "150" };
    expect(slicesOf({ qty: "0.004" }, { care, listing: dear })).toBeUndefined();
    expect(slicesOf({ qty: "0.01" }, { care: careOf({ level: "RED" }, health) })?.length).toBe(3);
  });

  test("say why they are more", () => {
    const why = (care: PlanView["care"]) =>
      decidePlan(intent({ exec: { policy: "MAKER_THEN_TAKER" } }), view({ care })).why;
    expect(why(ORDINARY)).toEndWith("; 3 slices");
    expect(why(careOf({ level: "ORANGE" }, health))).toEndWith("; 6 slices (health is ORANGE)");
    const careful = careOf({ level: "YELLOW", effects: { careful_routing: "slippage is off" } }, health);
    expect(why(careful)).toEndWith("; 6 slices (careful: slippage is off)");
  });
});

describe("makers", () => {
  const planWith = (over: Partial<PlanView>) => decidePlan(maker, view(over));

  test("are none while S11 says so, and back with its next word", () => {
    const care = careOf({ level: "GREEN", effects: { takers_only: "30 % of posts were filled" } }, health);
    expect(planWith({ care })).toMatchObject({ style: "MARKET", why: "takers only: 30 % of posts were filled" });
    expect(planWith({ care: careOf({ level: "GREEN", effects: {} }, health) }).style).toBe("MAKER");
  });

  test("post at half the spread where routing is careful", () => {
    const careful = careOf({ level: "GREEN", effects: { careful_routing: "slippage is off" } }, health);
    // 12 over 60 000 is 2 bps: within the bundle's 3, not within half of them; 6 is 1 bps
    const wide = { touch: { ...touch, ask: "60012" } };
    expect(planWith(wide).style).toBe("MAKER");
    const plan = planWith({ ...wide, care: careful });
    expect(plan.why).toStartWith("spread 2.00 bps (careful: slippage is off)");
    expect(plan.slices).toBeDefined();
    expect(planWith({ touch: { ...touch, ask: "60006" }, care: careful }).why).toStartWith("maker ");
  });
});
