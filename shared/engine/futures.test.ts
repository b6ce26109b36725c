import { expect, test } from "bun:test";
import fc from "fast-check";
import { abs, add, dec, mul, show, sub, sum, zero } from "../domain/money.ts";
import {
  bankruptcyPrice,
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
  carried: zero,
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

/**
 * Worked by hand from Binance's FAQ "How to calculate liquidation price of USDⓈ-M futures contracts":
 * LP = (WB − TMM1 + UPNL1 + cumB + cumL + cumS − side1·Q·EP − QL·EPL + QS·EPS)
 *   ÷ (Q·MMRB + QL·MMRL + QS·MMRS − side1·Q − QL + QS).
 * Legs are quantity @ entry; `backing` is WB − TMM1 + UPNL1; brackets as listed: 0.4 % under 300 000, 0.5 % − 300
 * under 800 000, 0.65 % − 1500 under 3 000 000.
 */
const LIQUIDATIONS: [what: string, legs: string[], backing: string, price: string][] = [
  // (30 − 600) ÷ (0.00004 − 0.01) = 57228.91…
  ["isolated long, 20×", ["0.01 @ 60000"], "30", "57228.9"],
  // (30 + 600) ÷ (0.00004 + 0.01) = 62749.00…
  ["isolated short, 20×", ["-0.01 @ 60000"], "30", "62749"],
  // More than 800000 there: (45000 + 1500 − 900000) ÷ (15 × 0.0065 − 15) = 57272.27…
  ["isolated long, 20×, third bracket", ["15 @ 60000"], "45000", "57272.3"],
  // WB 10000, another symbol loses 1500 and needs 400: (8100 − 60000) ÷ (1 × 0.004 − 1) = 52108.43…
  ["cross long beside a losing symbol", ["1 @ 60000"], "8100", "52108.4"],
  // (2000 − 2 × 60000 + 1 × 61000) ÷ (2 × 0.004 + 1 × 0.004 − 2 + 1) = 57692.30…
  ["hedged cross, net long", ["2 @ 60000", "-1 @ 61000"], "2000", "57692.3"],
  // (2000 − 60000 + 2 × 61000) ÷ (0.012 − 1 + 2) = 63241.10…
  ["hedged cross, net short", ["1 @ 60000", "-2 @ 61000"], "2000", "63241.1"],
  // The same both ways gains 1000; maintenance eats that and 2000 in the second bracket: 2 × (P × 0.005 − 300) = 3000
  ["hedged cross, flat", ["1 @ 60000", "-1 @ 61000"], "2000", "360000"],
  ["long that no price ends", ["0.01 @ 60000"], "600", "0"],
];

test("liquidation prices are those of Binance's formula, worked by hand", () => {
  for (const [what, texts, backing, price] of LIQUIDATIONS) {
    const legs = texts.map((text) => {
      const [qty, entry] = text.split(" @ ") as [string, string];
      return held(qty, show(mul(dec(qty), dec(entry))));
    });
    expect([what, show(liquidationPrice(legs, dec(backing), btc))]).toEqual([what, price]);
  }
});

/** Notional, then maintenance margin by Binance's brackets: notional × mmr − cum. */
const MAINTENANCE: [notional: string, margin: string][] = [
  ["100000", "400"],
  ["300000", "1200"],
  ["500000", "2200"],
  ["1000000", "5000"],
  ["5000000", "38000"],
  ["20000000", "268000"],
];

test("maintenance margin and unrealised PnL, worked by hand", () => {
  for (const [notional, margin] of MAINTENANCE) {
    expect([notional, show(maintenance(btc, dec(notional)))]).toEqual([notional, margin]);
  }
  // Size × direction × (mark − entry)
  expect(show(unrealised(held("0.5", "30000"), dec("61000.5")))).toBe("500.25");
  expect(show(unrealised(held("-0.5", "-30000"), dec("61000.5")))).toBe("-500.25");
});

test("nothing is left of margin and PnL at the bankruptcy price", () => {
  // 60000 − 30 ÷ 0.01; a short loses 30 at 63000
  expect(show(bankruptcyPrice(held("0.01", "600"), { mark: dec("60000"), equity: dec("30") }, btc))).toBe("57000");
  expect(show(bankruptcyPrice(held("-0.01", "-600"), { mark: dec("60000"), equity: dec("30") }, btc))).toBe("63000");
  expect(show(bankruptcyPrice(held("0.003", "180"), { mark: dec("60000"), equity: dec("10") }, btc))).toBe("56666.7");
});
