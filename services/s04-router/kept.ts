/** What the store keeps of an intent: all its orders and fills, and where an order is filed by either of its ids. */
import { fills as fillsKept, intents as intentsKept, orders as ordersKept } from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import type { Collection, Query, Row, Store } from "../../shared/kit/ports.ts";

export type Reading = Pick<Store, "get" | "query">;

const PAGE = 500;

/** Every document for which it holds, page by page. */
export async function all<T>(
  store: Reading,
  collection: Collection<T>,
  where: NonNullable<Query["where"]>,
): Promise<Row<T>[]> {
  const rows: Row<T>[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query(collection, { where, limit: PAGE, ...(cursor ? { cursor } : {}) });
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return rows;
}

/** Orders oldest first. */
export async function keptOf(store: Reading, intent_id: string): Promise<{ orders: Order[]; fills: Fill[] }> {
  const orders = (await all(store, ordersKept, { intent_id })).map((row) => row.value);
  const fills = (await all(store, fillsKept, { intent_id })).map((row) => row.value);
  orders.sort((a, b) => a.created_at - b.created_at || legNumber(a) - legNumber(b));
  return { orders, fills };
}

const legNumber = (order: Order): number => Number(order.leg.replace(/\D/g, ""));

/** By the exchange's number: on spot each instrument counts for itself, so that one alone is told only of its own. */
export async function orderNumbered(
  store: Reading,
  order_id: string,
  instrument?: InstrumentId,
): Promise<Order | undefined> {
  const where = { order_id, ...(instrument !== undefined && { instrument }) };
  const { items } = await store.query(ordersKept, { where, limit: 1 });
  return items[0]?.value;
}

/** The instrument of what one of these ids names; undefined when nothing has it. */
export async function instrumentOf(
  ids: { order_id?: string | undefined; client_order_id?: string | undefined; intent_id?: string | undefined },
  store: Reading,
): Promise<InstrumentId | undefined> {
  const { order_id, client_order_id, intent_id } = ids;
  if (intent_id !== undefined) return (await store.get(intentsKept, intent_id))?.value.instrument;
  if (client_order_id !== undefined) return (await store.get(ordersKept, client_order_id))?.value.instrument;
  return order_id === undefined ? undefined : (await orderNumbered(store, order_id))?.instrument;
}
