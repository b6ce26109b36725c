/** Whole domain objects for the page's tests, with what a test cares about replaced. */

import type { OrderStory } from "../../../shared/client/gen/types.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../shared/domain/order.ts";
import type { Trade } from "../../../shared/domain/trade.ts";
import type { ServiceRow } from "./api/shapes.ts";

const INSTRUMENT = "FUT:BTCUSDT";

export const anOrder = (change: Partial<Order> = {}): Order => ({
  client_order_id: "abcd-1",
  account: "main",
  instrument: INSTRUMENT,
  intent_id: "s1:entry",
  leg: "0",
  kind: "ENTRY",
  side: "BUY",
  type: "LIMIT",
  qty: "0.010",
  price: "60000.0",
  reduce_only: false,
  status: "NEW",
  filled_qty: "0",
  created_at: 1_000,
  updated_at: 1_000,
  ...change,
});

export const aFill = (change: Partial<Fill> = {}): Fill => ({
  fill_id: "1",
  account: "main",
  instrument: INSTRUMENT,
  intent_id: "s1:entry",
  client_order_id: "abcd-1",
  order_id: "9007199254740993",
  kind: "ENTRY",
  side: "BUY",
  price: "60000.0",
  qty: "0.010",
  fee: "0.3",
  fee_asset: "USDT",
  fee_usdt: "0.3",
  maker: false,
  mid_at_send: 59_999.5,
  slippage_bps: 0.08,
  ts: 1_500,
  ...change,
});

export const aDecision = (change: Partial<Decision> = {}): Decision => ({
  signal_id: "s1",
  account: "main",
  strategy_id: "book-pressure",
  instrument: INSTRUMENT,
  decision: { action: "skip", size_mult: 1, tp_mult: 1, sl_mult: 1, reason: "spread_bps" },
  intents: [],
  rules: [],
  guards: [
    { name: "health", passed: true, value: "GREEN", limit: "ORANGE" },
    { name: "spread_bps", passed: false, value: 3.2, limit: 3 },
  ],
  features: {},
  config_rev: 1,
  ts: 1_200,
  ...change,
});

export const aStory = (change: Partial<OrderStory> = {}): OrderStory => {
  const { intent_id, instrument } = anOrder();
  return {
    order: anOrder(),
    intent: {
      intent_id,
      body_hash: "",
      intent: {
        intent_id,
        account: "main",
        instrument: INSTRUMENT,
        kind: "ENTRY",
        side: "BUY",
        type: "MARKET",
        working_type: "MARK_PRICE",
        reduce_only: false,
        leverage: 20,
        margin: "ISOLATED",
      },
      state: "RUNNING",
      plan: {},
      reserved_usdt: "1.2",
      answer: { intent_id, status: "WORKING", order_ids: [], client_order_ids: [], filled_qty: "0", fills: [] },
      instrument,
      created_at: 1_000,
      updated_at: 1_000,
    },
    orders: [],
    fills: [],
    timeline: [],
    ...change,
  };
};

export const aTrade = (change: Partial<Trade> = {}): Trade => ({
  trade_id: "t1",
  account: "main",
  instrument: INSTRUMENT,
  strategy_id: "book-pressure",
  signal_id: "s1",
  side: "BUY",
  status: "ACTIVE",
  entry_qty: "0.010",
  exit_qty: "0",
  open_qty: "0.010",
  avg_entry: "60000",
  realised_usdt: "0",
  fees_usdt: "0.3",
  funding_usdt: "0",
  pnl_usdt: "-0.3",
  margin_usdt: "30",
  leverage: 20,
  stop_price: "59900",
  take_profit_price: "60400",
  stops: [{ ts: 1_500, stop_price: "59900", reason: "initial" }],
  stage: 0,
  adds: 0,
  seq: 1,
  params: {},
  opened_at: 1_500,
  config_rev: 1,
  updated_at: 1_500,
  ...change,
});

export const aService = (change: Partial<ServiceRow> = {}): ServiceRow => ({
  id: "s04",
  name: "s04-router",
  title: "Order Router",
  port: 8084,
  status: "OK",
  checks: [],
  shard_count: 4,
  shards_free: [],
  replicas: [
    { replica: 1, status: "OK", role: "shares", shards: [0, 1], config_rev: 1, uptime_ms: 60_000, checks: [] },
    { replica: 2, status: "OK", role: "shares", shards: [2, 3], config_rev: 1, uptime_ms: 60_000, checks: [] },
  ],
  ...change,
});
