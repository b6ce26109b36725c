/** Matching in price-time priority on an order book that holds every order: the market of `agents` and `quiet`. */
import { opposite } from "../domain/order.ts";
import { assert } from "../errors.ts";
import { FastBook } from "./fast-book.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder, Wish } from "./matcher.ts";
import { isWithin, leftOf, type NewResting, type OrderBook } from "./order-book.ts";
import { decidePrevention, isOwn } from "./prevention.ts";
import { limitOf, previewTrades } from "./preview.ts";

export class LimitOrderMatcher implements Matcher {
  readonly book: OrderBook;

  constructor(book: OrderBook = new FastBook()) {
    this.book = book;
  }

  place(order: NewOrder): MatchEvent[] {
    checkOrder(order);
    assert(this.book.get(order.id) === undefined, `order ${order.id} rests already`);
    const limitTicks = limitOf(order);
    const events: MatchEvent[] = [];
    if (order.tif === "FOK" && !this.canFill(order)) {
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
    const lots = this.book.remove(orderId);
    return lots === 0 ? [] : [{ kind: "done", orderId, lots, why: "canceled" }];
  }

  cut(orderId: string, left: number): void {
    this.book.cut(orderId, left);
  }

  preview(order: Wish): [ticks: number, lots: number][] {
    return previewTrades(order, this.book.walk(opposite(order.side)));
  }

  best(): Best | undefined {
    return this.book.best();
  }

  depth(levels: number): Depth {
    return this.book.depth(levels);
  }

  private canFill(order: NewOrder): boolean {
    if (this.book.available(order.side, limitOf(order), order.lots) < order.lots) return false;
    if (order.stp === undefined || order.stp === "NONE") return true;
    return this.preview(order).reduce((sum, [, lots]) => sum + lots, 0) === order.lots;
  }

  /** Trades at the makers' prices, best and oldest first; answers what is left. */
  private take(order: NewOrder, limitTicks: number, events: MatchEvent[]): number {
    const { book } = this;
    const from = opposite(order.side);
    let left = order.lots;
    while (left > 0) {
      const maker = book.front(from);
      if (maker === undefined || !isWithin(order.side, maker.ticks, limitTicks)) break;
      if (isOwn(order, maker)) {
        const event = decidePrevention(order, left, maker);
        events.push(event);
        yieldMaker(book, event);
        left -= event.takerLots;
        continue;
      }
      const lots = Math.min(left, maker.lots);
      const { id, ticks } = maker;
      book.fill(id, lots);
      left -= lots;
      events.push({ kind: "trade", orderId: order.id, maker: false, ticks, lots });
      events.push({ kind: "trade", orderId: id, maker: true, ticks, lots });
    }
    return left;
  }

  private settle(order: NewOrder, left: number): MatchEvent {
    if (!rests(order)) return { kind: "done", orderId: order.id, lots: left, why: "expired" };
    this.book.add(restingOf(order, left));
    return { kind: "resting", orderId: order.id, lots: left };
  }
}

/** Takes from the book what prevention took from the maker. */
export function yieldMaker(book: OrderBook, event: Extract<MatchEvent, { kind: "prevented" }>): void {
  const { makerId, makerLots } = event;
  const maker = book.get(makerId);
  if (maker === undefined || makerLots === 0) return;
  const left = leftOf(maker) - makerLots;
  if (left === 0) book.remove(makerId);
  else book.cut(makerId, left);
}

/** The part of an order that waits: an iceberg shows its first slice. */
export function restingOf({ id, side, ticks, shown, owner = "" }: NewOrder, left: number): NewResting {
  if (shown === undefined || shown >= left) return { id, side, ticks, lots: left, owner };
  return { id, side, ticks, lots: shown, hidden: left - shown, peak: shown, owner };
}

/** True for an order whose unfilled part waits in the book. */
export const rests = (order: NewOrder): boolean =>
  order.kind === "limit" && (order.tif === "GTC" || order.tif === "GTX");

/** Orders are checked where clients are answered; what comes here wrong is our own bug. */
export function checkOrder(order: NewOrder): void {
  assert(Number.isSafeInteger(order.lots) && order.lots > 0, `${order.lots} are no lots`);
  if (order.kind === "limit")
    assert(Number.isSafeInteger(order.ticks) && order.ticks > 0, `${order.ticks} are no ticks`);
}
