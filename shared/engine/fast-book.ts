/**
 * The fast order book: linked orders on linked price levels; equal to the plain one of `book.ts`.
 *
 * Most orders come and go near the touch, so a level is looked for a few steps from the best one, and by bisecting the
 * sorted levels beyond that. Nothing is searched when an order is filled or cancelled: it knows its neighbours and its
 * level, and that is found again only to be taken away when it is empty.
 */
import { opposite, type Side } from "../domain/order.ts";
import { assert } from "../errors.ts";
import { checkResting } from "./book.ts";
import type { Best, Depth } from "./matcher.ts";
import { isWithin, leftOf, type NewResting, type OrderBook, type RestingOrder } from "./order-book.ts";

class Order implements RestingOrder {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  lots: number;
  hidden: number;
  readonly peak: number;
  readonly owner: string;
  level: Level;
  older: Order | undefined = undefined;
  newer: Order | undefined = undefined;

  constructor({ id, side, ticks, lots, hidden = 0, peak = 0, owner = "" }: NewResting, level: Level) {
    this.id = id;
    this.side = side;
    this.ticks = ticks;
    this.lots = lots;
    this.hidden = hidden;
    this.peak = peak;
    this.owner = owner;
    this.level = level;
  }
}

class Level {
  readonly ticks: number;
  shown = 0;
  hidden = 0;
  oldest: Order | undefined = undefined;
  newest: Order | undefined = undefined;

  constructor(ticks: number) {
    this.ticks = ticks;
  }

  push(order: Order): void {
    this.shown += order.lots;
    this.hidden += order.hidden;
    order.older = this.newest;
    order.newer = undefined;
    if (this.newest === undefined) this.oldest = order;
    else this.newest.newer = order;
    this.newest = order;
  }

  drop(order: Order): void {
    this.shown -= order.lots;
    this.hidden -= order.hidden;
    if (order.older === undefined) this.oldest = order.newer;
    else order.older.newer = order.newer;
    if (order.newer === undefined) this.newest = order.older;
    else order.newer.older = order.older;
  }
}

/** Steps walked from the best level before the sorted levels are bisected. */
const NEAR_MAX = 8;

/** One side's levels, worst price first: what changes often stands at the end, where little moves. */
class Ladder {
  readonly levels: Level[] = [];
  private readonly sign: 1 | -1;

  constructor(side: Side) {
    this.sign = side === "BUY" ? 1 : -1;
  }

  /** The level of a price, made when there is none. */
  at(ticks: number): Level {
    const { levels } = this;
    const at = this.find(ticks);
    const level = levels[at];
    if (level !== undefined && level.ticks === ticks) return level;
    const fresh = new Level(ticks);
    if (at === levels.length) levels.push(fresh);
    else levels.splice(at, 0, fresh);
    return fresh;
  }

  lookUp(ticks: number): Level | undefined {
    const level = this.levels[this.find(ticks)];
    return level?.ticks === ticks ? level : undefined;
  }

  remove(level: Level): void {
    const at = this.find(level.ticks);
    if (at === this.levels.length - 1) this.levels.pop();
    else this.levels.splice(at, 1);
  }

  /** Where a price stands or would stand. */
  private find(ticks: number): number {
    const { levels, sign } = this;
    const key = sign * ticks;
    let at = levels.length;
    const near = Math.max(0, at - NEAR_MAX);
    while (at > near) {
      if (sign * levels[at - 1]!.ticks < key) return at;
      at--;
    }
    let low = 0;
    let high = at;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sign * levels[middle]!.ticks < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class FastBook implements OrderBook {
  private readonly orders = new Map<string, Order>();
  private readonly bids = new Ladder("BUY");
  private readonly asks = new Ladder("SELL");

  get size(): number {
    return this.orders.size;
  }

  get(id: string): RestingOrder | undefined {
    return this.orders.get(id);
  }

  add(asked: NewResting): void {
    checkResting(asked);
    const level = this.side(asked.side).at(asked.ticks);
    const order = new Order(asked, level);
    const before = this.orders.size;
    this.orders.set(order.id, order);
    assert(this.orders.size > before, `order ${order.id} rests already`);
    level.push(order);
  }

  remove(id: string): number {
    const order = this.orders.get(id);
    if (order === undefined) return 0;
    this.orders.delete(id);
    order.level.drop(order);
    this.tidy(order);
    return leftOf(order);
  }

  front(side: Side): RestingOrder | undefined {
    return this.side(side).levels.at(-1)?.oldest;
  }

  fill(id: string, lots: number): void {
    const order = this.orders.get(id);
    assert(order !== undefined, `order ${id} does not rest`);
    assert(lots > 0 && lots <= order.lots, `${lots} of ${order.lots} lots cannot leave order ${id}`);
    order.level.shown -= lots;
    order.lots -= lots;
    if (order.lots > 0) return;
    order.level.drop(order);
    if (order.hidden > 0) this.showNext(order);
    else {
      this.orders.delete(id);
      this.tidy(order);
    }
  }

  cut(id: string, left: number): void {
    const order = this.orders.get(id);
    assert(order !== undefined, `order ${id} does not rest`);
    assert(left > 0 && left < leftOf(order), `order ${id} cannot be cut from ${leftOf(order)} to ${left} lots`);
    const shown = Math.min(order.lots, left);
    order.level.shown += shown - order.lots;
    order.level.hidden += left - shown - order.hidden;
    order.lots = shown;
    order.hidden = left - shown;
  }

  available(side: Side, limitTicks: number, enough: number): number {
    const { levels } = this.side(opposite(side));
    let found = 0;
    for (let at = levels.length - 1; at >= 0 && found < enough; at--) {
      const level = levels[at]!;
      if (!isWithin(side, level.ticks, limitTicks)) break;
      found += level.shown + level.hidden;
    }
    return Math.min(found, enough);
  }

  lotsAt(side: Side, ticks: number): number {
    return this.side(side).lookUp(ticks)?.shown ?? 0;
  }

  *walk(side: Side): Generator<RestingOrder> {
    const { levels } = this.side(side);
    for (let at = levels.length - 1; at >= 0; at--) {
      for (let order = levels[at]!.oldest; order !== undefined; order = order.newer) yield order;
    }
  }

  best(): Best | undefined {
    const bid = this.bids.levels.at(-1);
    const ask = this.asks.levels.at(-1);
    if (bid === undefined || ask === undefined) return undefined;
    return { bidTicks: bid.ticks, bidLots: bid.shown, askTicks: ask.ticks, askLots: ask.shown };
  }

  depth(count: number): Depth {
    return { bids: top(this.bids.levels, count), asks: top(this.asks.levels, count) };
  }

  private side(side: Side): Ladder {
    return side === "BUY" ? this.bids : this.asks;
  }

  private showNext(order: Order): void {
    order.lots = Math.min(order.peak, order.hidden);
    order.hidden -= order.lots;
    order.level.push(order);
  }

  private tidy({ side, level }: Order): void {
    if (level.oldest === undefined) this.side(side).remove(level);
  }
}

function top(levels: readonly Level[], count: number): [number, number][] {
  const rows: [number, number][] = [];
  for (let at = levels.length - 1; at >= 0 && rows.length < count; at--) {
    rows.push([levels[at]!.ticks, levels[at]!.shown]);
  }
  return rows;
}
