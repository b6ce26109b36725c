import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, add, dec, fromSteps, mul, neg, show, sub, sum } from "../../domain/money.ts";
import type { Fill, Side } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { decideReduction, liquidationDistance } from "./liquidation.ts";
import { decideStage } from "./stages.ts";
import { isStagnant } from "./stagnation.ts";
import { breakEvenPrice, decideStop } from "./stops.ts";
import { applyTradeFill, emptyTrade, priceAtRoe, roe } from "./trade.ts";

const FUT = { spot: false, base: "BTC", step_size: "0.001" };
const SPOT = { spot: true, base: "BTC", step_size: "0.00001" };

const opened = (side: Side, over: Partial<Trade> = {}): Trade => ({
  ...emptyTrade(
    {
      trade_id: "t",
      account: "main",
      instrument: "FUT:BTCUSDT",
      strategy_id: "s",
      side,
      leverage: 20,
      params: {},
      config_rev: 1,
    },
    0,
  ),
  ...over,
});

const fill = (side: Side, price: string, qty: string, fee = "0", fee_asset = "USDT"): Fill => ({
  fill_id: "1",
  account: "main",
  instrument: "FUT:BTCUSDT",
  intent_id: "i",
  client_order_id: "c",
  order_id: "o",
  kind: "ENTRY",
  side,
  price,
  qty,
  fee,
  fee_asset,
  fee_usdt: fee_asset === "USDT" ? fee : show(mul(dec(fee), dec(price))),
  maker: false,
  mid_at_send: 0,
  slippage_bps: 0,
  ts: 1,
});
const after = (trade: Trade, fills: Fill[], rules = FUT) =>
  fills.reduce((t, each) => applyTradeFill(t, each, rules).trade, trade);

describe("a trade from its fills", () => {
  test("a long in two parts and out again", () => {
    const trade = after(opened("BUY"), [
      fill("BUY", "100", "1", "0.05"),
      fill("BUY", "110", "1", "0.05"),
      fill("SELL", "120", "2", "0.12"),
    ]);
    // cost 210, value 240: realised 30, fees 0.22
    expect(trade).toMatchObject({ status: "CLOSED", avg_entry: "105", avg_exit: "120", realised_usdt: "30" });
    expect(trade).toMatchObject({ fees_usdt: "0.22", pnl_usdt: "29.78", open_qty: "0", margin_usdt: "10.5" });
  });

  test("a spot fee in the base asset comes off the quantity, and dust ends the trade", () => {
    const bought = after(opened("BUY", { leverage: 1 }), [fill("BUY", "100", "1", "0.001005", "BTC")], SPOT);
    expect(bought.open_qty).toBe("0.998995");
    const sold = applyTradeFill(bought, fill("SELL", "100", "0.99899"), SPOT).trade;
    expect(sold).toMatchObject({ status: "CLOSED", open_qty: "0", realised_usdt: "0", fees_usdt: "0.1005" });
  });

  test("what an exit moves beyond the trade is left over", () => {
    const trade = after(opened("SELL"), [fill("SELL", "100", "1")]);
    const { trade: closed, rest } = applyTradeFill(trade, fill("BUY", "90", "3"), FUT);
    expect([closed.status, closed.realised_usdt, show(rest)]).toEqual(["CLOSED", "10", "2"]);
  });

  test("quantities are conserved and the closed result is the difference in cash", () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 90_000 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.constantFrom<Side>("BUY", "SELL"), some, some, (side, ins, outs) => {
        const step = dec("0.001");
        const at = (ticks: number) => show(fromSteps(ticks, dec("0.1")));
        const out = side === "BUY" ? "SELL" : "BUY";
        const entries = ins.map(([lots, ticks]) => fill(side, at(ticks), show(fromSteps(lots, step)), "0.01"));
        const lotsIn = ins.reduce((total, [lots]) => total + lots, 0);
        let left = lotsIn;
        const exits: Fill[] = [];
        for (const [lots, ticks] of outs) {
          const some = Math.min(lots, left);
          if (some > 0) exits.push(fill(out, at(ticks), show(fromSteps(some, step)), "0.02"));
          left -= some;
        }
        if (left > 0) exits.push(fill(out, "1000", show(fromSteps(left, step)), "0.02"));
        const trade = after(opened(side), [...entries, ...exits]);
        const cash = (fills: Fill[]) =>
          sum(
            fills.map((f) => (f.side === "BUY" ? neg(mul(dec(f.qty), dec(f.price))) : mul(dec(f.qty), dec(f.price)))),
          );
        const fees = sum([...entries, ...exits].map((f) => dec(f.fee)));
        expect(trade.status).toBe("CLOSED");
        expect(trade.entry_qty).toBe(show(fromSteps(lotsIn, step)));
        expect(trade.exit_qty).toBe(trade.entry_qty);
        expect(trade.pnl_usdt).toBe(show(sub(add(cash(entries), cash(exits)), fees)));
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

const RULES = { break_even_roe: 0.05, lock_steps_roe: [0.05, 0.1, 0.2] };
const TEN = after(opened("BUY", { stop_price: "97" }), [fill("BUY", "100", "1")]);

describe("the stop", () => {
  const at = (price: string, trade = TEN) =>
    decideStop({ trade, price: dec(price), rules: RULES, takerFee: 0.0005, tick: "0.01" });
  // Margin 5 a unit at 20×: ROE 0.05 is +0.25, 0.10 is +0.50, 0.20 is +1.00.
  test.each([
    ["100.24", undefined],
    ["100.25", { stop_price: "100.11", reason: "break_even" }],
    ["100.50", { stop_price: "100.25", reason: "lock" }],
    ["101.00", { stop_price: "100.5", reason: "lock" }],
    ["150", { stop_price: "100.5", reason: "lock" }],
  ])("at %s", (price, expected) => {
    expect(at(price)).toEqual(expected as never);
  });

  test("never goes back, on either side, along any path", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Side>("BUY", "SELL"),
        fc.array(fc.integer({ min: 9_500, max: 10_500 }), { maxLength: 60 }),
        (side, path) => {
          let trade = after(opened(side, { stop_price: side === "BUY" ? "95" : "105" }), [fill(side, "100", "1")]);
          for (const cents of path) {
            const price = fromSteps(cents, dec("0.01"));
            const moved = decideStop({ trade, price, rules: RULES, takerFee: 0.0005, tick: "0.01" });
            if (!moved) continue;
            const [before, now] = [dec(trade.stop_price as string), dec(moved.stop_price)];
            expect(side === "BUY" ? now > before && now < price : now < before && now > price).toBe(true);
            trade = { ...trade, stop_price: moved.stop_price };
          }
        },
      ),
      { seed: 12, numRuns: 200 },
    );
  });

  test("is on its tick, and never promises less than it says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Side>("BUY", "SELL"),
        fc.integer({ min: 9_000, max: 11_000 }),
        fc.integer({ min: 1, max: 300 }),
        (side, entry, moved) => {
          const trade = after(opened(side), [fill(side, show(fromSteps(entry, dec("0.01"))), "1")]);
          const dir = side === "BUY" ? 1 : -1;
          const price = fromSteps(entry + dir * moved, dec("0.01"));
          const stop = decideStop({ trade, price, rules: RULES, takerFee: 0.0005, tick: "0.05" });
          if (!stop) return;
          const kept = dec(stop.stop_price);
          const passed = RULES.lock_steps_roe.filter((step) => roe(trade, price) >= step).length;
          const locked = RULES.lock_steps_roe[passed - 2] ?? 0;
          const promised = locked > 0 ? priceAtRoe(trade, locked) : breakEvenPrice(trade, 0.0005);
          expect(stop.reason).toBe(locked > 0 ? "lock" : "break_even");
          expect(kept % dec("0.05")).toBe(0n);
          expect(side === "BUY" ? kept >= promised : kept <= promised).toBe(true);
        },
      ),
      { seed: 14, numRuns: 200 },
    );
  });

  test("break-even gives back both fees, rounded for us", () => {
    const price = breakEvenPrice(TEN, 0.0005);
    const fees = mul(add(dec("100"), price), dec("0.0005"));
    expect(sub(price, dec("100")) >= fees).toBe(true);
    expect(sub(price, dec("100")) - fees < 10n ** 6n).toBe(true);
  });
});

describe("staged take-profit", () => {
  const stages = [
    { roe: 0.06, close: 0.3 },
    { roe: 0.08, close: 0.3 },
    { roe: 0.1, close: 0.4 },
  ];
  test("shares leave in whole steps, the last stage takes the rest, nothing is lost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (lots) => {
        let trade = after(opened("BUY"), [fill("BUY", "100", show(fromSteps(lots, dec("0.001"))))]);
        const left: Amount[] = [];
        for (let look = 0; look < 5; look++) {
          const price = dec("105");
          const next = decideStage({ trade, price, stages, step_size: "0.001", min_qty: "0.001", min_notional: "0" });
          if (!next) break;
          left.push(dec(next.qty));
          trade = { ...after(trade, [fill("SELL", "105", next.qty)]), stage: next.stage };
        }
        expect(show(sum(left))).toBe(show(fromSteps(lots, dec("0.001"))));
        expect(trade.status).toBe("CLOSED");
      }),
      { seed: 13, numRuns: 100 },
    );
  });

  test("waits for its ROE", () => {
    const view = { trade: TEN, stages, step_size: "0.001", min_qty: "0.001", min_notional: "0" };
    expect(decideStage({ ...view, price: dec("100.29") })).toBeUndefined();
    expect(decideStage({ ...view, price: dec("100.3") })).toMatchObject({ qty: "0.3", stage: 1 });
  });
});

test("ROE and its price are inverse", () => {
  expect(roe(TEN, priceAtRoe(TEN, 0.4))).toBeCloseTo(0.4, 12);
});

test("a trade that stayed below the mark for the limit is stagnant", () => {
  const rules = { stagnate_ms: 1_000, stagnate_roe: 0.02 };
  expect(isStagnant(TEN, { now: 999, bestRoe: 0 }, rules)).toBe(false);
  expect(isStagnant(TEN, { now: 1_000, bestRoe: 0.019 }, rules)).toBe(true);
  expect(isStagnant(TEN, { now: 1_000, bestRoe: 0.02 }, rules)).toBe(false);
});

test("near liquidation, half is given up, and all of what cannot be halved", () => {
  const rules = { distanceMin: 0.015, step: dec("0.001"), minQty: dec("0.001") };
  expect(liquidationDistance(dec("100"), dec("99"))).toBe(0.01);
  expect(show(decideReduction(dec("0.011"), 0.01, rules))).toBe("0.005");
  expect(show(decideReduction(dec("0.001"), 0.01, rules))).toBe("0.001");
  expect(show(decideReduction(dec("0.011"), 0.02, rules))).toBe("0");
});
