import { describe, expect, test } from "bun:test";
import Big from "decimal.js";
import fc from "fast-check";
import { dec, mul, show } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { applyTradeFill, emptyTrade, type TradeRules } from "../position/trade.ts";
import { outcomeOf } from "./outcome.ts";
import { agrees, openAt, type Traded, tradeAt, tradedResult } from "./traded.ts";

const FUT: TradeRules = { spot: false, base: "BTC", step_size: "0.001" };
const SPOT: TradeRules = { spot: true, base: "BTC", step_size: "0.00001" };
const TO = 100;
const TAKER = dec("0.0005");

interface Row {
  ts: number;
  side: "BUY" | "SELL";
  qty: string;
  price: string;
  fee: string;
  fee_asset?: string;
}
const fillsOf = (rows: readonly Row[]): Fill[] =>
  rows.map(({ ts, side, qty, price, fee, fee_asset = "USDT" }, at) => ({
    ...{ fill_id: String(at), account: "main", instrument: "FUT:BTCUSDT", intent_id: "i", client_order_id: "c" },
    ...{
      order_id: "o",
      kind: "ENTRY",
      side,
      price,
      qty,
      fee,
      fee_asset,
      maker: false,
      mid_at_send: 1,
      slippage_bps: 0,
    },
    fee_usdt: fee_asset === "USDT" ? fee : show(mul(dec(fee), dec(price))),
    ts,
  }));

function tradeOf(fills: readonly Fill[], rules: TradeRules, leverage = 20): Trade {
  const { side, ts } = fills[0]!;
  const opening = { trade_id: "t", account: "main", instrument: "FUT:BTCUSDT", strategy_id: "s", side, leverage };
  const empty = emptyTrade({ ...opening, params: {}, config_rev: 1 }, ts);
  return fills.reduce((trade, fill) => applyTradeFill(trade, fill, rules).trade, empty);
}

interface Case {
  rules?: TradeRules;
  leverage?: number;
  rows: Row[];
  payments?: Traded["payments"];
  mark?: string;
  change?: Partial<Trade>;
}
/** Gross, fees, funding, margin, net, and what was still open. */
function labelOf({ rules = FUT, leverage, rows, payments = [], mark, change = {} }: Case) {
  const fills = fillsOf(rows);
  const trade = { ...tradeOf(fills, rules, leverage), ...change };
  expect(agrees({ trade, fills, rules })).toBe(true);
  const at = tradeAt({ trade, fills, rules, to: TO });
  const price = mark === undefined ? undefined : { mark: dec(mark), takerFee: TAKER };
  const result = tradedResult({ at, trade, payments, to: TO }, price);
  const { gross, fees, funding, margin } = result;
  return [gross, fees, funding, margin, outcomeOf(result).net, openAt(at, trade, TO)].map(show);
}

const ENTRY: Row = { ts: 1, side: "BUY", qty: "0.01", price: "60000", fee: "0.3" };
const EXIT: Row = { ts: 50, side: "SELL", qty: "0.01", price: "60200", fee: "0.301" };

describe("known answers", () => {
  const cases: [string, Case, string[]][] = [
    // 602 − 600 = 2; 0.3 + 0.301; −0.06 paid; 600 / 20; 2 − 0.601 − 0.06
    [
      "a long with fees and funding",
      { rows: [ENTRY, EXIT], payments: [{ amount_usdt: "-0.06", ts: 20 }] },
      ["2", "0.601", "-0.06", "30", "1.339", "0"],
    ],
    // A short that received funding: 600 − 602 = −2
    [
      "a short",
      {
        rows: [
          { ...ENTRY, side: "SELL" },
          { ...EXIT, side: "BUY" },
        ],
        payments: [{ amount_usdt: "0.06", ts: 20 }],
      },
      ["-2", "0.601", "0.06", "30", "-2.541", "0"],
    ],
    // 0.01 · (60 100 − 60 000) = 1; 0.3 + 601 · 0.0005 = 0.6005
    ["open at the horizon", { rows: [ENTRY], mark: "60100" }, ["1", "0.6005", "0", "30", "0.3995", "0.01"]],
    [
      "closed after the horizon: as it stood then, and no later payment",
      { rows: [ENTRY, { ...EXIT, ts: 101 }], mark: "60100", payments: [{ amount_usdt: "-9", ts: 101 }] },
      ["1", "0.6005", "0", "30", "0.3995", "0.01"],
    ],
    // 0.004 · 200 = 0.8, and 0.006 · 100 = 0.6; 0.3 + 0.12 + 360.6 · 0.0005 = 0.6003
    [
      "partly closed, the rest marked",
      { rows: [ENTRY, { ...EXIT, qty: "0.004", fee: "0.12" }], mark: "60100" },
      ["1.4", "0.6003", "0", "30", "0.7997", "0.006"],
    ],
    // Two entries: 600 + 0.005 · 60 100 = 900.5; out at 0.015 · 60 200 = 903
    [
      "an add",
      {
        rows: [
          ENTRY,
          { ts: 5, side: "BUY", qty: "0.005", price: "60100", fee: "0.15" },
          { ...EXIT, qty: "0.015", fee: "0.45" },
        ],
      },
      ["2.5", "0.9", "0", "45.025", "1.6", "0"],
    ],
    // The add came after the horizon: no part of margin or result.
    [
      "an add after the horizon",
      { rows: [ENTRY, { ts: 101, side: "BUY", qty: "0.005", price: "60100", fee: "0.15" }], mark: "60100" },
      ["1", "0.6005", "0", "30", "0.3995", "0.01"],
    ],
    // The fee in coins: 0.00099 left of 0.001; 0.00099 · 61 000 = 60.39 against 60 000 · 0.00099 = 59.4
    [
      "spot, with its fee in the coin",
      {
        ...{ rules: SPOT, leverage: 1 },
        rows: [
          { ts: 1, side: "BUY", qty: "0.001", price: "60000", fee: "0.00001", fee_asset: "BTC" },
          { ts: 50, side: "SELL", qty: "0.00099", price: "61000", fee: "0.06" },
        ],
      },
      ["0.99", "0.66", "0", "59.4", "0.33", "0"],
    ],
    // What left without a fill is neither gain nor loss.
    [
      "liquidated in part by the exchange's word",
      { rows: [ENTRY, { ...EXIT, qty: "0.004", fee: "0.12" }], change: { adjusted_qty: "0.006", closed_at: 60 } },
      ["0.8", "0.42", "0", "30", "0.38", "0"],
    ],
    // The same trade as it stands now, and its label as it was told then.
    [
      "taken by others after the horizon: open at it all the same",
      {
        rows: [ENTRY, { ...EXIT, qty: "0.004", fee: "0.12" }],
        mark: "60100",
        change: { adjusted_qty: "0.006", adjusted_at: 101, closed_at: 101 },
      },
      ["1.4", "0.6003", "0", "30", "0.7997", "0.006"],
    ],
  ];
  for (const [what, given, expected] of cases) test(what, () => expect(labelOf(given)).toEqual(expected));
});

test("a fill too few or too many of the entry, or too few exits, are seen", () => {
  const fills = fillsOf([ENTRY, { ...ENTRY, ts: 2 }, { ...EXIT, qty: "0.02" }]);
  const trade = tradeOf(fills, FUT);
  expect(agrees({ trade, fills, rules: FUT })).toBe(true);
  expect(agrees({ trade, fills: fills.slice(1), rules: FUT })).toBe(false);
  expect(agrees({ trade, fills: fills.slice(0, 2), rules: FUT })).toBe(false);
  expect(agrees({ trade: tradeOf(fills.slice(0, 1), FUT), fills, rules: FUT })).toBe(false);
});

test("of a trade that is over, the label is the trade's own result; all agree with decimal.js", () => {
  const Exact = Big.clone({ precision: 100 });
  const lots = fc.integer({ min: 1, max: 50 });
  const ticks = fc.integer({ min: 590_000, max: 610_000 });
  const leg = fc.tuple(lots, ticks, fc.integer({ min: 0, max: 100 }));
  fc.assert(
    fc.property(fc.array(leg, { minLength: 1, maxLength: 5 }), fc.array(leg, { maxLength: 5 }), (entries, exits) => {
      const row = (side: "BUY" | "SELL", [qty, price, fee]: [number, number, number], ts: number): Row => ({
        ...{ ts, side, qty: show(dec(String(qty / 1000))), price: (price / 10).toFixed(1), fee: String(fee / 100) },
      });
      const entered = entries.reduce((total, [qty]) => total + qty, 0);
      let left = entered;
      const out = exits.flatMap(([qty, price, fee]): [number, number, number][] => {
        const used = Math.min(qty, left);
        left -= used;
        return used === 0 ? [] : [[used, price, fee]];
      });
      const rows = [
        ...entries.map((each, at) => row("BUY", each, at + 1)),
        ...out.map((each, at) => row("SELL", each, at + 20)),
      ];
      const fills = fillsOf(rows);
      const trade = tradeOf(fills, FUT);
      const at = tradeAt({ trade, fills, rules: FUT, to: TO });
      const mark = dec("60000");
      const result = tradedResult(
        { at, trade, payments: [], to: TO },
        left > 0 ? { mark, takerFee: TAKER } : undefined,
      );
      const value = (list: typeof rows) =>
        list.reduce((total, { qty, price }) => total.plus(new Exact(qty).times(price)), new Exact(0));
      const bought = value(rows.slice(0, entries.length));
      const marked = new Exact(left).div(1000).times(60_000);
      const gross = value(rows.slice(entries.length)).plus(marked).minus(bought);
      const fees = rows.reduce((total, { fee }) => total.plus(fee), marked.times("0.0005"));
      expect(show(result.gross)).toBe(gross.toFixed());
      expect(show(result.fees)).toBe(fees.toFixed());
      expect(new Exact(show(result.margin)).minus(bought.div(20)).abs().lte("1e-18")).toBe(true);
      if (left === 0) expect(show(outcomeOf(result).net)).toBe(trade.pnl_usdt);
    }),
    { seed: 5, numRuns: 300 },
  );
});
