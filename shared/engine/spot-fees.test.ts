import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { placeTriggered } from "./lists.ts";
import { BTC, Ground, leg } from "./spot-ground.fixture.ts";

const rich = { USDT: "1000000", BTC: "100" };

test("a buyer pays in what it bought, a seller in what it got, maker and taker at their rates", () => {
  const ground = new Ground({ a: rich, b: rich });
  ground.order("b", "SELL LIMIT 0.5 @ 60000");
  ground.order("a", "BUY MARKET 0.5");
  const [taken, made] = ground.state.trades;
  // 0.5 × 0.001; 30000 × 0.001
  expect([taken!.fee_asset, show(taken!.fee)]).toEqual(["BTC", "0.0005"]);
  expect([made!.fee_asset, show(made!.fee)]).toEqual(["USDT", "30"]);
});

/** BNB the account has, its last price, and the fee for buying 0.5 at 60000: 30 USDT, or three quarters of it in BNB. */
const CASES: [string, string | undefined, [string, string]][] = [
  ["1", "600", ["BNB", "0.0375"]],
  ["0.0375", "600", ["BNB", "0.0375"]],
  ["0.03", "600", ["BTC", "0.0005"]],
  ["1", undefined, ["BTC", "0.0005"]],
];

test("with the discount on, fees are paid in BNB while there is enough of it and it has a price", () => {
  for (const [bnb, price, expected] of CASES) {
    const ground = new Ground({ a: { ...rich, BNB: bnb }, b: rich });
    if (price !== undefined) ground.last.set("SPOT:BNBUSDT", dec(price));
    ground.run(() => ground.exchange.record({ fact: "bnb_burn", account: "a", on: true }));
    ground.order("b", "SELL LIMIT 0.5 @ 60000");
    ground.order("a", "BUY MARKET 0.5");
    const [trade] = ground.state.trades;
    expect([trade!.fee_asset, show(trade!.fee)]).toEqual(expected);
    for (const [, sum] of ground.state.ledger.sums()) expect(sum as bigint).toBe(0n);
  }
});

test("buying BNB pays its own fee from what arrives", () => {
  const ground = new Ground({ a: { USDT: "1000" }, b: { BNB: "10" } });
  ground.run(() => ground.exchange.record({ fact: "bnb_burn", account: "a", on: true }));
  const BNB = { instrument: "SPOT:BNBUSDT" } as const;
  ground.order("b", "SELL LIMIT 1 @ 500", BNB);
  ground.order("a", "BUY MARKET 1", BNB);
  // 500 × 0.001 × 0.75 ÷ 500
  expect(show(ground.free("a", "BNB"))).toBe("0.99925");
  expect(ground.state.listing(BTC).taker_fee).toBe(dec("0.001"));
});

test("selling all BNB at market keeps back what the order itself still has to give", () => {
  const ground = new Ground({ a: { BNB: "10" }, b: { USDT: "10000" } });
  ground.run(() => ground.exchange.record({ fact: "bnb_burn", account: "a", on: true }));
  const BNB = { instrument: "SPOT:BNBUSDT" } as const;
  ground.order("b", "BUY LIMIT 6 @ 500", BNB);
  ground.order("b", "BUY LIMIT 5 @ 499", BNB);
  ground.order("a", "SELL MARKET 10", BNB);
  const fees = ground.state.tradesOfOrder(3).map(({ fee, fee_asset }) => [fee_asset, show(fee)]);
  expect(fees).toEqual([
    ["USDT", "3"],
    ["USDT", "1.996"],
  ]);
  expect(show(ground.free("a", "BNB"))).toBe("0");
});

test("what is left beside an order that sells BNB pays its fee", () => {
  const ground = new Ground({ a: { BNB: "10" }, b: { USDT: "10000" } });
  ground.run(() => ground.exchange.record({ fact: "bnb_burn", account: "a", on: true }));
  const BNB = { instrument: "SPOT:BNBUSDT" } as const;
  ground.order("b", "BUY LIMIT 9 @ 500", BNB);
  ground.order("a", "SELL MARKET 9", BNB);
  // 10 − 9 − 9 × 0.001 × 0.75
  expect(show(ground.free("a", "BNB"))).toBe("0.99325");
});

test("what a market order sells is not spent on another order's fee meanwhile", () => {
  const ground = new Ground({ a: { USDT: "100000", BTC: "1" }, b: { USDT: "100000" } });
  const lead = { ...leg("lead", "LIMIT 0.5 @ 60000"), side: "BUY" as const };
  const list = { account: "a", instrument: BTC, client_id: "list", kind: "OPO" as const, working: lead };
  const then = { pending: [leg("then", "LIMIT 0 @ 70000")], pending_side: "SELL" as const, pending_qty: dec("0") };
  ground.run(() => placeTriggered(ground.exchange, { ...list, ...then }));
  ground.order("b", "BUY LIMIT 0.5 @ 59000");
  const sold = ground.order("a", "SELL MARKET 1", { stp: "NONE" });
  expect([sold.status, show(ground.free("a", "BTC"))]).toEqual(["FILLED", "0"]);
  // 0.5 less 0.1 %, in whole steps; nothing was left beside it to pay the fee.
  expect(show(ground.held("a", "BTC"))).toBe("0.4995");
});
