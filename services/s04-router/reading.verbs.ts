/** What people can read of the router: orders with their story, fills, intents. */
import { z } from "@hono/zod-openapi";
import { executionPlans } from "../../shared/collections/execution.ts";
import { fills, type IntentRecord, intents, orders } from "../../shared/collections/orders.ts";
import { type Fill, isTerminal, OrderStatus } from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { keptOf, orderNumbered } from "./kept.ts";
import { IntentStory, OrderStory } from "./order-story.ts";
import { timelineOf } from "./timeline.ts";
import { FillsPage, FillsQuery, OrdersPage, OrdersQuery } from "./types.ts";

const FILLS_CSV = itemsAsCsv<Fill>(
  ...(["ts", "fill_id", "account", "instrument", "side", "kind", "price", "qty", "fee", "fee_asset"] as const),
  ...(["fee_usdt", "realised_usdt", "maker", "slippage_bps", "mid_at_send", "latency_ms"] as const),
  ...(["order_id", "client_order_id", "intent_id", "trade_id", "signal_id"] as const),
);

/** From the store alone: of several shards each can read the documents of all, but has its own ones only in memory. */
export const readingVerbs = (store: Store): Verb[] => [
  verb({
    name: "listOrders",
    summary: "Orders, newest first",
    rest: "GET /orders",
    input: OrdersQuery,
    output: OrdersPage,
    async run(filter) {
      const { instrument, status, intent_id, kind, open } = filter;
      const query = newestFirst(filter, "created_at", { instrument, status, intent_id, kind });
      if (open === undefined || status !== undefined) return pageOf(await store.query(orders, query));
      const states = OrderStatus.options.filter((option) => isTerminal(option) === (open === "false"));
      return pageOf(await store.query(orders, { ...query, where: { ...query.where, status: { in: states } } }));
    },
  }),
  verb({
    name: "readOrder",
    summary: "The whole story of an order, by either of its ids: its intent, plan, all orders, fills and timeline",
    rest: "GET /orders/{id}",
    input: z.object({ id: z.string().max(64) }),
    output: OrderStory,
    async run({ id }) {
      const found = (await store.get(orders, id))?.value ?? (await orderNumbered(store, id));
      const order = found ?? refuse("NOT_FOUND", `there is no order ${id}`);
      const intent = (await store.get(intents, order.intent_id))?.value;
      if (!intent) return refuse("NOT_FOUND", `there is no order ${id}`);
      return { order, ...(await storyOf(store, intent)) };
    },
  }),
  verb({
    name: "listFills",
    summary: "Fills, newest first",
    rest: "GET /fills",
    input: FillsQuery,
    output: FillsPage,
    csv: FILLS_CSV,
    async run(filter) {
      const { instrument, intent_id, trade_id } = filter;
      return pageOf(await store.query(fills, newestFirst(filter, "ts", { instrument, intent_id, trade_id })));
    },
  }),
  verb({
    name: "readIntent",
    summary: "The whole story of an intent: what was asked and why, its plan, orders, fills and timeline",
    rest: "GET /intents/{intent_id}",
    input: z.object({ intent_id: z.string().max(128) }),
    output: IntentStory,
    async run({ intent_id }) {
      const intent = (await store.get(intents, intent_id))?.value;
      if (!intent) return refuse("NOT_FOUND", `there is no intent ${intent_id}`);
      return storyOf(store, intent);
    },
  }),
];

async function storyOf(store: Store, intent: IntentRecord): Promise<IntentStory> {
  const { intent_id } = intent;
  const plan = (await store.get(executionPlans, intent_id))?.value;
  const { orders, fills } = await keptOf(store, intent_id);
  const trade_id = fills.find((fill) => fill.trade_id !== undefined)?.trade_id ?? intent.intent.trade_id;
  const timeline = timelineOf({ intent, plan, orders, fills });
  return {
    intent,
    ...(plan === undefined ? {} : { plan }),
    orders,
    fills,
    ...(trade_id === undefined ? {} : { trade_id }),
    timeline,
  };
}
