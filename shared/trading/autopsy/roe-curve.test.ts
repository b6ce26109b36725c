import { expect, test } from "bun:test";
import type { Fill, Side } from "../../domain/order.ts";
import { emptyTrade } from "../position/trade.ts";
import { roeCurve } from "./roe-curve.ts";

const MINUTE_MS = 60_000;
const fill = (side: Side, [price, qty, ts]: readonly [string, string, number], over: Partial<Fill> = {}): Fill => ({
  ...{ fill_id: `${ts}`, account: "main", instrument: "FUT:BTCUSDT", intent_id: "i", client_order_id: "c" },
  ...{ order_id: "o", kind: "ENTRY", side, price, qty, fee: "1", fee_asset: "USDT", fee_usdt: "1", maker: false },
  ...{ mid_at_send: 0, slippage_bps: 0, ts, ...over },
});
const bar = (minute: number, close: string) => ({
  open_ts: minute * MINUTE_MS,
  ...{ open: close, high: close, low: close, close },
});
const opening = {
  ...{ trade_id: "t", account: "main", instrument: "FUT:BTCUSDT", strategy_id: "s", side: "BUY" as const },
  ...{ leverage: 10, params: {}, config_rev: 1 },
};
const RULES = { spot: false, base: "BTC", step_size: "0.001" };

test("at each minute's end: what was taken out, what is open at its close, fees and funding, over the margin", () => {
  const trade = {
    ...emptyTrade(opening, 10_000),
    ...{ margin_usdt: "100", pnl_usdt: "47.5", closed_at: 3 * MINUTE_MS + 5_000 },
  };
  const fills = [
    fill("BUY", ["100", "10", 10_000]),
    fill("SELL", ["102", "5", MINUTE_MS + 10_000]),
    fill("SELL", ["108", "5", 3 * MINUTE_MS + 5_000]),
  ];
  const payments = [{ ts: 2 * MINUTE_MS + 1, amount_usdt: "-0.5" }];
  const bars = [bar(0, "101"), bar(1, "99"), bar(2, "104"), bar(3, "108")];
  expect(roeCurve({ trade, fills, payments, rules: RULES }, bars, MINUTE_MS)).toEqual([
    { ts: 10_000, roe: 0 },
    { ts: MINUTE_MS, roe: (10 - 1) / 100 },
    { ts: 2 * MINUTE_MS, roe: (10 - 5 - 2) / 100 },
    { ts: 3 * MINUTE_MS, roe: (10 + 20 - 2 - 0.5) / 100 },
    { ts: 3 * MINUTE_MS + 5_000, roe: 0.475 },
  ]);
});

test("on spot a fee in the coin itself is taken off the quantity, and not once more", () => {
  const trade = { ...emptyTrade({ ...opening, instrument: "SPOT:BTCUSDT" }, 0), margin_usdt: "1000" };
  const bought = fill("BUY", ["100", "10", 0], { fee: "0.01", fee_asset: "BTC", fee_usdt: "1" });
  const points = roeCurve(
    { trade, fills: [bought], payments: [], rules: { ...RULES, spot: true } },
    [bar(0, "100")],
    MINUTE_MS,
  );
  expect(points.at(-1)?.roe).toBeCloseTo(-0.001, 12);
});
