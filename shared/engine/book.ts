/** The plain order book: price-time priority by sorted price levels and queues; what any faster one must equal. */
import { opposite, type Side } from "../domain/order.ts";
import { assert } from "../errors.ts";
import type { Best, Depth } from "./matcher.ts";

export interface RestingOrder {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  /** What is left of it; above zero while it rests. */
  lots: number;
}

interface Level {
  readonly ticks: number;
  /** Oldest first. */
  readonly queue: RestingOrder[];
  /** Of the whole queue. */
  lots: number;
}

/** True when a price is at least as good for the taker as its limit. */
export const isWithin = (takerSide: Side, ticks: number, limitTicks: number): boolean =>
  takerSide === "BUY" ? ticks <= limitTicks : ticks >= limitTicks;

export class Book {
  private readonly orders = new Map<string, RestingOrder>();
  /** Levels of a side, worst price first: what changes often stands at the end, where it moves little. */
  private readonly levels: Readonly<Record<Side, Level[]>> = { BUY: [], SELL: [] };

  get size(): number {
    return this.orders.size;
  }

  get(id: string): Readonly<RestingOrder> | undefined {
    return this.orders.get(id);
  }

  /** Every resting order, in no particular order. */
  all(): IterableIterator<Readonly<RestingOrder>> {
    return this.orders.values();
  }

  /** Puts an order at the end of its level's queue; it is the caller's duty that it does not cross. */
  add(order: RestingOrder): void {
    assert(!this.orders.has(order.id), `order ${order.id} rests already`);
    assert(Number.isSafeInteger(order.ticks) && order.ticks > 0, `${order.ticks} are no ticks`);
    assert(Number.isSafeInteger(order.lots) && order.lots > 0, `${order.lots} are no lots`);
    const levels = this.levels[order.side];
    const at = this.find(order.side, order.ticks);
    if (levels[at]?.ticks !== order.ticks) levels.splice(at, 0, { ticks: order.ticks, queue: [], lots: 0 });
    const level = levels[at]!;
    level.queue.push(order);
    level.lots += order.lots;
    this.orders.set(order.id, order);
  }

  /** Takes an order out whole; nothing when it does not rest here. */
  remove(id: string): RestingOrder | undefined {
    const order = this.orders.get(id);
    if (order !== undefined) this.reduce(id, order.lots, true);
    return order;
  }

  /** The oldest order at a side's best price: the next to trade. */
  front(side: Side): Readonly<RestingOrder> | undefined {
    return this.levels[side].at(-1)?.queue[0];
  }

  /** Fills part or all of a resting order; a filled one leaves. */
  fill(id: string, lots: number): void {
    this.reduce(id, lots, false);
  }

  /** Lots that a taker of `side` would find within `limitTicks`, counted up to `enough`. */
  available(side: Side, limitTicks: number, enough: number): number {
    const levels = this.levels[opposite(side)];
    let found = 0;
    for (let i = levels.length - 1; i >= 0 && found < enough; i--) {
      const level = levels[i]!;
      if (!isWithin(side, level.ticks, limitTicks)) break;
      found += level.lots;
    }
    return Math.min(found, enough);
  }

  /** Lots resting at a price; zero where none do. */
  lotsAt(side: Side, ticks: number): number {
    const level = this.levels[side][this.find(side, ticks)];
    return level?.ticks === ticks ? level.lots : 0;
  }

  /** The queue at a price, oldest first. */
  queueAt(side: Side, ticks: number): readonly Readonly<RestingOrder>[] {
    const level = this.levels[side][this.find(side, ticks)];
    return level?.ticks === ticks ? level.queue : [];
  }

  best(): Best | undefined {
    const bid = this.levels.BUY.at(-1);
    const ask = this.levels.SELL.at(-1);
    if (bid === undefined || ask === undefined) return undefined;
    return { bidTicks: bid.ticks, bidLots: bid.lots, askTicks: ask.ticks, askLots: ask.lots };
  }

  depth(count: number): Depth {
    const top = (side: Side) =>
      this.levels[side]
        .slice(Math.max(0, this.levels[side].length - count))
        .reverse()
        .map(({ ticks, lots }): [number, number] => [ticks, lots]);
    return { bids: top("BUY"), asks: top("SELL") };
  }

  private reduce(id: string, lots: number, cancel: boolean): void {
    const order = this.orders.get(id);
    assert(order !== undefined, `order ${id} does not rest`);
    assert(lots > 0 && lots <= order.lots, `${lots} of ${order.lots} lots cannot leave order ${id}`);
    const levels = this.levels[order.side];
    const at = this.find(order.side, order.ticks);
    const level = levels[at]!;
    level.lots -= lots;
    if (lots < order.lots) {
      order.lots -= lots;
      return;
    }
    // A cancelled order keeps its lots, so that `remove` can say what was left.
    if (!cancel) order.lots = 0;
    this.orders.delete(id);
    level.queue.splice(level.queue.indexOf(order), 1);
    if (level.queue.length === 0) levels.splice(at, 1);
  }

  /** Where a price stands or would stand in its side's levels. */
  private find(side: Side, ticks: number): number {
    const levels = this.levels[side];
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const before = side === "BUY" ? levels[middle]!.ticks < ticks : levels[middle]!.ticks > ticks;
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
