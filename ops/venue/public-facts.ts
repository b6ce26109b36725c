/** What facts mean beyond their account: liquidations that everybody hears of, and spot orders that trade count no more. */
import { marketOf } from "../../shared/domain/instrument.ts";
import { div, showFixed } from "../../shared/domain/money.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { Fact } from "../../shared/engine/facts.ts";
import type { VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";
import { priceDigits, qtyDigits } from "./binance/prints.ts";
import type { Feeds } from "./feeds.ts";

export class PublicFacts {
  private readonly desk: () => Desk;
  private readonly feeds: Feeds;

  constructor(desk: () => Desk, feeds: Feeds) {
    this.desk = desk;
    this.feeds = feeds;
  }

  heard(fact: Fact, at: number): void {
    if (fact.fact !== "traded") return;
    const { exchange, limits } = this.desk();
    const order = mustOrder(exchange.state, fact.order_id);
    const trade = exchange.state.trades.at(-1) as VenueTrade;
    if (order.forced) this.feeds.forceOrder(order.instrument, this.forceOrder(order, trade, at));
    const isFirst = order.filled === trade.qty;
    if (isFirst && marketOf(order.instrument) === "SPOT")
      limits.addOrders("SPOT", order.account, { count: -1, now: at });
  }

  private forceOrder(order: VenueOrder, trade: VenueTrade, at: number): string {
    const listing = this.desk().exchange.state.listing(order.instrument);
    const price = (amount: VenueOrder["price"]): string => showFixed(amount, priceDigits(listing));
    const qty = (amount: VenueOrder["qty"]): string => showFixed(amount, qtyDigits(listing));
    const o = {
      s: listing.symbol,
      S: order.side,
      o: order.type,
      f: order.tif,
      q: qty(order.qty),
      p: price(order.price),
      ap: price(div(order.quote_filled, order.filled, "nearest")),
      X: order.status,
      l: qty(trade.qty),
      z: qty(order.filled),
      T: at,
    };
    return JSON.stringify({ e: "forceOrder", E: at, o });
  }
}
