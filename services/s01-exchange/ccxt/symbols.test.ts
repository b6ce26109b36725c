import { expect, test } from "bun:test";
import { contractsOf, qtyOf, readMarket, Symbols, textOf } from "./symbols.ts";

const TICK_SIZE = 4;
const told = { precisionMode: TICK_SIZE, now: 7 };
const swap = {
  ...{ symbol: "BTC/USDT:USDT", base: "BTC", quote: "USDT", settle: "USDT", swap: true, linear: true, active: true },
  ...{ contractSize: "0.01", precision: { price: "0.1", amount: "1" } },
  limits: { amount: { min: "1", max: undefined }, cost: { min: "5" } },
};

test("contracts become quantities of the base asset, both ways", () => {
  expect(readMarket("FUT", swap, told)).toMatchObject({
    ...{ instrument: "FUT:BTCUSDT", symbol: "BTCUSDT", tick_size: "0.1", step_size: "0.01", min_qty: "0.01" },
    ...{ min_notional: "5", status: "TRADING", updated_at: 7 },
  });
  const symbols = new Symbols();
  symbols.take("FUT", [swap], told);
  const known = symbols.get("FUT:BTCUSDT")!;
  expect(symbols.of("BTC/USDT:USDT")).toBe(known);
  expect(contractsOf(known, "0.25")).toBe("25");
  expect(qtyOf(known, "25")).toBe("0.25");
});

const left: [string, object][] = [
  ["inverse", { linear: false }],
  ["settled in another asset", { settle: "USDC" }],
  ["a dated contract", { swap: false }],
  ["a name we cannot say", { base: "币安" }],
  ["without steps", { precision: {} }],
];
test.each(left)("left out: %s", (_, change) => {
  expect(readMarket("FUT", { ...swap, ...change }, told)).toBeUndefined();
});

test("decimal places become steps; significant digits are none", () => {
  const coarse = { ...swap, contractSize: undefined, precision: { price: 2, amount: 3 } };
  expect(readMarket("FUT", coarse, { precisionMode: 2, now: 7 })).toMatchObject({
    tick_size: "0.01",
    step_size: "0.001",
  });
  expect(readMarket("FUT", coarse, { precisionMode: 3, now: 7 })).toBeUndefined();
});

test("a float prints as the decimal it was read from", () => {
  for (const text of ["0.1", "64123.45", "0.00000123", "123456789.12345", "0.000000000001"]) {
    expect(textOf(Number(text))).toBe(text);
  }
  expect(textOf("0.10")).toBe("0.10");
  expect([textOf(Number.NaN), textOf("1e5"), textOf(undefined), textOf(null)]).toEqual(Array(4).fill(undefined));
});
