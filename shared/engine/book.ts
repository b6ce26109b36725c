/** The plain order book: sorted price levels, each a queue; the specification that any faster one must equal. */
import { opposite, type Side } from "../domain/order.ts";
import { assert } from "../errors.ts";
import type { Best, Depth } from "./matcher.ts";
import { isWithin, leftOf, type NewResting, type OrderBook, type RestingOrder } from "./order-book.ts";

type Resting = { -readonly [K in keyof RestingOrder]: RestingOrder[K] };

interface Level {
  readonly ticks: number;
  /** Oldest first. */
  readonly queue: Resting[];
}

export class Book implements OrderBook {
  private readonly orders = new Map<string, Resting>();
  /** Levels of a side, best price first. */
  private readonly levels: Readonly<Record<Side, Level[]>> = { BUY: [], SELL: [] };

  get size(): number {
    return this.orders.size;
  }

  get(id: string): RestingOrder | undefined {
    return this.orders.get(id);
  }

  add(asked: NewResting): void {
    checkResting(asked);
    assert(!this.orders.has(asked.id), `order ${asked.id} rests already`);
    const order = { hidden: 0, peak: 0, owner: "", ...asked };
    this.orders.set(order.id, order);
    this.levelFor(order).queue.push(order);
  }

  remove(id: string): number {
    const order = this.orders.get(id);
    if (order === undefined) return 0;
    this.take(order);
    return leftOf(order);
  }

  front(side: Side): RestingOrder | undefined {
    return this.levels[side][0]?.queue[0];
  }

  fill(id: string, lots: number): void {
    const order = this.orders.get(id);
    assert(order !== undefined, `order ${id} does not rest`);
    assert(lots > 0 && lots <= order.lots, `${lots} of ${order.lots} lots cannot leave order ${id}`);
    order.lots -= lots;
    if (order.lots > 0) return;
    this.take(order);
    if (order.hidden === 0) return;
    order.lots = Math.min(order.peak, order.hidden);
    order.hidden -= order.lots;
    this.orders.set(id, order);
    this.levelFor(order).queue.push(order);
  }

  cut(id: string, left: number): void {
    const order = this.orders.get(id);
    assert(order !== undefined, `order ${id} does not rest`);
    assert(left > 0 && left < leftOf(order), `order ${id} cannot be cut from ${leftOf(order)} to ${left} lots`);
    order.lots = Math.min(order.lots, left);
    order.hidden = left - order.lots;
  }

  available(side: Side, limitTicks: number, enough: number): number {
    let found = 0;
    for (const order of this.walk(opposite(side))) {
      if (found >= enough || !isWithin(side, order.ticks, limitTicks)) break;
      found += leftOf(order);
    }
    return Math.min(found, enough);
  }

  lotsAt(side: Side, ticks: number): number {
    return shownOf(this.levels[side].find((level) => level.ticks === ticks));
  }

  *walk(side: Side): Generator<RestingOrder> {
    for (const level of this.levels[side]) yield* level.queue;
  }

  best(): Best | undefined {
    const [bid] = this.levels.BUY;
    const [ask] = this.levels.SELL;
    if (bid === undefined || ask === undefined) return undefined;
    return { bidTicks: bid.ticks, bidLots: shownOf(bid), askTicks: ask.ticks, askLots: shownOf(ask) };
  }

  depth(count: number): Depth {
    const top = (side: Side) =>
      this.levels[side].slice(0, count).map((level): [number, number] => [level.ticks, shownOf(level)]);
    return { bids: top("BUY"), asks: top("SELL") };
  }

  private take(order: Resting): void {
    this.orders.delete(order.id);
    const levels = this.levels[order.side];
    const at = levels.findIndex((level) => level.ticks === order.ticks);
    const { queue } = levels[at] as Level;
    queue.splice(queue.indexOf(order), 1);
    if (queue.length === 0) levels.splice(at, 1);
  }

  private levelFor({ side, ticks }: Resting): Level {
    const levels = this.levels[side];
    const found = levels.findIndex((level) => isWithin(side, level.ticks, ticks));
    const at = found < 0 ? levels.length : found;
    if (levels[at]?.ticks !== ticks) levels.splice(at, 0, { ticks, queue: [] });
    return levels[at] as Level;
  }
}

const shownOf = (level: Level | undefined): number => level?.queue.reduce((sum, order) => sum + order.lots, 0) ?? 0;

/** Orders are checked where clients are answered; what comes here wrong is our own bug. */
export function checkResting({ ticks, lots, hidden = 0, peak = 0 }: NewResting): void {
  assert(Number.isSafeInteger(ticks) && ticks > 0, `${ticks} are no ticks`);
  assert(Number.isSafeInteger(lots) && lots > 0, `${lots} are no lots`);
  assert(Number.isSafeInteger(hidden) && hidden >= 0, `${hidden} are no hidden lots`);
  assert(
    hidden === 0 || (lots <= peak && Number.isSafeInteger(peak)),
    `${lots} lots are shown, at most ${peak} may be`,
  );
}
