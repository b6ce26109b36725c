/** Hears the exchange's account stream: executions of our orders, forced closes, and gaps that need asking. */
import { dec, show } from "../../shared/domain/money.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import type { Booking, News } from "./booking.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { OtherSite } from "./other-site.ts";
import { ownOrder } from "./outside.ts";
import type { Recovery } from "./recover.ts";
import type { Ports } from "./types.ts";

interface Parts {
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly recovery: Recovery;
  readonly market: MarketView;
  readonly otherSite: OtherSite;
}

type Execution = Extract<AccountEvent, { kind: "execution" }>;

/** Client ids of what the exchange does to us: liquidation and auto-deleveraging. */
const FORCED = /^(autoclose-|adl_autoclose)/;

export class Accounts {
  private readonly ports: Ports;
  private readonly book: OrdersBook;
  private readonly booking: Booking;
  private readonly recovery: Recovery;
  private readonly market: MarketView;
  private readonly otherSite: OtherSite;

  constructor(ports: Ports, parts: Parts) {
    this.ports = ports;
    this.otherSite = parts.otherSite;
    this.book = parts.book;
    this.booking = parts.booking;
    this.recovery = parts.recovery;
    this.market = parts.market;
  }

  /** Idempotent: an event told twice is booked once. */
  async hear(event: AccountEvent): Promise<void> {
    if (event.kind === "gap") return this.recovery.gap();
    if (event.kind === "listing") return this.market.loadListings();
    if (event.kind !== "execution" || event.account !== this.ports.account) return;
    if (!this.ports.shard.owns(event.instrument)) return;
    const news = newsOf(event);
    if (this.recovery.reconciled) this.otherSite.compare(event, this.book.order(event.client_order_id));
    if (await this.booking.take(event.client_order_id, news)) return;
    if (FORCED.test(event.client_order_id)) return this.force(event, news);
    if (event.client_order_id.startsWith(`${this.ports.settings.installationTag}-`)) {
      const what = `${event.client_order_id} on ${event.instrument} is ${event.status}, and no stored intent explains it`;
      this.ports.alert("ERROR", "ORDER_UNEXPLAINED", what);
      if (this.recovery.reconciled) this.otherSite.hear(event);
    }
  }

  /** A forced close is booked against the trade it closes, as an order of its own, if its fills were not found already. */
  private async force(event: Execution, news: News): Promise<void> {
    this.ports.alert("FATAL", "FORCED_CLOSE", `${event.instrument}: the exchange closed by ${event.client_order_id}`);
    const { ports, book } = this;
    const booked = await ownOrder({ ports, book }, event.instrument, event.order_id);
    if (booked) return void (await this.booking.take(booked.client_order_id, news));
    const holding = this.book.holding(event.instrument);
    if (!holding?.entry_intent_id) return;
    const record = await this.book.ensure(holding.entry_intent_id);
    if (!record) return;
    const now = this.ports.clock.now();
    const order: Order = {
      client_order_id: event.client_order_id,
      account: event.account,
      instrument: event.instrument,
      intent_id: record.intent_id,
      leg: "forced",
      kind: "EXIT",
      side: event.side,
      type: event.type,
      // How much it is for is not told; of a close that takes less, the rest expires.
      qty: show(dec(holding.qty)),
      reduce_only: true,
      status: "NEW",
      order_id: event.order_id,
      filled_qty: "0",
      message: "forced by the exchange",
      created_at: now,
      updated_at: now,
    };
    await this.book.change(event.instrument, () =>
      this.book.order(event.client_order_id) || this.book.numbered(order) ? undefined : { orders: [order] },
    );
    await this.booking.take((this.book.numbered(order) ?? order).client_order_id, news);
  }
}

const newsOf = (event: Execution): News => ({
  by: "STREAM",
  report: {
    status: event.status,
    order_id: event.order_id,
    filled_qty: event.filled_qty,
    ...(event.avg_price === undefined ? {} : { avg_price: event.avg_price }),
    ...(event.reason === undefined ? {} : { message: event.reason }),
  },
  fills: event.fill ? [{ ...event.fill, order_id: event.order_id, ts: event.exch_ts }] : [],
});
