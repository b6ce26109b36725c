/** Books what the exchange says: order states, fills, and the holding they make, in one commit. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { type BookedNews, BookingRules } from "../../shared/trading/execution/booking-rules.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

export interface News extends BookedNews {
  /** What else the commit holds, if there is one. */
  ops?: readonly Op[];
}

export class Booking {
  private readonly rules: BookingRules;
  private readonly book: OrdersBook;
  private readonly market: MarketView;

  constructor(ports: Ports, book: OrdersBook, market: MarketView) {
    this.rules = new BookingRules(ports, book, market);
    this.book = book;
    this.market = market;
  }

  /** Takes news of one of our orders, in any order and as often as it comes. False: the order is none of ours. */
  async take(clientId: string, news: News): Promise<boolean> {
    const found = await this.book.find(clientId);
    if (!found) return false;
    if (news.fills?.length) await this.market.need(found.instrument);
    await this.book.change(found.instrument, () => {
      const order = this.book.order(clientId);
      const record = order && this.book.intent(order.intent_id);
      if (!order || !record) return undefined;
      const change = this.rules.changeOf(order, record, news);
      return change && { ...change, ops: news.ops ?? [] };
    });
    return true;
  }

  /**
   * Books an order that others made, with its fills, in one commit; `record` is its own intent, or the one whose trade
   * it closes. Booked already: nothing happens.
   */
  async takeOutside(order: Order, record: IntentRecord, news: News): Promise<void> {
    await this.market.need(order.instrument);
    await this.book.change(
      order.instrument,
      () => {
        if (this.book.order(order.client_order_id) || this.book.numbered(order)) return undefined;
        const owner = this.book.intent(record.intent_id) ?? record;
        const change = this.rules.changeOf(order, owner, news);
        return change && { ...change, intents: [owner, ...(change.intents ?? [])], ops: news.ops ?? [] };
      },
      "full",
    );
  }
}
