/** Views of a running intent for the tests of its next step. */
import { dec, zero } from "../../domain/money.ts";
import { type Fill, Intent, type Order, type OrderStatus } from "../../domain/order.ts";
import type { Plan } from "./plan.ts";
import type { StepView } from "./steps.ts";

export const plan = (over: Partial<Plan> = {}): Plan => ({
  style: "MARKET",
  qty: "1",
  maker_wait_ms: 1_000,
  why: "",
  levels: {},
  ...over,
});
export const order = (status: OrderStatus, over: Partial<Order> = {}): Order => ({
  client_order_id: "c0",
  account: "main",
  instrument: "FUT:BTCUSDT",
  intent_id: "i",
  leg: "e0",
  kind: "ENTRY",
  side: "BUY",
  type: "MARKET",
  qty: "1",
  reduce_only: false,
  status,
  filled_qty: "0",
  created_at: 0,
  acked_at: 0,
  updated_at: 0,
  ...over,
});
export const fillsOf = (orders: readonly Order[]): Fill[] =>
  orders.map((o) => ({ client_order_id: o.client_order_id, qty: o.filled_qty }) as Fill);
export const view = (over: Partial<StepView> = {}): StepView => {
  const orders = over.orders ?? [];
  return {
    intent: Intent.parse({
      intent_id: "i",
      instrument: "FUT:BTCUSDT",
      kind: "ENTRY",
      side: "BUY",
      qty: "1",
      valid_until: 5_000,
    }),
    plan: plan(),
    orders,
    fills: fillsOf(orders),
    now: 100,
    held: zero,
    touch: { bid: "99", ask: "100", bid_qty: "1", ask_qty: "1" },
    entriesStopped: undefined,
    balanceFree: true,
    spreadIsWide: false,
    posting: true,
    rules: {
      makerFillMin: 0.7,
      retryMs: 200,
      retryMsMax: 1_000,
      retriesMax: 3,
      spreadWaitMsMax: 10_000,
      shrinkTriesMax: 5,
      shrinkWaitMs: 200,
      step: dec("0.001"),
      minQty: dec("0.001"),
      minNotional: dec("5"),
    },
    ...over,
  };
};
export const exit = Intent.parse({ intent_id: "x", instrument: "FUT:BTCUSDT", kind: "EXIT", side: "SELL" });
