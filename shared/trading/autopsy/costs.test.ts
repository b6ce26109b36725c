import { describe, expect, test } from "bun:test";
import { dec, show } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import { costsOf, referenceOf, showCosts, slippageOf } from "./costs.ts";

const fill = (over: Partial<Fill>): Fill => ({
  ...{ fill_id: "1", account: "main", instrument: "FUT:BTCUSDT", intent_id: "i", client_order_id: "c", order_id: "o" },
  ...{ kind: "ENTRY", side: "BUY", price: "100", qty: "2", fee: "0.1", fee_asset: "USDT", fee_usdt: "0.1" },
  ...{ maker: false, mid_at_send: 99.5, slippage_bps: 0, ts: 0, ...over },
});

describe("what a fill is held against", () => {
  test("the mid when its order was sent", () => {
    expect(show(referenceOf(fill({}), {})!)).toBe("99.5");
  });
  test("the trigger of an order that waited for one: its mid was seen long before", () => {
    expect(show(referenceOf(fill({ kind: "SL" }), { stop_price: "101.5" })!)).toBe("101.5");
  });
  test("the price of a target that rested in the book", () => {
    expect(show(referenceOf(fill({ kind: "TP", maker: true }), { price: "103" })!)).toBe("103");
    expect(show(referenceOf(fill({ kind: "ENTRY", maker: true }), { price: "99" })!)).toBe("99.5");
  });
  test("nothing where neither is known", () => {
    expect(referenceOf(fill({ mid_at_send: 0 }), undefined)).toBeUndefined();
    expect(slippageOf(fill({}), undefined)).toBe(0n as never);
  });
  test("above zero it was worse, for buying and for selling", () => {
    expect(show(slippageOf(fill({}), dec("99.5")))).toBe("1");
    expect(show(slippageOf(fill({ side: "SELL" }), dec("99.5")))).toBe("-1");
  });
});

describe("(fees + funding + |slippage|) / (|gross| + ε)", () => {
  const trade = { realised_usdt: "9.99", fees_usdt: "1.2", funding_usdt: "-0.3" };
  test("by hand: (1.2 + 0.3 + 0.5) / (9.99 + 0.01) = 0.2", () => {
    expect(showCosts(costsOf(trade, [dec("0.7"), dec("-0.2")]))).toEqual({
      ...{ gross: "9.99", fees: "1.2", funding: "0.3", slippage: "0.5", total: "2", share: "0.2" },
    });
  });
  test("funding that was received lowers it, and a loss counts by its size", () => {
    const costs = costsOf({ realised_usdt: "-9.99", fees_usdt: "1.2", funding_usdt: "0.2" }, [dec("-1")]);
    expect(showCosts(costs)).toMatchObject({ funding: "-0.2", slippage: "-1", total: "2", share: "0.2" });
  });
  test("a trade that made nothing has a share all the same", () => {
    expect(show(costsOf({ realised_usdt: "0", fees_usdt: "1", funding_usdt: "0" }, []).share)).toBe("100");
  });
});
