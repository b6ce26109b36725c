import { expect, test } from "bun:test";
import { show } from "../../../../shared/domain/money.ts";
import { aTrade } from "../samples.ts";
import { midOf, totalOf, worthOf } from "./pnl.ts";

test("a long earns what the price rises, a short what it falls", () => {
  const long = worthOf(aTrade(), "60100");
  expect([show(long.unrealised), show(long.notional)]).toEqual(["1", "601"]);
  expect(long.roe).toBeCloseTo(1 / 30, 12);
  expect(show(worthOf(aTrade({ side: "SELL" }), "60100").unrealised)).toBe("-1");
});

test("without margin there is no return on it", () => {
  expect(worthOf(aTrade({ margin_usdt: "0" }), "1").roe).toBeUndefined();
});

test("mid and totals are exact", () => {
  expect(show(midOf("0.1", "0.2"))).toBe("0.15");
  expect(show(totalOf(["0.1", "0.2", "-0.3"]))).toBe("0");
});
