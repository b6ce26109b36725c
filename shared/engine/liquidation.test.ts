import { expect, test } from "bun:test";
import { add, dec, show, zero } from "../domain/money.ts";
import { adlQuantile } from "./adl.ts";
import { BTC, ETH, FuturesGround } from "./futures-ground.fixture.ts";
import { FUND } from "./futures-state.ts";
import { setLeverage, setPositionMode } from "./settings.ts";

const forced = (g: FuturesGround, account: string) =>
  [...g.state.orders.values()]
    .filter((order) => order.forced && order.account === account)
    .map((order) => `${order.client_id.split("-")[0]} ${order.side} ${show(order.filled)} @ ${show(order.price)}`);

test("a liquidation goes to the book down to the bankruptcy price, and pays its clearance from what is left", () => {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.isolate("a", 100);
  g.order("b", "SELL 0.1 60000");
  g.order("a", "BUY 0.1 MARKET");
  const wallet = g.wallet("a");
  g.order("b", "BUY 1 59500");
  g.mark("59650");
  // 60 − 35 = 25 is more than 5965 × 0.004 = 23.86
  expect(g.held("a")).toBe("0.1");
  g.mark("59600");
  // bankrupt at 60000 − 60 ÷ 0.1 = 59400; sold at 59500: 10 left, all of it clearance (1.25 % would be 74.5)
  expect(forced(g, "a")).toEqual(["autoclose SELL 0.1 @ 59400"]);
  expect([g.held("a"), g.wallet("a"), show(g.fund())]).toEqual(["0", wallet, "10"]);
  expect(g.state.income.at(-1)).toMatchObject({ type: "INSURANCE_CLEAR", qty: dec("-10") });
});

test("a large position is closed bracket by bracket, until what is left is carried", () => {
  const g = new FuturesGround({ a: "100000", b: "10000000" });
  g.isolate("a", 50);
  g.order("b", "SELL 30 60000");
  g.order("b", "BUY 30 59900", { tif: "GTX" });
  g.order("a", "BUY 20 MARKET");
  // 1.2 million at 50×: 24000 margin, 1.2e6 × 0.0065 − 1500 = 6300 maintenance
  g.mark("59110");
  expect(g.held("a")).toBe("20");
  // 24000 − 18000 = 6000 is less than 1.182e6 × 0.0065 − 1500 = 6183
  g.mark("59100");
  // 800000 ÷ 59100 = 13.536… is where its bracket begins: 6.464 go, at 5/6 % margin 0.0065 is no longer asked
  expect(forced(g, "a").map((text) => text.split(" ").slice(0, 3).join(" "))).toEqual(["autoclose SELL 6.464"]);
  expect(g.held("a")).toBe("13.536");
});

test("a cross account loses its worst position first, then what its emptied wallet no longer carries", () => {
  const g = new FuturesGround({ a: "700", b: "1000000" });
  g.order("b", "SELL 0.2 60000");
  g.order("b", "SELL 1 3000", { instrument: ETH });
  g.order("b", "BUY 5 50000");
  g.mark("60000");
  g.mark("3000", ETH);
  g.run(() => setLeverage(g.exchange, { account: "a", instrument: BTC }, 50));
  g.order("a", "BUY 0.2 MARKET");
  g.order("a", "BUY 0.5 MARKET", { instrument: ETH });
  const resting = g.order("a", "BUY 0.01 2000", { instrument: ETH });
  g.mark("3010", ETH);
  expect(g.held("a")).toBe("0.2");
  // 700 − 6.75 fees + 5 − 0.2 × 3250 = 48.25; needed: 11350 × 0.004 + 1505 × 0.004 = 51.42
  g.mark("56750");
  expect(forced(g, "a").map((text) => text.split(" ").slice(0, 3).join(" "))).toEqual([
    "autoclose SELL 0.2",
    "autoclose SELL 0.5",
  ]);
  expect(resting.end_reason).toBe("liquidation");
  expect(g.wallet("a")).toBe("0");
  expect(g.fund() >= zero).toBe(true);
});

test("when the fund cannot carry the loss, those who gained most on the other side are closed at the bankruptcy price", () => {
  const g = new FuturesGround({ a: "1000", b: "100000", c: "1000", d: "100000" });
  g.isolate("a", 100);
  for (const who of ["b", "c", "d"]) g.run(() => setLeverage(g.exchange, { account: who, instrument: BTC }, 50));
  g.order("b", "SELL 0.04 60000");
  g.order("c", "SELL 0.04 60000");
  g.order("d", "SELL 0.04 60000");
  g.order("a", "BUY 0.1 MARKET");
  const resting = g.order("c", "BUY 0.04 50000", { reduce_only: true });
  // Nobody bids: the mark falls from 60000 to 58000, below the bankruptcy price of 59400
  g.mark("58000");
  expect(g.held("a")).toBe("0");
  // c has the smallest account and so the highest leverage, then b with the larger position
  expect(forced(g, "c")).toEqual(["adl_autoclose BUY 0.04 @ 59400"]);
  expect(forced(g, "b")).toEqual(["adl_autoclose BUY 0.04 @ 59400"]);
  expect(resting.end_reason).toBe("knocked_out");
  expect(forced(g, "d")).toEqual(["adl_autoclose BUY 0.02 @ 59400"]);
  expect([g.held("c"), g.held("b"), g.held("d"), g.held(FUND)]).toEqual(["0", "0", "0", "0"]);
  const closed = [...g.state.orders.values()].filter((order) => order.client_id.startsWith("adl_"));
  expect(closed.map((order) => order.account)).toEqual(["c", "b", "d"]);
  // Both sides of every forced trade: what a lost is what the others gained at 59400
  expect(show(g.state.position("c", BTC).realised)).toBe("24");
});

test("hedged legs of a cross account back each other; isolated ones do not", () => {
  const g = new FuturesGround({ a: "100", b: "1000000" });
  g.run(() => setPositionMode(g.exchange, "a", true));
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59999.9", { tif: "GTX" });
  g.mark("60000");
  g.order("a", "BUY 0.01 MARKET LONG");
  g.order("a", "SELL 0.01 MARKET SHORT");
  g.mark("100000");
  g.mark("30000");
  expect([g.held("a", "LONG"), g.held("a", "SHORT")]).toEqual(["0.01", "-0.01"]);
  const apart = new FuturesGround({ a: "100", b: "1000000" });
  apart.run(() => setPositionMode(apart.exchange, "a", true));
  apart.isolate("a", 20);
  apart.order("b", "SELL 1 60000");
  apart.order("b", "BUY 1 59999.9", { tif: "GTX" });
  apart.order("a", "BUY 0.01 MARKET LONG");
  apart.order("a", "SELL 0.01 MARKET SHORT");
  apart.mark("56000");
  expect([apart.held("a", "LONG"), apart.held("a", "SHORT")]).toEqual(["0", "-0.01"]);
});

test("the queue of deleveraging is told in fifths", () => {
  const g = new FuturesGround({ a: "100", b: "100000", c: "1000" });
  g.order("b", "SELL 0.02 60000");
  g.order("a", "BUY 0.01 MARKET");
  g.order("c", "BUY 0.01 MARKET");
  g.mark("61000");
  const quantile = (who: string) => adlQuantile(g.exchange, g.state.position(who, BTC), dec("61000"));
  expect([quantile("a"), quantile("c"), quantile("b")]).toEqual([2, 0, 0]);
  expect(add(g.fund(), zero)).toBe(zero);
});
