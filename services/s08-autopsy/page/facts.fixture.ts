/** The facts of a small trade, of which every part of a report has something to say. */
import type { Decision, Signal } from "../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../shared/domain/order.ts";
import type { Trade } from "../../../shared/domain/trade.ts";
import type { AutopsyFacts } from "../facts.ts";

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 5, 8);
const FUT = "FUT:BTCUSDT";

const TRADE: Trade = {
  ...{ trade_id: "t-1", account: "main", instrument: FUT, strategy_id: "lean", signal_id: "t-1", side: "BUY" },
  ...{ status: "CLOSED", entry_qty: "10", exit_qty: "10", open_qty: "0", avg_entry: "100", avg_exit: "103" },
  ...{ realised_usdt: "30", fees_usdt: "2", funding_usdt: "-1", pnl_usdt: "27", margin_usdt: "100", leverage: 10 },
  ...{ entry_cost_usdt: "1000", exit_value_usdt: "1030", stage: 0, adds: 0, seq: 1, params: {} },
  stops: [
    { ts: START, stop_price: "90", reason: "entry" },
    { ts: START + 2 * MINUTE_MS, stop_price: "101", reason: "breakeven" },
  ],
  ...{ take_profit_price: "103", opened_at: START, closed_at: START + 3 * MINUTE_MS, exit_reason: "take_profit" },
  ...{ config_rev: 7, updated_at: START },
};
const values = { obi_5: 0.7, regime: 0, mid: 100 };
const SIGNAL: Signal = {
  ...{ signal_id: "t-1", account: "main", strategy_id: "lean", instrument: FUT, ts: START, config_rev: 7 },
  trigger: { kind: "cross", what: "obi_5 above 0.6", exch_ts: START },
  features: {
    ...{ instrument: FUT, ts: START, exch_ts: START, values, stale: false, quality: ["late"], bid: "99.9" },
    ...{ ask: "100", config_rev: 7 },
  },
};
const DECISION: Decision = {
  ...{ signal_id: "t-1", account: "main", strategy_id: "lean", instrument: FUT, intents: [], features: values },
  decision: { action: "open", side: "BUY", size_mult: 1, tp_mult: 1, sl_mult: 1, reason: "open" },
  guards: [{ name: "kill_switch", passed: true, value: "off", limit: null }],
  rules: [{ rule_id: "calm-down", fired: true, effect: "size × 0.8" }],
  model: {
    ...{ model_id: "tide", hash: "ab".repeat(32), p: 0.61, size_mult: 1.1 },
    contributions: [{ f: "obi_5", value: 0.7, adds: 0.4 }],
  },
  program: {
    ...{ program_id: "quoter", hash: "cd".repeat(32), state: null },
    wish: { side: "BUY", size_mult: 1, tp_mult: 1, sl_mult: 1, why: "because quotes leaned" },
  },
  sizing: {
    ...{ notional_usdt: "1000", qty: "10", entry_price: "100", stop_price: "90", take_profit_price: "103" },
    ...{ margin_usdt: "100", leverage: 10, worst_loss_usdt: "100", steps: ["1 % of equity", "margin = 1000/10"] },
  },
  ...{ config_rev: 7, ts: START },
};
const fill = (fill_id: string, over: Partial<Fill>): Fill => ({
  ...{ fill_id, account: "main", instrument: FUT, intent_id: "t-1:entry", client_order_id: `c-${fill_id}` },
  ...{ order_id: "o", kind: "ENTRY", side: "BUY", price: "100", qty: "10", fee: "1", fee_asset: "USDT", fee_usdt: "1" },
  ...{ maker: false, mid_at_send: 99.95, slippage_bps: 5, trade_id: "t-1", ts: START, ...over },
});
const FILLS = [fill("1", {}), fill("2", { kind: "TP", side: "SELL", price: "103", ts: START + 3 * MINUTE_MS })];
const orderOf = ({ client_order_id, kind, side, qty, ts, intent_id }: Fill): Order => ({
  ...{ client_order_id, account: "main", instrument: FUT, intent_id, leg: "0", kind, side, type: "MARKET", qty },
  ...{ reduce_only: false, status: "FILLED", filled_qty: qty, created_at: ts, updated_at: ts + 40 },
  story: [{ ts, status: "SENT", by: "ROUTER", detail: "as a taker" }],
});
const row = ({ fill_id, client_order_id, ts, kind, side, maker, qty, price, fee_usdt }: Fill) => ({
  ...{ fill_id, client_order_id, ts, kind, side, maker, qty, price, fee_usdt, notional_usdt: "1000" },
  ...{ reference: "99.95", slippage_usdt: "0.5", slippage_bps: 5, curve_bps: 4 },
});
const bar = (at: number, close: string) => ({
  ...{ open_ts: START + (at - 1) * MINUTE_MS, open: "100", high: "104", low: "99", close },
});

export const FACTS: AutopsyFacts = {
  ...{ format: 1, trade: TRADE, roi_net: 0.27, regime: "NORMAL", signal: SIGNAL, decision: DECISION },
  ...{ fills: FILLS, orders: FILLS.map(orderOf), payments: [{ ts: START + MINUTE_MS, amount_usdt: "-1" }] },
  costs: { gross: "30", fees: "2", funding: "1", slippage: "0", total: "3", share: "0.0999666" },
  slippage: FILLS.map(row),
  curve: {
    ...{ instrument: FUT, base_bps: 1, slope_bps: 3, fills: 40, error_bps: 0.5, maker_posts: 0 },
    ...{ from_ts: START, fitted_at: START },
  },
  path: {
    ...{ from: START - MINUTE_MS, to: START + 3 * MINUTE_MS, bar_ms: MINUTE_MS },
    bars: [bar(0, "100"), bar(1, "101"), bar(2, "102"), bar(3, "103")],
  },
  roe: [0, 0.1, 0.2, 0.27].map((roe, at) => ({ ts: START + at * MINUTE_MS, roe })),
  peers: {
    ...{ regime: "NORMAL", notional_from: 500, notional_to: 2_000, looked_at: 90, count: 30 },
    rows: [{ what: "roi_net", value: 0.27, percentile: 88, q1: -0.1, median: 0, q3: 0.1 }],
  },
  what_ifs: [
    { kind: "actual", change: "0", qty: "10", exit_price: "103", how: "take_profit", net_usdt: "27", roi: "0.27" },
    { kind: "plan", change: "0", qty: "10", stop_price: "90", how: "mark", net_usdt: "20", roi: "0.2" },
    { kind: "stop", change: "-0.1", qty: "10", stop_price: "91", how: "stop", net_usdt: "-90", roi: "-0.9" },
    { kind: "size", change: "0.5", qty: "15", how: "take_profit", net_usdt: "40", roi: "0.27" },
  ],
  ...{ what_ifs_until: START + 3 * MINUTE_MS, holes: ["nothing much"] },
};
