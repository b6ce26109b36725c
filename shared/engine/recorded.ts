/**
 * The market of a recording: our orders meet a recorded order book that cannot react to them.
 *
 * - Takers consume what is displayed, best price first. What they took stays taken until the level changes again, so
 *   the same liquidity is not drunk twice; the recorded market itself never misses it.
 * - Makers wait in the queue of `queue.ts` and fill when recorded trades reach them. A trade at a worse price went
 *   through us first; a book that shows opposite lots at or beyond our price fills us from these lots. Both fill at
 *   our own price and never more than the volume that came.
 * - Our orders meet each other in price-time priority too; at the same price, recorded lots go first.
 * - The book is the last snapshot with all later differences (earlier ones say nothing new); a book ticker that is
 *   newer than they are corrects the top. Without any snapshot it is built from differences and tickers alone, and
 *   `isWhole` is false.
 *
 * `best` and `depth` show the recorded market without our orders and what they took.
 */
import { opposite, type Side } from "../domain/order.ts";
import { assert } from "../errors.ts";
import { FastBook } from "./fast-book.ts";
import { L2Book } from "./l2.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder, Wish } from "./matcher.ts";
import { checkOrder, restingOf, rests, yieldMaker } from "./matching.ts";
import { isWithin, type RestingOrder } from "./order-book.ts";
import { decidePrevention, isOwn } from "./prevention.ts";
import { limitOf, type Maker, previewTrades } from "./preview.ts";
import { RecordedQueue } from "./queue.ts";

/** Levels as ticks, lots, ticks, lots, …; absolute, zero removes. */
export interface LevelUpdate {
  last: number;
  bids: readonly number[];
  asks: readonly number[];
}

export interface TickerUpdate extends Best {
  seq: number;
}

/** Differences kept for a snapshot that was taken before them but recorded after. */
const RECENT_MAX = 512;

interface Taken {
  lots: number;
  displayed: number;
}

export class RecordedMatcher implements Matcher {
  /** Update id of the last snapshot or difference. */
  sequence = 0;
  /** A snapshot was seen. */
  isWhole = false;
  private readonly market = new L2Book();
  private readonly own = new FastBook();
  private readonly queues: Readonly<Record<Side, Map<number, RecordedQueue>>> = { BUY: new Map(), SELL: new Map() };
  private readonly taken: Readonly<Record<Side, Map<number, Taken>>> = { BUY: new Map(), SELL: new Map() };
  private recent: LevelUpdate[] = [];
  private ticker: TickerUpdate | undefined;

  place(order: NewOrder): MatchEvent[] {
    checkOrder(order);
    assert(this.own.get(order.id) === undefined, `order ${order.id} rests already`);
    const limitTicks = limitOf(order);
    const done = (lots: number, why: "expired" | "would_take"): MatchEvent => ({
      kind: "done",
      orderId: order.id,
      lots,
      why,
    });
    if (order.tif === "FOK" && this.preview(order).reduce((sum, [, lots]) => sum + lots, 0) < order.lots) {
      return [done(order.lots, "expired")];
    }
    if (order.tif === "GTX" && order.kind === "limit" && this.wouldTake(order.side, limitTicks)) {
      return [done(order.lots, "would_take")];
    }
    const events: MatchEvent[] = [];
    const left = this.take(order, limitTicks, events);
    if (left > 0 && rests(order)) {
      this.rest(order, left);
      events.push({ kind: "resting", orderId: order.id, lots: left });
    } else if (left > 0) events.push(done(left, "expired"));
    return events;
  }

  cancel(orderId: string): MatchEvent[] {
    const order = this.own.get(orderId);
    if (order === undefined) return [];
    this.leave(order.side, order.ticks, orderId);
    return [{ kind: "done", orderId, lots: this.own.remove(orderId), why: "canceled" }];
  }

  cut(orderId: string, left: number): void {
    this.own.cut(orderId, left);
  }

  preview(order: Wish): [ticks: number, lots: number][] {
    return previewTrades(order, this.makers(opposite(order.side)));
  }

  /** What a taker meets on `side`, best price first: at the same price the recorded lots, then our own. */
  private *makers(side: Side): Generator<Maker> {
    const own = [...this.own.walk(side)];
    let next = 0;
    const ranks = this.isKnown ? this.market.size(side) : 0;
    for (let rank = 0; rank < ranks; rank++) {
      const ticks = this.market.ticksAt(side, rank);
      for (; next < own.length && !isWithin(opposite(side), ticks, own[next]!.ticks); next++) yield own[next]!;
      const lots = this.free(side, rank);
      if (lots > 0) yield { ticks, lots, hidden: 0, peak: 0, owner: "" };
    }
    yield* own.slice(next);
  }

  best(): Best | undefined {
    return this.isKnown ? this.market.best() : undefined;
  }

  depth(levels: number): Depth {
    return this.isKnown ? this.market.top(levels) : { bids: [], asks: [] };
  }

  /** Recorded lots ahead of one of our orders; undefined when it does not rest. */
  aheadOf(orderId: string): number | undefined {
    const order = this.own.get(orderId);
    return order && this.queues[order.side].get(order.ticks)?.aheadOf(orderId);
  }

  /** Forgets the market until the next snapshot: nothing trades. Our orders keep their places. */
  forget(): void {
    this.market.clear();
    this.recent = [];
    this.ticker = undefined;
    this.isWhole = false;
  }

  onSnapshot(snapshot: LevelUpdate): MatchEvent[] {
    // One that is older than the whole book we have says nothing new.
    if (this.isWhole && this.recent[0] !== undefined && snapshot.last < this.recent[0].last) return [];
    this.market.clear();
    this.apply(snapshot);
    for (const update of this.recent) if (update.last > snapshot.last) this.apply(update);
    this.isWhole = true;
    this.sequence = Math.max(snapshot.last, this.recent.at(-1)?.last ?? 0);
    return this.settle();
  }

  onDepth(update: LevelUpdate): MatchEvent[] {
    if (this.isWhole && update.last <= this.sequence) return [];
    this.recent.push(update);
    if (this.recent.length > RECENT_MAX) this.recent = this.recent.slice(RECENT_MAX / 2);
    this.apply(update);
    this.sequence = update.last;
    return this.settle();
  }

  onTicker(ticker: TickerUpdate): MatchEvent[] {
    if (ticker.seq < this.sequence) return [];
    this.ticker = ticker;
    return this.settle();
  }

  onTrade(trade: { ticks: number; lots: number; buyerIsTaker: boolean }): MatchEvent[] {
    if (this.own.size === 0) return [];
    const side: Side = trade.buyerIsTaker ? "SELL" : "BUY";
    const events: MatchEvent[] = [];
    let reaching = trade.lots;
    for (let front = this.own.front(side); front !== undefined && reaching > 0; front = this.own.front(side)) {
      if (front.ticks === trade.ticks || !isWithin(opposite(side), front.ticks, trade.ticks)) break;
      reaching -= this.fillMaker(front.id, Math.min(front.lots, reaching), events);
    }
    const queue = this.queues[side].get(trade.ticks);
    if (queue !== undefined) {
      const fills = queue.onTrade(trade.lots, reaching, (id) => this.own.get(id)!.lots);
      for (const { orderId, lots } of fills) this.fillMaker(orderId, lots, events);
    }
    return events;
  }

  /** The top of the book can be believed. */
  private get isKnown(): boolean {
    return this.isWhole || this.ticker !== undefined;
  }

  private apply({ bids, asks }: LevelUpdate): void {
    for (let i = 0; i < bids.length; i += 2) this.market.set("BUY", bids[i]!, bids[i + 1]!);
    for (let i = 0; i < asks.length; i += 2) this.market.set("SELL", asks[i]!, asks[i + 1]!);
  }

  /** After any change of the recorded book: the newer ticker on top, queues moved, crossed orders filled. */
  private settle(): MatchEvent[] {
    const { ticker, market } = this;
    if (ticker !== undefined && ticker.seq > this.sequence) {
      market.dropBetter("BUY", ticker.bidTicks);
      market.dropBetter("SELL", ticker.askTicks);
      market.set("BUY", ticker.bidTicks, ticker.bidLots);
      market.set("SELL", ticker.askTicks, ticker.askLots);
    }
    this.review("BUY");
    this.review("SELL");
    if (this.own.size === 0 || !this.isKnown) return [];
    const events: MatchEvent[] = [];
    for (const side of ["BUY", "SELL"] as const) this.fillCrossed(side, events);
    return events;
  }

  /** What the changed book leaves of what takers took and of the queues of a side. */
  private review(side: Side): void {
    const { market } = this;
    const taken = this.taken[side];
    if (taken.size > 0) {
      for (const [ticks, { displayed }] of taken) if (market.at(side, ticks) !== displayed) taken.delete(ticks);
    }
    const queues = this.queues[side];
    if (queues.size > 0) for (const [ticks, queue] of queues) queue.onDisplayed(market.at(side, ticks));
  }

  /** Our resting orders of `side` against recorded lots at or beyond their price. */
  private fillCrossed(side: Side, events: MatchEvent[]): void {
    for (let front = this.own.front(side); front !== undefined; front = this.own.front(side)) {
      const rank = this.firstFree(opposite(side));
      const ticks = this.market.ticksAt(opposite(side), rank);
      if (!isWithin(side, ticks, front.ticks)) return;
      const lots = Math.min(front.lots, this.free(opposite(side), rank));
      this.use(opposite(side), rank, lots);
      this.fillMaker(front.id, lots, events);
    }
  }

  /** Best price first; at the same price the recorded lots, then our own. Answers what is left. */
  private take(order: NewOrder, limitTicks: number, events: MatchEvent[]): number {
    const from = opposite(order.side);
    let left = order.lots;
    while (left > 0) {
      const rank = this.isKnown ? this.firstFree(from) : this.market.size(from);
      const ticks = this.market.ticksAt(from, rank);
      const mine = this.own.front(from);
      const mineFirst = mine !== undefined && !isWithin(order.side, ticks, mine.ticks);
      const price = mineFirst ? mine.ticks : ticks;
      if (!isWithin(order.side, price, limitTicks)) break;
      if (mineFirst && isOwn(order, mine)) {
        left -= this.prevent(order, left, { maker: mine, events });
        continue;
      }
      const lots = Math.min(left, mineFirst ? mine.lots : this.free(from, rank));
      left -= lots;
      events.push({ kind: "trade", orderId: order.id, maker: false, ticks: price, lots });
      if (mineFirst) this.fillMaker(mine.id, lots, events);
      else this.use(from, rank, lots);
    }
    return left;
  }

  /** Answers what prevention took from the taker. */
  private prevent(
    taker: NewOrder,
    left: number,
    { maker, events }: { maker: RestingOrder; events: MatchEvent[] },
  ): number {
    const event = decidePrevention(taker, left, maker);
    events.push(event);
    yieldMaker(this.own, event);
    if (this.own.get(maker.id) === undefined) this.leave(maker.side, maker.ticks, maker.id);
    return event.takerLots;
  }

  private rest(order: NewOrder, lots: number): void {
    this.own.add(restingOf(order, lots));
    this.queueUp(order);
  }

  private queueUp({ id, side, ticks }: { id: string; side: Side; ticks: number }): void {
    let queue = this.queues[side].get(ticks);
    if (queue === undefined) {
      queue = new RecordedQueue(this.market.at(side, ticks));
      this.queues[side].set(ticks, queue);
    }
    queue.join(id, this.taken[side].get(ticks)?.lots ?? 0);
  }

  private leave(side: Side, ticks: number, orderId: string): void {
    const queue = this.queues[side].get(ticks)!;
    queue.leave(orderId);
    if (queue.isEmpty) this.queues[side].delete(ticks);
  }

  private fillMaker(orderId: string, lots: number, events: MatchEvent[]): number {
    const order = this.own.get(orderId)!;
    const { side, ticks } = order;
    const isSlice = lots === order.lots;
    this.own.fill(orderId, lots);
    if (isSlice) this.leave(side, ticks, orderId);
    // An iceberg's next slice queues behind everything that is shown.
    if (isSlice && this.own.get(orderId) !== undefined) this.queueUp(order);
    events.push({ kind: "trade", orderId, maker: true, ticks, lots });
    return lots;
  }

  private wouldTake(side: Side, limitTicks: number): boolean {
    const recorded = this.isKnown && isWithin(side, this.market.ticksAt(opposite(side), 0), limitTicks);
    return recorded || this.own.available(side, limitTicks, 1) > 0;
  }

  /** Rank of a side's best level that is not wholly taken; its size when there is none. */
  private firstFree(side: Side): number {
    let rank = 0;
    while (rank < this.market.size(side) && this.free(side, rank) === 0) rank++;
    return rank;
  }

  private free(side: Side, rank: number): number {
    const taken = this.taken[side].get(this.market.ticksAt(side, rank))?.lots ?? 0;
    return this.market.lotsAt(side, rank) - taken;
  }

  private use(side: Side, rank: number, lots: number): void {
    const ticks = this.market.ticksAt(side, rank);
    const before = this.taken[side].get(ticks)?.lots ?? 0;
    this.taken[side].set(ticks, { lots: before + lots, displayed: this.market.lotsAt(side, rank) });
  }
}
