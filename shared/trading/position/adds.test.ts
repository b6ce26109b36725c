import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, add, dec, fromSteps, mul, show, sub, sum } from "../../domain/money.ts";
import type { Fill, Side } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { type AddDecision, type AddView, decideAdd } from "./adds.ts";
import { decideStage } from "./stages.ts";
import { decideStop } from "./stops.ts";
import { decideTopUp } from "./top-up.ts";
import { applyTradeFill, emptyTrade } from "./trade.ts";

const FEE = 0.0005;
const FUT = { spot: false, base: "BTC", step_size: "0.001" };
const LISTING = { tick_size: "0.01", step_size: "0.001", min_qty: "0.001", min_notional: "5" };
const RULES = { adds_max: 2, add_roe: 0.04, add_share: 0.5 };
const LADDER = { break_even_roe: 0.05, lock_steps_roe: [0.05, 0.1, 0.2] };

const opening = (side: Side) => ({
  ...{ trade_id: "t", account: "main", instrument: "FUT:BTCUSDT", strategy_id: "s", side, leverage: 20, params: {} },
  config_rev: 1,
});
const fill = (kind: "ENTRY" | "ADD" | "TP", side: Side, price: string, qty: string): Fill =>
  ({ kind, side, price, qty, fee: "0", fee_asset: "USDT", fee_usdt: "0", instrument: "FUT:BTCUSDT", ts: 1 }) as Fill;
const grown = (trade: Trade, ...fills: Fill[]): Trade =>
  fills.reduce((t, each) => applyTradeFill(t, each, FUT).trade, trade);
const long = (stop_price?: string): Trade => ({
  ...grown(emptyTrade(opening("BUY"), 0), fill("ENTRY", "BUY", "100", "1")),
  ...(stop_price === undefined ? {} : { stop_price }),
});
const view = (trade: Trade, price: string, over: Partial<AddView> = {}): AddView => ({
  ...{
    trade,
    price: dec(price),
    rules: RULES,
    maxAdds: undefined,
    firstQty: dec("1"),
    takerFee: FEE,
    listing: LISTING,
  },
  ...over,
});

describe("an add", () => {
  // Margin is 5 at 20×, so ROE 0.04 is 100.20 and 0.05 is 100.25; both fees are given back at 100.11.
  const rows: [string, AddView, string][] = [
    ["rules without adds", view(long("100.11"), "101", { rules: { ...RULES, adds_max: 0 } }), "no adds"],
    ["a rule of the decision against it", view(long("100.11"), "101", { maxAdds: 0 }), "no adds"],
    ["as many as allowed", view({ ...long("100.11"), adds: 1 }, "101", { maxAdds: 1 }), "all 1 adds"],
    ["a loser", view(long("100.11"), "99"), "its ROE is -0.2000"],
    ["a winner that has not won enough", view(long("100.11"), "100.19"), "wants 0.04"],
    ["the second one at the first one's ROE", view({ ...long("100.11"), adds: 1 }, "100.3"), "add 2 wants 0.08"],
    ["a stop below break-even", view(long("100.09"), "100.3"), "not at break-even"],
    ["no stop", view(long(), "100.3"), "not at break-even"],
    ["a closing trade", view({ ...long("100.11"), status: "PENDING_CLOSING" }, "101"), "closing"],
    ["less than a step", view(long("100.11"), "101", { firstQty: dec("0.001") }), "less than the exchange takes"],
    ["a break-even at the price", view(long("100.15"), "100.2", { takerFee: 0.0006 }), "would be at the price"],
  ];
  test.each(rows)("not: %s", (_what, of, why) => {
    expect(decideAdd(of)).toContain(why);
  });

  test("is a share of the first entry, with its stop where the whole gives back its fees", () => {
    // (100 + 0.5 · 100.3)/1.5 = 100.1; · 1.0005/0.9995 = 100.20015
    expect(decideAdd(view(long("100.11"), "100.3"))).toMatchObject({ qty: "0.5", stop_price: "100.21" });
  });

  test("keeps a stop that is better already", () => {
    expect(decideAdd(view(long("100.5"), "101"))).toMatchObject({ qty: "0.5", stop_price: "100.5" });
  });

  test("never makes a loss possible at the stop it brings, whatever the side, price and size", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Side>("BUY", "SELL"),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (side, moved, lots, share) => {
          const dir = side === "BUY" ? 1 : -1;
          const first = show(fromSteps(lots, dec("0.001")));
          const stop_price = show(fromSteps(10_000 + dir * 12, dec("0.01")));
          const trade = { ...grown(emptyTrade(opening(side), 0), fill("ENTRY", side, "100", first)), stop_price };
          const price = show(fromSteps(10_000 + dir * moved, dec("0.01")));
          const rules = { ...RULES, add_share: share };
          const found = decideAdd(view(trade, price, { rules, firstQty: dec(first) }));
          if (typeof found === "string") return;
          const whole = grown(trade, fill("ADD", side, price, found.qty));
          const cost = dec(whole.entry_cost_usdt as string);
          const value = mul(dec(whole.open_qty), dec(found.stop_price));
          const won = side === "BUY" ? sub(value, cost) : sub(cost, value);
          const fees = mul(add(value, cost), dec(FEE));
          expect(won >= fees).toBe(true);
        },
      ),
      { seed: 21, numRuns: 300 },
    );
  });
});

test("along any path with adds and stages the stop never goes back and no quantity is lost", () => {
  const stages = [
    { roe: 0.06, close: 0.3 },
    { roe: 0.12, close: 0.3 },
    { roe: 0.2, close: 0.4 },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom<Side>("BUY", "SELL"),
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.integer({ min: -40, max: 60 }), { minLength: 20, maxLength: 80 }),
      (side, lots, path) => {
        const dir = side === "BUY" ? 1 : -1;
        const first = show(fromSteps(lots, dec("0.001")));
        let trade = grown(emptyTrade({ ...opening(side), stop_price: side === "BUY" ? "97" : "103" }, 0));
        trade = grown(trade, fill("ENTRY", side, "100", first));
        let cents = 10_000;
        const moved: Amount[] = [];
        for (const step of path) {
          cents += dir * step;
          const price = show(fromSteps(cents, dec("0.01")));
          const before = dec(trade.stop_price as string);
          if (side === "BUY" ? dec(price) <= before : dec(price) >= before) break;
          const stage = decideStage({ trade, price: dec(price), stages, ...LISTING, min_notional: "0" });
          const added = decideAdd(view(trade, price, { firstQty: dec(first) }));
          const stop = decideStop({ trade, price: dec(price), rules: LADDER, takerFee: FEE, tick: "0.01" });
          if (stage) {
            moved.push(dec(stage.qty));
            trade = {
              ...grown(trade, fill("TP", side === "BUY" ? "SELL" : "BUY", price, stage.qty)),
              stage: stage.stage,
            };
          } else if (typeof added !== "string") trade = withAdd(trade, added, price);
          else if (stop) trade = { ...trade, stop_price: stop.stop_price };
          const now = dec(trade.stop_price as string);
          expect(side === "BUY" ? now >= before : now <= before).toBe(true);
          expect(show(add(sum(moved), dec(trade.open_qty)))).toBe(trade.entry_qty);
          if (trade.status === "CLOSED") break;
        }
        expect(trade.adds).toBeLessThanOrEqual(2);
      },
    ),
    { seed: 22, numRuns: 300 },
  );
});
const withAdd = (trade: Trade, { qty, stop_price }: AddDecision, price: string): Trade => ({
  ...grown(trade, fill("ADD", trade.side, price, qty)),
  stop_price,
  adds: trade.adds + 1,
});

describe("stages that cannot be sent", () => {
  const stages = [
    { roe: 0.06, close: 0.3 },
    { roe: 0.08, close: 0.3 },
    { roe: 0.1, close: 0.4 },
  ];
  const at = (price: string, over: object) =>
    decideStage({ trade: long(), price: dec(price), stages, ...LISTING, min_notional: "0", ...over });

  test("join the next one, which waits for its own ROE", () => {
    expect(at("100.35", { min_qty: "0.5" })).toBeUndefined();
    expect(at("100.4", { min_qty: "0.5" })).toMatchObject({ qty: "1", stage: 2 });
    expect(at("100.4", { min_qty: "0.4" })).toMatchObject({ qty: "0.6", stage: 2 });
    expect(at("100.35", { min_notional: "31" })).toBeUndefined();
    expect(at("100.4", { min_notional: "31" })).toMatchObject({ qty: "0.6", stage: 2 });
  });

  test("take along what would be too small to be sold alone", () => {
    expect(at("100.3", { min_notional: "30", stages: [{ roe: 0.06, close: 0.8 }] })).toMatchObject({ qty: "1" });
  });

  test("shares that close less than all leave the rest open", () => {
    const two = stages.slice(0, 2);
    const half = { ...grown(long(), fill("TP", "SELL", "100.3", "0.3")), stage: 1 };
    expect(at("100.4", { stages: two, trade: half })).toMatchObject({ qty: "0.3", stage: 2 });
    expect(at("101", { stages: two, trade: { ...half, stage: 2 } })).toBeUndefined();
  });
});

describe("a top-up of the futures wallet", () => {
  const rules = { minFreeFut: dec("100"), spotBuffer: dec("50"), unit: dec("0.01") };
  test.each([
    ["80.5", "69.5", "19.5", true],
    ["80.5", "69.49", "19.5", false],
    ["100", "0", "0", false],
    ["120", "50", "0", true],
    ["80.499", "69.5", "19.51", false],
  ])("free futures %s, free spot %s", (fut, spot, need, isCovered) => {
    const found = decideTopUp({ ...rules, freeFut: dec(fut), freeSpot: dec(spot) });
    expect([show(found.need), found.isCovered]).toEqual([need, isCovered]);
  });
});
