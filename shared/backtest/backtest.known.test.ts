/**
 * Backtests whose result can be reckoned by hand come out exact to the last digit. All reckoning here is plain, in
 * whole numbers: a tick of BTCUSDT is 0.1, a lot 0.001, so that lots · ticks counts ten-thousandths of a USDT.
 */
import { describe, expect, test } from "bun:test";
import { FILL_MODEL } from "./backtest-options.ts";
import type { BacktestResult } from "./backtest-result.ts";
import {
  BookTape,
  bar,
  fillsOf,
  NEXT,
  payment,
  quiet,
  run,
  type Setting,
  SPOT_BTC,
  upTo,
} from "./known-answers.fixture.ts";

/** A whole number of 10⁻ᵈ as decimal text, without zeros at its end. */
function text(count: number, digits: number): string {
  const sign = count < 0 ? "-" : "";
  const all = String(Math.abs(count)).padStart(digits + 1, "0");
  const [whole, rest] = [all.slice(0, -digits), all.slice(-digits).replace(/0+$/, "")];
  return `${sign}${whole}${rest === "" ? "" : "."}${rest}`;
}
/** Ten-thousandths of a USDT. */
const value = (lots: number, ticks: number): number => lots * ticks;
/** Of takers 0.05 %, of makers 0.02 %: hundred-millionths of a USDT. */
const takerFee = (lots: number, ticks: number): number => lots * ticks * 5;
const makerFee = (lots: number, ticks: number): number => lots * ticks * 2;
const endOf = (result: BacktestResult): string | undefined => result.equity.at(-1)?.equity_usdt;
const START_E8 = 20_000 * 1e8;

/**
 * The price closes at 60 000.0 and opens there. Half of 1 bps is 3.0: the ask is 60 003.0. A taker pays 0.5 bps more,
 * 60 003.0 · 1.00005 = 60 006.00015, up to the next tick: 60 006.1. The size is reckoned at the ask: 600 of margin ten
 * times is 6 000, by 60 003 is 0.09999…, down to 99 lots. The bid is 59 997.0, 0.5 bps below is 59 994.00015: 59 994.0
 * for sellers, who get 6 000 / 59 997 = 0.10000…, 100 lots.
 */
const BUY = { lots: 99, ticks: 600_061 };
const SELL = { lots: 100, ticks: 599_940 };
/** 100 of loss by 0.099 is 1 010.1010…; down to ticks, below the ask: 60 003.0 − 1 010.1 = 58 992.9. */
const STOP = "58992.9";
/**
 * A stop sells at market when the last price is 58 992.9: the bid is 589 929 · 0.99995 = 589 899.5…, 589 899 ticks;
 * with slippage 589 899 · 0.99995 = 589 869.5…: 58 986.9.
 */
const STOPPED = 589_869;

const long = { signal: 60_000, side: "long" } as const;
const ENTRY = "ENTRY BUY 0.099 at 60006.1 as taker, fee 2.97030195";

test("the entry that all of these begin with costs what a taker pays", () => {
  expect(text(takerFee(BUY.lots, BUY.ticks), 8)).toBe("2.97030195");
});

describe("bought and held", () => {
  const result = run({
    ...long,
    moments: [
      ...[...upTo(60_000), ...quiet(NEXT, 20, 60_000), payment(20, 0.0001), ...quiet(20, 30, 61_000)],
      ...[payment(30, -0.0002), ...quiet(30, 32, 61_000)],
    ],
  });
  test("pays one taker fee, and pays and gets funding on its notional at the mark of then", () => {
    expect(fillsOf(result)).toEqual([ENTRY]);
    // 0.099 · 60 000.0 · 0.0001 is paid, 0.099 · 61 000.0 · 0.0002 comes back.
    const funding = -value(99, 600_000) * 1 + value(99, 610_000) * 2;
    expect(result.costs).toMatchObject({ fees_usdt: "2.97030195", funding_usdt: text(funding, 8), maker_share: 0 });
    expect(text(funding, 8)).toBe("0.6138");
  });
  test("is worth what it cost less, the fee, the funding, and the way of the price", () => {
    const gain = 99 * (610_000 - BUY.ticks) * 1e4;
    expect(endOf(result)).toBe(text(START_E8 + gain - takerFee(99, BUY.ticks) + 61_380_000, 8));
    expect(result.trades).toMatchObject([{ status: "ACTIVE", funding_usdt: "0.6138", pnl_usdt: "-2.35650195" }]);
    expect(result.decisions).toEqual({ open: 1, skip: { no_entry: 10, position_open: 21 } });
  });
});

test("sold short gets what longs pay, and gains as the price falls", () => {
  const moments = [...upTo(60_000), ...quiet(NEXT, 20, 60_000), payment(20, 0.0001), ...quiet(20, 30, 59_500)];
  const result = run({ signal: 60_000, side: "short", moments });
  const fee = takerFee(SELL.lots, SELL.ticks);
  expect(fillsOf(result)).toEqual([`ENTRY SELL 0.1 at 59994 as taker, fee ${text(fee, 8)}`]);
  const funding = value(100, 600_000);
  expect(result.costs.funding_usdt).toBe(text(funding, 8));
  const gain = 100 * (SELL.ticks - 595_000) * 1e4;
  expect(endOf(result)).toBe(text(START_E8 + gain + funding - fee, 8));
});

describe("a stop", () => {
  const lossAt = (ticks: number): number => value(99, ticks - BUY.ticks) * 1e4;
  const feesAt = (ticks: number): number => takerFee(99, BUY.ticks) + takerFee(99, ticks);
  const closed = (ticks: number) => ({
    realised_usdt: text(lossAt(ticks), 8),
    fees_usdt: text(feesAt(ticks), 8),
    pnl_usdt: text(lossAt(ticks) - feesAt(ticks), 8),
  });
  test("on the price's way sells there, less half the spread and the slippage", () => {
    const way = bar(13, [59_500, 59_600, 58_000, 58_500]);
    const result = run({
      ...long,
      moments: [...upTo(60_000), ...quiet(NEXT, 13, 60_000), way, ...quiet(14, 16, 58_500)],
    });
    expect(fillsOf(result)[1]).toBe(`SL SELL 0.099 at 58986.9 as taker, fee ${text(takerFee(99, STOPPED), 8)}`);
    expect(result.trades).toMatchObject([{ exit_reason: "stop", stop_price: STOP, ...closed(STOPPED) }]);
    expect(endOf(result)).toBe(text(START_E8 + lossAt(STOPPED) - feesAt(STOPPED), 8));
  });
  test("in a gap sells at the open, not at its own price", () => {
    // The bar opens at 58 000.0: bid 579 971.0, with slippage 579 971 · 0.99995 = 579 942.0…
    const result = run({ ...long, moments: [...upTo(60_000), ...quiet(NEXT, 13, 60_000), ...quiet(13, 16, 58_000)] });
    expect(fillsOf(result)[1]).toBe(`SL SELL 0.099 at 57994.2 as taker, fee ${text(takerFee(99, 579_942), 8)}`);
    expect(result.trades).toMatchObject([{ exit_reason: "stop", ...closed(579_942) }]);
  });
});

describe("a stop and a target inside one bar", () => {
  const moments = [
    ...[...upTo(60_000), ...quiet(NEXT, 13, 60_000), bar(13, [60_000, 62_000, 58_000, 59_900])],
    ...quiet(14, 16, 59_900),
  ];
  const sizing = { take_profit_roe: 0.1 };
  test("are the stop: the open position goes to its worse extreme first", () => {
    const result = run({ ...long, moments, sizing });
    expect(fillsOf(result)[1]).toStartWith("SL SELL 0.099 at 58986.9");
    expect(result.trades).toMatchObject([{ exit_reason: "stop" }]);
  });
  test("are the target where the way is declared to be the other", () => {
    const result = run({ ...long, moments, sizing, options: { fill: { ...FILL_MODEL, path: "ohlc" } } });
    // Net of fees both ways 10 % of the margin: (60 003 · 0.099 · 1.0005 + 59.40297) / (0.099 · 0.9995) = 60 663.36…
    expect(result.trades).toMatchObject([{ exit_reason: "take_profit", take_profit_price: "60663.4" }]);
    // The bid there is 606 634 · 0.99995 = 606 603.6…, with slippage 606 603 · 0.99995 = 606 572.6…
    expect(fillsOf(result)[1]).toBe(`TP SELL 0.099 at 60657.2 as taker, fee ${text(takerFee(99, 606_572), 8)}`);
  });
  test("of a short are the stop too", () => {
    const result = run({ signal: 60_000, side: "short", moments, sizing });
    expect(result.trades).toMatchObject([{ side: "SELL", exit_reason: "stop" }]);
  });
});

test("a liquidation takes the margin, and no more", () => {
  const moments = [
    ...[...upTo(60_000), ...quiet(NEXT, 13, 60_000), bar(13, [60_000, 60_000, 59_000, 59_000])],
    ...quiet(14, 16, 59_000),
  ];
  const wallets = { spot_usdt: "0", fut_usdt: "60" };
  const result = run({ ...long, moments, sizing: { margin_usdt: "48", leverage: 125 }, options: { wallets } });
  // Isolated: margin is 0.099 · 60 006.1 / 125 = 47.5248312, maintenance 0.4 % of the notional. They meet where
  // 47.5248312 + 0.099 · (P − 60 006.1) = 0.004 · 0.099 · P, at P = (5 940.6039 − 47.5248312) / 0.098604 = 59 765.11…
  const notional = value(99, BUY.ticks);
  const margin = (notional * 1e4) / 125;
  expect(text(margin, 8)).toBe("47.5248312");
  const due = (notional * 1e4 - margin) / 1e8 / (0.099 * 0.996);
  expect(Math.floor(due * 10)).toBe(597_651);
  // The bid there is 597 651 · 0.99995 = 597 621.1…, with slippage 597 621 · 0.99995 = 597 591.1…
  expect(fillsOf(result)).toEqual([ENTRY, "LIQUIDATION SELL 0.099 at 59759.1 as taker, fee 23.0718312"]);
  expect(result.liquidations).toBe(1);
  // The loss is 0.099 · (59 759.1 − 60 006.1) = −24.453. The fee of 1.25 % on 5 916.1509 would be 73.95…: it takes the
  // 23.0718312 that are left of the margin. The wallet keeps what was not margin: 60 − 2.97030195 − 47.5248312.
  expect(result.trades).toMatchObject([
    { exit_reason: "forced", realised_usdt: text(value(99, 597_591 - BUY.ticks), 4) },
  ]);
  expect(endOf(result)).toBe(text(60 * 1e8 - takerFee(99, BUY.ticks) - margin, 8));
  expect(result.trades[0]?.pnl_usdt).toBe(text(-takerFee(99, BUY.ticks) - margin, 8));
});

test("a short's liquidation comes where it is due, though its price lies between two ticks", () => {
  const moments = [...upTo(60_000), ...quiet(NEXT, 13, 60_000), bar(13, [60_000, 61_000, 60_000, 60_000])];
  const result = run({
    ...{ signal: 60_000, side: "short", moments, sizing: { margin_usdt: "48", leverage: 125, loss_cap_usdt: "20000" } },
    options: { wallets: { spot_usdt: "0", fut_usdt: "60" } },
  });
  // Margin is 5 999.4 / 125 = 47.9952. It and the maintenance meet at (5 999.4 + 47.9952) / 0.1004 = 60 233.02…, which
  // is told as 60 233.0, and passed at 60 233.1. The ask there is 602 361.1…, with slippage 602 392.1…
  const margin = (value(SELL.lots, SELL.ticks) * 1e4) / 125;
  expect(fillsOf(result)[1]).toBe("LIQUIDATION BUY 0.1 at 60239.3 as taker, fee 23.4652");
  expect(endOf(result)).toBe(text(60 * 1e8 - takerFee(SELL.lots, SELL.ticks) - margin, 8));
});

describe("on spot", () => {
  const moments = [
    ...[...upTo(60_000, 100), ...quiet(NEXT, 13, 60_000, 100), bar(13, [60_000, 60_000, 50_000, 50_000], 100)],
    ...quiet(14, 16, 50_000, 100),
  ];
  const sizing = { spot_notional_usdt: "600", loss_cap_usdt: "50" };
  const result = run({ ...long, instrument: SPOT_BTC, moments, sizing });
  test("the fee of buying is taken in coins and told in USDT, that of selling is taken in USDT", () => {
    // A tick is 0.01: ask 60 003.00, with slippage 60 006.00015, so 60 006.01. 600 / 60 003 = 0.009999…: 999 lots of
    // 10⁻⁵. 0.1 % of them are 0.00000999 coins; 0.00998001 stay, of which 998 lots can be sold.
    // The stop is 60 003.00 − 50 / 0.00999 = 54 997.99…: 54 998.00. Bid there 5 499 525.01, less slippage 5 499 250.02.
    const bought = 999 * 6_000_601;
    const sold = 998 * 5_499_250;
    expect(fillsOf(result)).toEqual([
      `ENTRY BUY 0.00999 at 60006.01 as taker, fee ${text(bought, 10)}`,
      `SL SELL 0.00998 at 54992.5 as taker, fee ${text(sold, 10)}`,
    ]);
    expect(result.costs.fees_usdt).toBe(text(bought + sold, 10));
  });
  test("what is left is cash and the coins that are too few to sell", () => {
    // In 10⁻¹⁰ USDT: lots · ticks counts 10⁻⁷. One hundred-millionth of a coin stays, at 50 000.00.
    const cash = 20_000 * 1e10 - 999 * 6_000_601 * 1e3 + 998 * 5_499_250 * 999;
    expect(Number(endOf(result))).toBe(Number(text(cash + 0.0005 * 1e10, 10)));
  });
});

describe("makers", () => {
  const execution = {
    ...{ maker_spread_bps_max: 50, maker_depth_usdt_min: 0, maker_wait_ms: 50_000, maker_ratio_min: 0 },
    entry_valid_ms: 60_000,
  };
  test("pay the maker's fee, at their own price", () => {
    const way = bar(11, [60_000, 60_000, 59_000, 59_500]);
    const result = run({ ...long, moments: [...upTo(60_000), way, ...quiet(12, 16, 59_500)], execution });
    expect(fillsOf(result)).toEqual([`ENTRY BUY 0.099 at 59997 as maker, fee ${text(makerFee(99, 599_970), 8)}`]);
    expect(result.costs.maker_share).toBe(1);
  });
  test("are not filled by a price that only touches them: the rest is taken", () => {
    const way = bar(11, [60_000, 60_000, 59_997, 60_000]);
    const result = run({ ...long, moments: [...upTo(60_000), way, ...quiet(12, 16, 60_000)], execution });
    expect(fillsOf(result)).toEqual([ENTRY]);
  });
  test("at the back of a recorded queue fill only after what was ahead has traded", () => {
    // 0.5 stands at the bid before us. 0.3 trades: nothing. 0.25 more: 0.05 of it reaches us. 0.1 more: the other 0.049.
    const book = recorded()
      .trade(4_000, [59_999.9, 0.3], "SELL")
      .trade(4_100, [59_999.9, 0.25], "SELL")
      .trade(4_200, [59_999.9, 0.1], "SELL");
    const result = run({ ...onBook, moments: book.depth(6_000, [[59_000, 78]], []).moments, execution });
    expect(fillsOf(result)).toEqual([
      `ENTRY BUY 0.05 at 59999.9 as maker, fee ${text(makerFee(50, 599_999), 8)}`,
      `ENTRY BUY 0.049 at 59999.9 as maker, fee ${text(makerFee(49, 599_999), 8)}`,
    ]);
  });
  test("behind what never trades are never filled", () => {
    const book = recorded().trade(4_000, [59_999.9, 0.5], "SELL");
    const result = run({ ...onBook, moments: book.depth(6_000, [[59_000, 78]], []).moments, execution });
    expect(fillsOf(result)).toEqual([]);
  });
});

const TOP = { bid: [59_999.9, 0.5], ask: [60_000.1, 0.04] } as const;
const onBook: Omit<Setting, "moments"> = { form: "book", signal: 60_000.1, cross: 60_000, side: "long" };
/** Three seconds of a book that stands still, then a trade that crosses 60 000. */
function recorded(): BookTape {
  const asks = [TOP.ask, [60_000.3, 0.03], [60_001, 1]] as const;
  const book = new BookTape([TOP.bid, [59_999, 5]], asks);
  for (let n = 1; n < 30; n++) book.depth(100 * n, [[59_000, n]], []).top(100 * n + 10, TOP.bid, TOP.ask);
  return book.trade(2_950, [59_999.9, 0.001], "SELL").trade(3_000, [60_000.1, 0.001], "BUY");
}

test("a taker goes through the levels of a recorded book, each at its price", () => {
  const result = run({ ...onBook, moments: recorded().depth(6_000, [[59_000, 78]], []).moments });
  const levels = [
    ["0.04", "60000.1", takerFee(40, 600_001)],
    ["0.03", "60000.3", takerFee(30, 600_003)],
    ["0.029", "60001", takerFee(29, 600_010)],
  ] as const;
  expect(fillsOf(result)).toEqual(
    levels.map(([qty, price, fee]) => `ENTRY BUY ${qty} at ${price} as taker, fee ${text(fee, 8)}`),
  );
  const spent = 40 * 600_001 + 30 * 600_003 + 29 * 600_010;
  expect(result.costs.notional_usdt).toBe(text(spent, 4));
  // Worth the mid of 60 000.0 at the end.
  expect(endOf(result)).toBe(text(START_E8 + (99 * 600_000 - spent) * 1e4 - spent * 5, 8));
});

test("without a trade nothing is earned, paid or claimed", () => {
  const result = run({ signal: 1, side: "long", moments: upTo(60_000) });
  expect([result.trades, result.fills, result.orders]).toEqual([[], [], 0]);
  expect(result.costs).toEqual({
    ...{ fees_usdt: "0", funding_usdt: "0", slippage_usdt: "0", notional_usdt: "0", maker_share: null },
  });
  expect(new Set(result.equity.map(({ equity_usdt }) => equity_usdt))).toEqual(new Set(["20000"]));
  expect(result.decisions).toEqual({ open: 0, skip: { no_entry: 11 } });
});
