/** Matching in price-time priority on an order book that holds every order: the market of `agents` and `quiet`. */
import { opposite, type Side } from "../domain/order.ts";
import { assert } from "../errors.ts";
import { Book, isWithin } from "./book.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder } from "./matcher.ts";

export class LimitOrderMatcher implements Matcher {
  readonly book = new Book();

  place(order: NewOrder): MatchEvent[] {
    checkOrder(order);
    assert(this.book.get(order.id) === undefined, `order ${order.id} rests already`);
    const limitTicks = limitOf(order);
    const events: MatchEvent[] = [];
    if (order.tif === "FOK" && this.book.available(order.side, limitTicks, order.lots) < order.lots) {
      return [{ kind: "done", orderId: order.id, lots: order.lots, why: "expired" }];
    }
    if (order.tif === "GTX" && order.kind === "limit" && this.book.available(order.side, limitTicks, 1) > 0) {
      return [{ kind: "done", orderId: order.id, lots: order.lots, why: "would_take" }];
    }
    const left = this.take(order, limitTicks, events);
    if (left > 0) events.push(this.settle(order, left));
    return events;
  }

  cancel(orderId: string): MatchEvent[] {
    const order = this.book.remove(orderId);
    return order === undefined ? [] : [{ kind: "done", orderId, lots: order.lots, why: "canceled" }];
  }

  best(): Best | undefined {
    return this.book.best();
  }

  depth(levels: number): Depth {
    return this.book.depth(levels);
  }

  /** Trades at the makers' prices, best and oldest first; answers what is left. */
  private take(order: NewOrder, limitTicks: number, events: MatchEvent[]): number {
    let left = order.lots;
    while (left > 0) {
      const maker = this.book.front(opposite(order.side));
      if (maker === undefined || !isWithin(order.side, maker.ticks, limitTicks)) break;
      const lots = Math.min(left, maker.lots);
      const { id, ticks } = maker;
      this.book.fill(id, lots);
      left -= lots;
      events.push({ kind: "trade", orderId: order.id, maker: false, ticks, lots });
      events.push({ kind: "trade", orderId: id, maker: true, ticks, lots });
    }
    return left;
  }

  private settle(order: NewOrder, left: number): MatchEvent {
    if (!rests(order)) return { kind: "done", orderId: order.id, lots: left, why: "expired" };
    this.book.add({ id: order.id, side: order.side, ticks: order.ticks, lots: left });
    return { kind: "resting", orderId: order.id, lots: left };
  }
}

/** True for an order whose unfilled part waits in the book. */
export const rests = (order: NewOrder): boolean =>
  order.kind === "limit" && (order.tif === "GTC" || order.tif === "GTX");

/** The worst price an order takes: a market order takes any. */
export function limitOf(order: { kind: NewOrder["kind"]; side: Side; ticks: number }): number {
  if (order.kind === "limit") return order.ticks;
  return order.side === "BUY" ? Infinity : 0;
}

/** Orders are checked where clients are answered; what comes here wrong is our own bug. */
export function checkOrder(order: NewOrder): void {
  assert(Number.isSafeInteger(order.lots) && order.lots > 0, `${order.lots} are no lots`);
  if (order.kind === "limit")
    assert(Number.isSafeInteger(order.ticks) && order.ticks > 0, `${order.ticks} are no ticks`);
}
