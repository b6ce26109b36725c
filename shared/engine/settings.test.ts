import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { BTC, ETH, FuturesGround, refusal } from "./futures-ground.fixture.ts";
import { changeMargin, setLeverage, setMarginType, setMultiAssets, setPositionMode } from "./settings.ts";

const A = { account: "a", instrument: BTC } as const;

function ground(a = "1000"): FuturesGround {
  const g = new FuturesGround({ a, b: "1000000" });
  g.order("b", "SELL 5 60000");
  g.order("b", "BUY 5 59990");
  g.mark("60000");
  return g;
}

test("hedge mode holds long and short side by side, and only its own position sides are taken", () => {
  const g = ground();
  expect(refusal(() => g.order("a", "BUY 0.01 MARKET LONG"))).toBe("WRONG_SIDE");
  g.run(() => setPositionMode(g.exchange, "a", true));
  expect(refusal(() => g.order("a", "BUY 0.01 MARKET"))).toBe("WRONG_SIDE");
  g.order("a", "BUY 0.02 MARKET LONG");
  g.order("a", "SELL 0.03 MARKET SHORT");
  expect([g.held("a", "LONG"), g.held("a", "SHORT"), g.held("a")]).toEqual(["0.02", "-0.03", "0"]);
  // Closing orders say so by their side, and may not be larger than what there is.
  expect(refusal(() => g.order("a", "SELL 0.021 MARKET LONG"))).toBe("REDUCE_ONLY");
  const closing = g.order("a", "SELL 0.02 61000 LONG");
  expect(closing.reduce_only).toBe(true);
  expect(refusal(() => g.order("a", "SELL 0.001 61500 LONG"))).toBe("REDUCE_ONLY");
  g.order("a", "BUY 0.03 MARKET SHORT");
  expect([g.held("a", "LONG"), g.held("a", "SHORT")]).toEqual(["0.02", "0"]);
  expect(closing.status).toBe("NEW");
  g.order("a", "SELL 0.01 MARKET LONG");
  expect([closing.status, closing.end_reason]).toEqual(["EXPIRED", "knocked_out"]);
});

test("the position mode changes only while nothing is open", () => {
  const g = ground();
  const dual = (on: boolean) => refusal(() => g.run(() => setPositionMode(g.exchange, "a", on)));
  expect(dual(false)).toBe("SAME_SIDES");
  const order = g.order("a", "BUY 0.01 50000");
  expect(dual(true)).toBe("SIDES_WITH_ORDERS");
  g.run(() => g.exchange.cancel(order));
  const algo = g.algo("a", { type: "STOP_MARKET", side: "BUY", trigger_price: dec("70000"), qty: dec("0.01") });
  expect(dual(true)).toBe("SIDES_WITH_ORDERS");
  g.mark("70000");
  expect(algo.status).toBe("FINISHED");
  expect(dual(true)).toBe("SIDES_WITH_POSITION");
  g.order("a", "SELL 0.01 MARKET");
  expect([dual(true), dual(true)]).toEqual(["taken", "SAME_SIDES"]);
});

test("leverage: brackets bound the position, isolated margin does not shrink below a position, cross needs funds", () => {
  const g = ground();
  const lever = (leverage: number) => refusal(() => g.run(() => setLeverage(g.exchange, A, leverage)));
  g.order("a", "BUY 0.2 MARKET");
  // 12000 at 20×: 600 of 1000 − 6 fee are margin; at 12× 1000 would be
  expect(lever(13)).toBe("taken");
  expect(lever(12)).toBe("MIN_LEVERAGE");
  expect(lever(125)).toBe("taken");
  const rich = ground("100000");
  rich.order("a", "BUY 5 MARKET");
  // 300000 is where the bracket of 125× ends: what is held may reach it, one order more may not pass it
  expect(refusal(() => rich.run(() => setLeverage(rich.exchange, A, 125)))).toBe("taken");
  expect(refusal(() => rich.order("a", "BUY 0.001 59000"))).toBe("MAX_POSITION");
  const isolated = ground();
  isolated.isolate("a", 10);
  isolated.order("a", "BUY 0.01 MARKET");
  expect(refusal(() => isolated.run(() => setLeverage(isolated.exchange, A, 9)))).toBe("LEVERAGE");
  isolated.run(() => setLeverage(isolated.exchange, A, 20));
  expect(show(isolated.state.isolatedMargin(isolated.state.position("a", BTC)))).toBe("30");
});

test("margin type and multi-assets mode exclude each other, and open orders and positions", () => {
  const g = ground();
  const type = (to: "ISOLATED" | "CROSSED") => refusal(() => g.run(() => setMarginType(g.exchange, A, to)));
  const multi = (on: boolean) => refusal(() => g.run(() => setMultiAssets(g.exchange, "a", on)));
  expect(type("CROSSED")).toBe("NO_CHANGE");
  const order = g.order("a", "BUY 0.01 50000");
  expect([type("ISOLATED"), multi(true)]).toEqual(["HAS_ORDERS", "ASSETS_WITH_ORDERS"]);
  g.run(() => g.exchange.cancel(order));
  g.order("a", "BUY 0.01 MARKET");
  expect(type("ISOLATED")).toBe("HAS_POSITION");
  expect([multi(true), multi(true)]).toEqual(["taken", "SAME_ASSETS_MODE"]);
  g.order("a", "SELL 0.01 MARKET");
  expect(type("ISOLATED")).toBe("MULTI_ASSETS");
  expect([multi(false), type("ISOLATED"), multi(true)]).toEqual(["taken", "taken", "ASSETS_WITH_ISOLATED"]);
});

test("an isolated position's margin is added to and taken from as far as it is not needed", () => {
  const g = ground();
  const change = (qty: string) => refusal(() => g.run(() => changeMargin(g.exchange, A, dec(qty))));
  expect(change("1")).toBe("NOT_ISOLATED");
  g.isolate("a", 10);
  expect(change("1")).toBe("NO_POSITION");
  g.order("a", "BUY 0.01 MARKET");
  expect(g.wallet("a")).toBe("939.7");
  expect([change("940"), change("100"), change("-100.1")]).toEqual(["NO_CROSS", "taken", "NO_ISOLATED"]);
  g.mark("59000");
  // 160 − 10 lost at the mark − 59 for the position: 91 are free
  expect([change("-91.1"), change("-91")]).toEqual(["NO_ISOLATED", "taken"]);
  expect(show(g.state.isolatedMargin(g.state.position("a", BTC)))).toBe("69");
  expect(g.state.futures.marginChanges.map(({ qty, why }) => [show(qty), why])).toEqual([
    ["60", "TRADE"],
    ["100", "USER_ADJUST"],
    ["-91", "USER_ADJUST"],
  ]);
});

test("settings of one symbol leave the other alone", () => {
  const g = ground();
  g.isolate("a", 7);
  const { leverage, margin_type } = g.state.position("a", ETH);
  expect([leverage, margin_type]).toEqual([20, "CROSSED"]);
  expect(g.state.position("a", BTC, "SHORT").leverage).toBe(7);
});
