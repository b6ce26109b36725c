/** What people can read of the router: orders with their story, fills, intents. */
import { z } from "@hono/zod-openapi";
import { fills, IntentRecord, intents, orders } from "../../shared/collections/orders.ts";
import { Fill, Order } from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import type { Query, Store, Test } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { keptOf, orderNumbered } from "./kept.ts";
import { FillsPage, FillsQuery, OrdersPage, OrdersQuery } from "./types.ts";

type Filter = { from_ts?: number | undefined; to_ts?: number | undefined; limit: number; cursor?: string | undefined };

function queryOf(filter: Filter, field: string, equal: Record<string, string | undefined>): Query {
  const where: Record<string, Test> = {};
  for (const [name, value] of Object.entries(equal)) if (value !== undefined) where[name] = value;
  const span: Test = {};
  if (filter.from_ts !== undefined) span.gte = filter.from_ts;
  if (filter.to_ts !== undefined) span.lte = filter.to_ts;
  if (Object.keys(span).length > 0) where[field] = span;
  return {
    where,
    sort: { field, order: "desc" },
    limit: filter.limit,
    ...(filter.cursor === undefined ? {} : { cursor: filter.cursor }),
  };
}

/** From the store alone: of several shards each can read the documents of all, but has its own ones only in memory. */
export const readingVerbs = (store: Store): Verb[] => [
  verb({
    name: "listOrders",
    summary: "Orders, newest first",
    rest: "GET /orders",
    input: OrdersQuery,
    output: OrdersPage,
    async run(filter) {
      const { instrument, status, intent_id } = filter;
      const page = await store.query(orders, queryOf(filter, "created_at", { instrument, status, intent_id }));
      return pageOf(page);
    },
  }),
  verb({
    name: "readOrder",
    summary: "One order by either of its ids, with its intent, its intent's other orders and its fills",
    rest: "GET /orders/{id}",
    input: z.object({ id: z.string().max(64) }),
    output: z.object({ order: Order, intent: IntentRecord, orders: z.array(Order), fills: z.array(Fill) }),
    async run({ id }) {
      const found = (await store.get(orders, id))?.value ?? (await orderNumbered(store, id));
      const order = found ?? refuse("NOT_FOUND", `there is no order ${id}`);
      const intent = (await store.get(intents, order.intent_id))?.value;
      if (!intent) return refuse("NOT_FOUND", `there is no order ${id}`);
      const kept = await keptOf(store, order.intent_id);
      const mine = kept.fills.filter((fill) => fill.client_order_id === order.client_order_id);
      return { order, intent, orders: kept.orders, fills: mine };
    },
  }),
  verb({
    name: "listFills",
    summary: "Fills, newest first",
    rest: "GET /fills",
    input: FillsQuery,
    output: FillsPage,
    async run(filter) {
      const { instrument, intent_id, trade_id } = filter;
      return pageOf(await store.query(fills, queryOf(filter, "ts", { instrument, intent_id, trade_id })));
    },
  }),
  verb({
    name: "readIntent",
    summary: "One intent: what was asked and why, its plan, its answer so far, its orders and fills",
    rest: "GET /intents/{intent_id}",
    input: z.object({ intent_id: z.string().max(128) }),
    output: z.object({ intent: IntentRecord, orders: z.array(Order), fills: z.array(Fill) }),
    async run({ intent_id }) {
      const intent = (await store.get(intents, intent_id))?.value;
      if (!intent) return refuse("NOT_FOUND", `there is no intent ${intent_id}`);
      return { intent, ...(await keptOf(store, intent_id)) };
    },
  }),
];

const pageOf = <T>(page: { items: { value: T }[]; next_cursor?: string }) => ({
  items: page.items.map((row) => row.value),
  ...(page.next_cursor === undefined ? {} : { next_cursor: page.next_cursor }),
});
