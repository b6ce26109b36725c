/** Entries that were to be stored when the store went away: what it took of them is ended, since nothing was sent. */
import { orders as ordersKept } from "../../shared/collections/orders.ts";
import type { Order } from "../../shared/domain/order.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { storyWith } from "../../shared/trading/execution/order-state.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

const WHY = "the store did not answer when it was to be stored";

/** Whoever asked was told that it cannot be done now. Throws while the store cannot be read; then all of it is left. */
export async function endUnanswered(book: OrdersBook, ports: Pick<Ports, "clock" | "store">): Promise<void> {
  for (let change = book.unanswered[0]; change; change = book.unanswered[0]) {
    for (const { intent_id } of change.intents ?? []) await endIntent(book, intent_id);
    for (const order of change.orders ?? []) await endOrder(book, ports, order);
    book.unanswered.shift();
  }
}

async function endIntent(book: OrdersBook, intentId: string): Promise<void> {
  const kept = await book.ensure(intentId);
  const isUnsent = () => book.ownOrders(intentId).every(({ status }) => status === "PENDING");
  if (!kept || !isUnsent()) return;
  await book.change(kept.instrument, () => {
    const current = book.intent(intentId);
    if (!current || current.state === "DONE" || !isUnsent()) return undefined;
    return { intents: [{ ...current, plan: { ...planOf(current), cancel_reason: WHY } }] };
  });
}

/** Of an intent that went on without it. */
async function endOrder(
  book: OrdersBook,
  ports: Parameters<typeof endUnanswered>[1],
  { client_order_id }: Order,
): Promise<void> {
  if (book.order(client_order_id)) return;
  const order = (await ports.store.get(ordersKept, client_order_id))?.value;
  if (order?.status !== "PENDING" || !(await book.ensure(order.intent_id))) return;
  const now = ports.clock.now();
  const story = storyWith(order, { ts: now, status: "CANCELED", by: "ROUTER", detail: WHY });
  const ended: Order = { ...order, status: "CANCELED", message: WHY, story, updated_at: now };
  await book.change(order.instrument, () => (book.order(client_order_id) ? undefined : { orders: [ended] }));
}
