/** What facts mean beyond their account: spot orders that trade count no more. */
import { marketOf } from "../../shared/domain/instrument.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { Fact } from "../../shared/engine/facts.ts";
import type { VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";

export class PublicFacts {
  private readonly desk: () => Desk;

  constructor(desk: () => Desk) {
    this.desk = desk;
  }

  heard(fact: Fact, at: number): void {
    if (fact.fact !== "traded") return;
    const { exchange, limits } = this.desk();
    const order = mustOrder(exchange.state, fact.order_id);
    const trade = exchange.state.trades.at(-1) as VenueTrade;
    const isFirst = order.filled === trade.qty;
    if (isFirst && marketOf(order.instrument) === "SPOT")
      limits.addOrders("SPOT", order.account, { count: -1, now: at });
  }
}
