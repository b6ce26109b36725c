import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { fund, fundingRate } from "./funding.ts";
import { breakEvenPrice } from "./futures.ts";
import { BTC, FuturesGround } from "./futures-ground.fixture.ts";
import { setPositionMode } from "./settings.ts";

/** The interest of 0.01 % within ±0.05 % of it, the premium less the clamp beyond. */
const RATES: [premium: string, rate: string][] = [
  ["0", "0.0001"],
  ["0.0005", "0.0001"],
  ["-0.0003", "0.0001"],
  ["0.0007", "0.0002"],
  ["-0.001", "-0.0005"],
  ["0.1", "0.03"],
];

test("the rate is the premium pulled towards the interest, within bounds", () => {
  for (const [premium, rate] of RATES) expect([premium, show(fundingRate(dec(premium)))]).toEqual([premium, rate]);
});

test("both legs of a hedge pay for themselves, isolated ones out of their margin, and the rate is kept", () => {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.run(() => setPositionMode(g.exchange, "a", true));
  g.isolate("a", 20);
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59999.9", { tif: "GTX" });
  g.order("a", "BUY 0.02 MARKET LONG");
  g.order("a", "SELL 0.01 MARKET SHORT");
  const wallet = g.wallet("a");
  g.run(() => fund(g.exchange, BTC, { rate: dec("0.001"), mark: dec("61000") }));
  // 0.02 × 61000 × 0.001 = 1.22 of 60; 0.61 onto 29.99995
  const margin = (side: "LONG" | "SHORT") => show(g.state.isolatedMargin(g.state.position("a", BTC, side)));
  expect([g.wallet("a"), margin("LONG"), margin("SHORT")]).toEqual([wallet, "58.78", "30.60995"]);
  expect(g.state.futures.rates.map(({ rate, mark }) => [show(rate), show(mark)])).toEqual([["0.001", "61000"]]);
  expect(g.state.income.filter(({ type, account }) => type === "FUNDING_FEE" && account === "a").length).toBe(2);
});

test("the break-even price carries fees, what was realised and funding until the position is closed or turned", () => {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59999", { tif: "GTX" });
  const position = g.state.position("a", BTC);
  g.order("a", "BUY 0.02 MARKET");
  // 60000 + 0.6 ÷ 0.02
  expect(show(breakEvenPrice(position))).toBe("60030");
  g.run(() => fund(g.exchange, BTC, { rate: dec("0.001"), mark: dec("60000") }));
  expect(show(breakEvenPrice(position))).toBe("60090");
  g.order("a", "SELL 0.01 MARKET");
  // 0.6 + 1.2 + 0.299995 + 0.01 lost = 2.109995 on 0.01
  expect(show(breakEvenPrice(position))).toBe("60210.9995");
  g.order("a", "SELL 0.03 MARKET");
  // Turned: two thirds of 0.899985 on −0.02
  expect(show(breakEvenPrice(position))).toBe("59969.0005");
  g.order("a", "BUY 0.02 MARKET");
  expect(show(breakEvenPrice(position))).toBe("0");
});
