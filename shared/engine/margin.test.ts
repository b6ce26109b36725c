import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { BTC, FuturesGround, refusal } from "./futures-ground.fixture.ts";
import { exposureOf, futuresFunds, openOrderMargin, worstNotional } from "./margin.ts";
import { setPositionMode } from "./settings.ts";

const funds = (g: FuturesGround) => futuresFunds(g.state, "a", (instrument) => g.exchange.mark(instrument));

/** position, bids, asks · hedge: long, short, bids, asks · then: the worst notional, and open orders' margin at 10× */
const EXPOSURES: [boolean, string, string, string, string, string, string][] = [
  [false, "0", "0", "1000", "0", "1000", "100"],
  [false, "0", "0", "1000", "600", "1000", "100"],
  // Long 1000: 600 sold would close, 2500 would turn it round to 1500
  [false, "1000", "0", "0", "600", "1000", "0"],
  [false, "1000", "0", "0", "2500", "1500", "50"],
  [false, "1000", "0", "300", "2500", "1500", "50"],
  [false, "-1000", "0", "0", "300", "1300", "30"],
  [true, "1000", "-500", "200", "300", "2000", "50"],
];

test("open orders need margin for the worst that filling one side could lead to", () => {
  for (const [dual, long, short, bids, asks, worst, margin] of EXPOSURES) {
    const exposure = { long: dec(long), short: dec(short), bids: dec(bids), asks: dec(asks) };
    const found = [worstNotional(exposure, dual), openOrderMargin(exposure, { dual, leverage: 10 })].map(show);
    expect([dual, long, bids, asks, ...found]).toEqual([dual, long, bids, asks, worst, margin]);
  }
});

test("an order that closes and turns needs only what it opens; a reduce-only one needs nothing", () => {
  const g = new FuturesGround({ a: "110", b: "1000000" });
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59990");
  g.mark("60000");
  g.order("a", "BUY 0.03 MARKET");
  // 1800 at 20×: 90 of 110 − 0.9; selling twice that turns it round on the same margin
  expect(show(funds(g).available)).toBe("19.1");
  expect(refusal(() => g.order("a", "SELL 0.07 60000"))).toBe("NO_MARGIN");
  g.order("a", "SELL 0.03 60500", { reduce_only: true });
  expect(show(funds(g).orderMargin)).toBe("0");
  g.order("a", "SELL 0.06 60000");
  expect(show(funds(g).orderMargin)).toBe("0");
});

test("what an order would lose at once at the mark is asked for too", () => {
  const g = new FuturesGround({ a: "40", b: "1000000" });
  g.order("b", "SELL 1 61000");
  g.order("b", "BUY 1 59990");
  g.mark("60000");
  // 610 ÷ 20 = 30.5, fee 0.305, and 10 below the mark: 40.805
  expect(refusal(() => g.order("a", "BUY 0.01 61000"))).toBe("NO_MARGIN");
  g.run(() => g.exchange.move("a", "FUT", { asset: "USDT", qty: dec("0.805"), why: "deposit" }));
  expect(refusal(() => g.order("a", "BUY 0.01 61000"))).toBe("taken");
});

test("in hedge mode both sides need their own margin", () => {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.run(() => setPositionMode(g.exchange, "a", true));
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 60000", { tif: "GTX", price: dec("59999.9") });
  g.mark("60000");
  g.order("a", "BUY 0.02 MARKET LONG");
  g.order("a", "SELL 0.01 61000 SHORT");
  const exposure = exposureOf(g.state, { account: "a", instrument: BTC }, dec("60000"));
  expect([exposure.long, exposure.short, exposure.bids, exposure.asks].map(show)).toEqual(["1200", "0", "0", "610"]);
  // 1200 and 610 at 20×, fee 0.6
  expect(show(funds(g).available)).toBe("908.9");
});

test("available margin counts what open orders keep and what cross positions lose", () => {
  const g = new FuturesGround({ a: "1000", b: "100000" });
  g.order("a", "BUY 0.02 50000");
  expect(show(funds(g).available)).toBe("950");
  g.order("b", "SELL 0.02 49000");
  g.exchange.setMark(BTC, dec("45000"));
  // fee 1000 × 0.0002; loss (50000 − 45000) × 0.02; margin 900 ÷ 20
  expect(show(funds(g).available)).toBe("854.8");
});

test("a position that is gone takes every resting closing order with it, each once", () => {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59990", { tif: "GTX" });
  g.order("a", "BUY 0.03 MARKET");
  const closing = [61_000, 62_000, 63_000].map((price) => g.order("a", `SELL 0.01 ${price}`, { reduce_only: true }));
  g.order("a", "SELL 0.03 MARKET", { reduce_only: true });
  expect(closing.map((order) => order.end_reason)).toEqual(["knocked_out", "knocked_out", "knocked_out"]);
});
