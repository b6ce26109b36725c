/**
 * The market where only prices are known: a touch around the last price, as a fill model declares it.
 *
 * - Best bid and ask lie half the spread from the last price, rounded away from it to whole ticks, at least one apart.
 * - Takers pay the touch and the slippage, rounded against them but never beyond their limit. At each price each side
 *   holds what the model declares; what is taken stays taken until the price moves, and nothing lies behind it.
 * - Makers fill whole, at their own price, when the last price goes through it. A price that is only touched fills
 *   nobody: who knows how many were ahead. A gap over it fills at it too, and no better.
 * - Our orders meet each other in price-time priority; at the same price the touch goes first.
 *
 * `best` and `depth` show the touch without our orders and what they took.
 */
import { toNumber } from "../domain/money.ts";
import { opposite, type Side } from "../domain/order.ts";
import { FastBook } from "../engine/fast-book.ts";
import type { Listing } from "../engine/listing.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder, Wish } from "../engine/matcher.ts";
import { checkOrder, restingOf, rests, yieldMaker } from "../engine/matching.ts";
import { isWithin, type RestingOrder } from "../engine/order-book.ts";
import { decidePrevention, isOwn } from "../engine/prevention.ts";
import { limitOf, type Maker, previewTrades } from "../engine/preview.ts";
import { assert } from "../errors.ts";
import type { FillModel } from "./backtest-options.ts";

const NOTHING: readonly MatchEvent[] = [];
/** Floats that should be whole ticks are, this close to them. */
const NOISE = 1e-6;
/** More are no whole number that a float can tell. */
const LOTS_MAX = 1e15;

export class TouchMatcher implements Matcher {
  /** Ticks; NaN before the first. */
  last = Number.NaN;
  bidTicks = Number.NaN;
  askTicks = Number.NaN;
  /** What each side of the touch holds. */
  lots = 0;
  private readonly own = new FastBook();
  private readonly taken: Record<Side, number> = { BUY: 0, SELL: 0 };
  private readonly halfSpread: number;
  private readonly slippage: number;
  /** Lots of one tick's price. */
  private readonly lotTicks: number;

  constructor({ tick, step }: Pick<Listing, "tick" | "step">, fill: FillModel) {
    this.halfSpread = fill.spread_bps / 2e4;
    this.slippage = fill.slippage_bps / 1e4;
    this.lotTicks = fill.depth_usdt / (toNumber(tick) * toNumber(step));
  }

  /** Nothing rests here. */
  get isEmpty(): boolean {
    return this.own.size === 0;
  }

  /** The last price is another one now; answers what it filled on its way. */
  move(ticks: number): readonly MatchEvent[] {
    if (ticks !== this.last) this.show(ticks);
    if (this.own.size === 0) return NOTHING;
    const events: MatchEvent[] = [];
    for (const side of ["BUY", "SELL"] as const) {
      for (let front = this.own.front(side); front !== undefined; front = this.own.front(side)) {
        if (front.ticks === ticks || !isWithin(side, ticks, front.ticks)) break;
        this.fillMaker(front, front.lots, events);
      }
    }
    return events;
  }

  /** The first price on the way to `target` that fills an order; `target` when there is none. */
  firstFill(target: number): number {
    const isUp = target > this.last;
    const front = this.own.front(isUp ? "SELL" : "BUY");
    if (front === undefined) return target;
    return isUp ? Math.min(target, front.ticks + 1) : Math.max(target, front.ticks - 1);
  }

  place(order: NewOrder): MatchEvent[] {
    checkOrder(order);
    assert(this.own.get(order.id) === undefined, `order ${order.id} rests already`);
    const done = (lots: number, why: "expired" | "would_take"): MatchEvent => ({
      ...{ kind: "done", orderId: order.id, lots, why },
    });
    if (order.tif === "FOK" && this.preview(order).reduce((sum, [, lots]) => sum + lots, 0) < order.lots) {
      return [done(order.lots, "expired")];
    }
    const limitTicks = limitOf(order);
    if (order.tif === "GTX" && order.kind === "limit" && this.wouldTake(order.side, limitTicks)) {
      return [done(order.lots, "would_take")];
    }
    const events: MatchEvent[] = [];
    const left = this.take(order, limitTicks, events);
    if (left > 0 && rests(order)) {
      this.own.add(restingOf(order, left));
      events.push({ kind: "resting", orderId: order.id, lots: left });
    } else if (left > 0) events.push(done(left, "expired"));
    return events;
  }

  cancel(orderId: string): MatchEvent[] {
    const lots = this.own.remove(orderId);
    return lots === 0 ? [] : [{ kind: "done", orderId, lots, why: "canceled" }];
  }

  cut(orderId: string, left: number): void {
    this.own.cut(orderId, left);
  }

  preview(order: Wish): [ticks: number, lots: number][] {
    return previewTrades(order, this.makers(order.side, limitOf(order)));
  }

  best(): Best | undefined {
    if (Number.isNaN(this.last)) return undefined;
    return { bidTicks: this.bidTicks, bidLots: this.lots, askTicks: this.askTicks, askLots: this.lots };
  }

  depth(levels: number): Depth {
    if (Number.isNaN(this.last) || levels < 1) return { bids: [], asks: [] };
    return { bids: [[this.bidTicks, this.lots]], asks: [[this.askTicks, this.lots]] };
  }

  private show(ticks: number): void {
    this.last = ticks;
    this.bidTicks = Math.max(1, Math.floor(ticks * (1 - this.halfSpread) + NOISE));
    this.askTicks = Math.max(this.bidTicks + 1, Math.ceil(ticks * (1 + this.halfSpread) - NOISE));
    this.lots = Math.min(LOTS_MAX, Math.floor(this.lotTicks / ticks + NOISE));
    this.taken.BUY = 0;
    this.taken.SELL = 0;
  }

  private touchOf(side: Side): number {
    return side === "BUY" ? this.bidTicks : this.askTicks;
  }

  /** What a taker pays who meets `side` of the touch. */
  private priceAt(side: Side, limitTicks: number): number {
    const touch = this.touchOf(side);
    if (side === "SELL") return Math.min(limitTicks, Math.ceil(touch * (1 + this.slippage) - NOISE));
    return Math.max(limitTicks, 1, Math.floor(touch * (1 - this.slippage) + NOISE));
  }

  private free(side: Side): number {
    return Number.isNaN(this.last) ? 0 : this.lots - this.taken[side];
  }

  /** What a taker of `taker` meets, best price first. */
  private *makers(taker: Side, limitTicks: number): Generator<Maker> {
    const side = opposite(taker);
    const touch = this.free(side) > 0 ? this.touchOf(side) : undefined;
    const own = [...this.own.walk(side)];
    let next = 0;
    if (touch !== undefined) {
      for (; next < own.length && !isWithin(taker, touch, own[next]!.ticks); next++) yield own[next]!;
      if (isWithin(taker, touch, limitTicks)) {
        yield { ticks: this.priceAt(side, limitTicks), lots: this.free(side), hidden: 0, peak: 0, owner: "" };
      }
    }
    yield* own.slice(next);
  }

  /** Answers what is left. */
  private take(order: NewOrder, limitTicks: number, events: MatchEvent[]): number {
    const from = opposite(order.side);
    let left = order.lots;
    while (left > 0) {
      const touch = this.free(from) > 0 ? this.touchOf(from) : undefined;
      const mine = this.own.front(from);
      const isMine = mine !== undefined && (touch === undefined || !isWithin(order.side, touch, mine.ticks));
      const ticks = isMine ? mine.ticks : touch;
      if (ticks === undefined || !isWithin(order.side, ticks, limitTicks)) break;
      if (isMine && isOwn(order, mine)) {
        const event = decidePrevention(order, left, mine);
        events.push(event);
        yieldMaker(this.own, event);
        left -= event.takerLots;
        continue;
      }
      const lots = Math.min(left, isMine ? mine.lots : this.free(from));
      left -= lots;
      const price = isMine ? mine.ticks : this.priceAt(from, limitTicks);
      events.push({ kind: "trade", orderId: order.id, maker: false, ticks: price, lots });
      if (isMine) this.fillMaker(mine, lots, events);
      else this.taken[from] += lots;
    }
    return left;
  }

  private fillMaker({ id, ticks }: RestingOrder, lots: number, events: MatchEvent[]): void {
    this.own.fill(id, lots);
    events.push({ kind: "trade", orderId: id, maker: true, ticks, lots });
  }

  private wouldTake(side: Side, limitTicks: number): boolean {
    const from = opposite(side);
    const touches = !Number.isNaN(this.last) && isWithin(side, this.touchOf(from), limitTicks);
    return touches || this.own.available(side, limitTicks, 1) > 0;
  }
}
