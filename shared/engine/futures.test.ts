import { expect, test } from "bun:test";
import fc from "fast-check";
import { abs, add, dec, mul, show, sub, sum, zero } from "../domain/money.ts";
import {
  decideFill,
  entryPrice,
  initialMargin,
  isLiquidatable,
  liquidationPrice,
  maintenance,
  type Position,
  unrealised,
} from "./futures.ts";
import { bracketOf, defaultListings } from "./listing.ts";

const btc = defaultListings().find((listing) => listing.instrument === "FUT:BTCUSDT")!;
const flat: Position = {
  account: "a",
  instrument: "FUT:BTCUSDT",
  side: "BOTH",
  qty: zero,
  cost: zero,
  leverage: 20,
  margin_type: "ISOLATED",
  realised: zero,
  updated_at: 0,
};
const held = (qty: string, cost: string): Position => ({ ...flat, qty: dec(qty), cost: dec(cost) });

/** position: quantity, cost · fill: side, quantity, price · then: quantity, cost, realised */
const FILLS: [string, string, "BUY" | "SELL", string, string, string, string, string][] = [
  ["0", "0", "BUY", "0.1", "60000", "0.1", "6000", "0"],
  ["0.1", "6000", "BUY", "0.1", "62000", "0.2", "12200", "0"],
  // entry 61000: half out at 63000 gains 2000 × 0.1
  ["0.2", "12200", "SELL", "0.1", "63000", "0.1", "6100", "200"],
  ["0.2", "12200", "SELL", "0.2", "60000", "0", "0", "-200"],
  // reversal: 0.1 closes at +1000 × 0.1, 0.2 opens short at 61000
  ["0.1", "6000", "SELL", "0.3", "61000", "-0.2", "-12200", "100"],
  ["-0.2", "-12200", "BUY", "0.1", "60000", "-0.1", "-6100", "100"],
  // entry 60000.333…: the third that cannot be settled stays in the cost
  ["0.003", "180.001", "SELL", "0.001", "60000", "0.002", "120.00066667", "-0.00033333"],
];

test("a fill closes what is opposite, opens with the rest, and keeps every part of a cent", () => {
  for (const [qty, cost, side, fillQty, price, ...then] of FILLS) {
    const effect = decideFill(held(qty, cost), { side, price: dec(price), qty: dec(fillQty) });
    expect([effect.qty, effect.cost, effect.realised].map(show)).toEqual(then);
  }
});

test("whatever the fills: realised plus unrealised is what buying and selling at those prices is worth at the mark", () => {
  const fill = fc.record({
    side: fc.constantFrom("BUY" as const, "SELL" as const),
    lots: fc.integer({ min: 1, max: 5_000 }),
    ticks: fc.integer({ min: 1, max: 900_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(fill, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 900_000 }),
      (fills, markTicks) => {
        let position = flat;
        let worth = zero;
        const mark = mul(dec(markTicks), btc.tick);
        for (const { side, lots, ticks } of fills) {
          const [price, qty] = [mul(dec(ticks), btc.tick), mul(dec(lots), btc.step)];
          const effect = decideFill(position, { side, price, qty });
          position = {
            ...position,
            qty: effect.qty,
            cost: effect.cost,
            realised: add(position.realised, effect.realised),
          };
          const gain = mul(sub(mark, price), qty);
          worth = side === "BUY" ? add(worth, gain) : sub(worth, gain);
        }
        const total = add(position.realised, sub(mul(position.qty, mark), position.cost));
        expect(total).toBe(worth);
        expect(abs(sub(unrealised(position, mark), sub(total, position.realised))) <= dec("0.000000005")).toBe(true);
        if (position.qty === zero) expect(position.cost).toBe(zero);
      },
    ),
    { seed: 11 },
  );
});

test("the liquidation price is where margin and loss meet the maintenance margin", () => {
  for (const [qty, entry, leverage] of [
    ["0.01", "60000", 20],
    ["-0.01", "60000", 20],
    ["0.5", "61234.5", 100],
    ["-8", "60000", 50],
    ["0.003", "60000", 1],
  ] as const) {
    const position = held(qty, show(mul(dec(qty), dec(entry))));
    const margin = initialMargin(abs(position.cost), leverage);
    const price = liquidationPrice([position], margin, btc);
    const away = position.qty > 0n ? btc.tick : sub(zero, btc.tick);
    const safe = add(price, sum([away, away]));
    const gone = sub(price, sum([away, away]));
    expect(isLiquidatable(btc, position, { mark: safe, margin })).toBe(false);
    if (price > 0n) expect(isLiquidatable(btc, position, { mark: gone, margin })).toBe(true);
  }
});

test("maintenance margin has no jump where a bracket ends", () => {
  for (const { cap } of btc.brackets.slice(0, -1)) {
    const below = maintenance(btc, sub(cap, dec("0.0001")));
    const above = maintenance(btc, cap);
    expect(bracketOf(btc, sub(cap, dec("0.0001")))).not.toBe(bracketOf(btc, cap));
    expect(abs(sub(above, below)) < dec("0.001")).toBe(true);
  }
  expect(show(entryPrice(held("0.2", "12200")))).toBe("61000");
});
