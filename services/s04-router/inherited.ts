/** Intents found at a start: the books may be an older copy, so that their next order may have left already. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import type { ExchangeOrder } from "../../shared/contracts.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { storyWith } from "../../shared/trading/execution/order-state.ts";
import { refOf } from "./dispatch.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

/** Getting out matters more than certainty: where questions find no answer for so long, the order leaves. */
const ASKED_MS_MAX = 5_000;

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly venue: Venue;
}

/**
 * Client ids are made of intent and leg, and on spot the exchange takes one again once its order is over. So the next
 * leg of an intent that was found running is asked about before it is stored: the exchange may know it.
 */
export class Inherited {
  private readonly parts: Parts;
  private readonly askedAt = new Map<string, number>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Nothing: the intent's next order may be stored. Else in how many ms to look again, since asking has taken time. */
  async hold(record: IntentRecord, { order, link }: { order: Order; link: Op }): Promise<number | undefined> {
    const { ports, book, venue } = this.parts;
    const { intent_id, instrument } = record;
    if (!book.inherited.has(intent_id)) return undefined;
    const since = this.askedAt.get(intent_id) ?? ports.clock.now();
    this.askedAt.set(intent_id, since);
    const said = await venue.ask(instrument, (options) => venue.calls.queryOrder(refOf(order), options));
    if (said.kind === "answered") {
      const isBooked = await book.isOurs(instrument, said.value.order_id);
      const found = foundOrder(order, said.value, { isBooked, now: ports.clock.now(), last: this.lastAt(record) });
      const isKnown = () => book.order(order.client_order_id) !== undefined;
      await book.change(instrument, () => (isKnown() ? undefined : { orders: [found], ops: [link] }), "full");
      ports.alert("WARN", "ORDER_FOUND", `${order.client_order_id} on ${instrument} had left before the books knew it`);
      return 0;
    }
    const isFree = said.kind === "refused" && said.problem.code === "NOT_FOUND";
    if (!isFree && ports.clock.now() - since < ASKED_MS_MAX) return ports.settings.askWaitMs;
    book.inherited.delete(intent_id);
    this.askedAt.delete(intent_id);
    return 0;
  }

  private lastAt({ intent_id, created_at }: IntentRecord): number {
    return this.parts.book.ownOrders(intent_id).at(-1)?.created_at ?? created_at;
  }
}

/**
 * As the exchange has it, UNKNOWN: its state and its fills are then asked for like any other's. What it did may be
 * booked as a stranger's by now: then only its client id is taken.
 */
function foundOrder(next: Order, said: ExchangeOrder, of: { isBooked: boolean; now: number; last: number }): Order {
  const { price: _price, ...rest } = next;
  const status = of.isBooked ? "CANCELED" : "UNKNOWN";
  const row: Order = {
    ...rest,
    type: said.type,
    qty: said.qty,
    ...(said.price === undefined ? {} : { price: said.price }),
    status,
    // When it was sent is lost; its fills are not older than the order before it.
    created_at: of.last,
    updated_at: of.now,
  };
  const detail = of.isBooked ? "sent before, and booked as a stranger's" : "found at the exchange before it was sent";
  return { ...row, story: storyWith(row, { ts: of.now, status, by: "QUERY", detail }) };
}
