/** What the factors of one instrument share: the newest book and funding in numbers, and windows of trades and mids. */
import type { Depth, Level } from "../../domain/market.ts";
import type { Memory } from "./memory.ts";
import { TradeWindow, Trail } from "./windows.ts";

/** Levels kept in numbers; deeper ones are never looked at. */
export const BOOK_LEVELS_MAX = 10;

/** Best bid and ask; all NaN before the first, and while they are crossed or no numbers. */
export class Top {
  bid = Number.NaN;
  bidQty = Number.NaN;
  ask = Number.NaN;
  askQty = Number.NaN;
  mid = Number.NaN;

  set(bid: number, bidQty: number, ask: number, askQty: number): void {
    this.bid = bid;
    this.bidQty = bidQty;
    this.ask = ask;
    this.askQty = askQty;
    const sound = this.bid > 0 && this.ask > this.bid && this.bidQty >= 0 && this.askQty >= 0;
    if (sound && Number.isFinite(this.ask)) this.mid = (this.bid + this.ask) / 2;
    else this.clear();
  }

  keep(memory: Memory): void {
    this.bid = memory.number(this.bid);
    this.bidQty = memory.number(this.bidQty);
    this.ask = memory.number(this.ask);
    this.askQty = memory.number(this.askQty);
    this.mid = memory.number(this.mid);
  }

  clear(): void {
    this.bid = Number.NaN;
    this.bidQty = Number.NaN;
    this.ask = Number.NaN;
    this.askQty = Number.NaN;
    this.mid = Number.NaN;
  }
}

/** A side of a book in numbers, best first. */
export interface LevelNumbers {
  readonly count: number;
  price(rank: number): number;
  qty(rank: number): number;
}

/** One side of the book: the running sums of its best levels, `quantity[n]` and `notional[n]` over the first n. */
class Side {
  levels = 0;
  readonly quantity = new Float64Array(BOOK_LEVELS_MAX + 1);
  readonly notional = new Float64Array(BOOK_LEVELS_MAX + 1);

  readonly #prices = new Float64Array(BOOK_LEVELS_MAX);
  readonly #sizes = new Float64Array(BOOK_LEVELS_MAX);

  read(levels: readonly Level[]): void {
    this.levels = Math.min(levels.length, BOOK_LEVELS_MAX);
    for (let n = 0; n < this.levels; n++) {
      const [price, qty] = levels[n]!;
      this.#prices[n] = Number(price);
      this.#sizes[n] = Number(qty);
    }
  }

  /** Copied at once: the book goes on. */
  copy(levels: LevelNumbers): void {
    this.levels = Math.min(levels.count, BOOK_LEVELS_MAX);
    for (let n = 0; n < this.levels; n++) {
      this.#prices[n] = levels.price(n);
      this.#sizes[n] = levels.qty(n);
    }
  }

  sum(): void {
    for (let n = 0; n < this.levels; n++) {
      const size = this.#sizes[n]!;
      this.quantity[n + 1] = this.quantity[n]! + size;
      this.notional[n + 1] = this.notional[n]! + this.#prices[n]! * size;
    }
  }

  keep(memory: Memory): void {
    this.levels = memory.number(this.levels);
    memory.numbers(this.quantity);
    memory.numbers(this.notional);
  }
}

/** The top levels of the book; summed only when a factor asks, since most updates pass unasked. */
export class Levels {
  readonly bids = new Side();
  readonly asks = new Side();
  /** False from a gap until the book is whole again, before the first book, and while it is crossed or empty. */
  ok = false;
  /** Text that is not read yet: most books pass unasked. */
  #depth: Depth | undefined;
  #summed = true;

  set(depth: Depth): void {
    const [bid, ask] = [depth.bids[0], depth.asks[0]];
    this.ok = depth.ok && bid !== undefined && ask !== undefined && Number(bid[0]) < Number(ask[0]);
    this.#depth = depth;
    this.#summed = false;
  }

  /** As `set`, told in numbers. */
  copy(ok: boolean, bids: LevelNumbers, asks: LevelNumbers): void {
    this.ok = ok && bids.count > 0 && asks.count > 0 && bids.price(0) < asks.price(0);
    this.bids.copy(bids);
    this.asks.copy(asks);
    this.#depth = undefined;
    this.#summed = false;
  }

  forget(): void {
    this.ok = false;
    this.#depth = undefined;
    this.#summed = true;
  }

  /** Sums first: they are all that is kept of the book. */
  keep(memory: Memory): void {
    this.has(1);
    this.ok = memory.flag(this.ok);
    this.bids.keep(memory);
    this.asks.keep(memory);
  }

  /** True when the book is sound and both sides have at least `n` levels; after it, the sides hold their sums. */
  has(n: number): boolean {
    if (!this.#summed) {
      if (this.#depth !== undefined) {
        this.bids.read(this.#depth.bids);
        this.asks.read(this.#depth.asks);
      }
      this.bids.sum();
      this.asks.sum();
      this.#summed = true;
    }
    return this.ok && this.bids.levels >= n && this.asks.levels >= n;
  }
}

/** The rate to come; NaN before the first and on markets without funding. */
export class FundingState {
  rate = Number.NaN;
  nextTs = Number.NaN;
  mark = Number.NaN;
  index = Number.NaN;

  set(rate: number, nextTs: number, mark: number, index: number): void {
    this.rate = rate;
    this.nextTs = nextTs;
    this.mark = mark;
    this.index = index;
  }

  forget(): void {
    this.rate = Number.NaN;
    this.nextTs = Number.NaN;
    this.mark = Number.NaN;
    this.index = Number.NaN;
  }

  keep(memory: Memory): void {
    this.rate = memory.number(this.rate);
    this.nextTs = memory.number(this.nextTs);
    this.mark = memory.number(this.mark);
    this.index = memory.number(this.index);
  }
}

/** Fed by the engine, read by factors. Factors of one window length share it. */
export class Inputs {
  /** The watermark: exchange time of the newest trade, ticker or book; NaN before the first. */
  now = Number.NaN;
  readonly top = new Top();
  readonly levels = new Levels();
  readonly funding = new FundingState();
  lastPrice = Number.NaN;
  #trades = new Map<number, TradeWindow>();
  #mids = new Map<number, Trail>();
  // Arrays beside the maps: walking an array allocates nothing.
  #tradeWindows: TradeWindow[] = [];
  #trails: Trail[] = [];

  tradeWindow(ms: number): TradeWindow {
    const known = this.#trades.get(ms);
    if (known !== undefined) return known;
    const made = new TradeWindow(ms, this.now);
    this.#trades.set(ms, made);
    this.#tradeWindows = [...this.#trades.values()];
    return made;
  }

  midTrail(ms: number): Trail {
    const known = this.#mids.get(ms);
    if (known !== undefined) return known;
    const made = new Trail(ms);
    if (!Number.isNaN(this.top.mid)) made.add(this.now, this.top.mid);
    this.#mids.set(ms, made);
    this.#trails = [...this.#mids.values()];
    return made;
  }

  /** Moves the watermark on, never back. */
  reach(exchTs: number): void {
    if (Number.isNaN(this.now)) {
      this.now = exchTs;
      for (const window of this.#tradeWindows) window.sinceTs = exchTs;
    } else if (exchTs > this.now) this.now = exchTs;
  }

  /** Windows by their length, ms: what a snapshot names them by. */
  get tradeWindows(): ReadonlyMap<number, TradeWindow> {
    return this.#trades;
  }
  get trails(): ReadonlyMap<number, Trail> {
    return this.#mids;
  }

  /** As if nothing had been heard: the market goes unwatched from here on. */
  forget(): void {
    this.now = Number.NaN;
    this.top.clear();
    this.levels.forget();
    this.funding.forget();
    this.lastPrice = Number.NaN;
    this.#trades.clear();
    this.#mids.clear();
    this.#tradeWindows = [];
    this.#trails = [];
  }

  /** All but the windows. */
  keep(memory: Memory): void {
    this.now = memory.number(this.now);
    this.top.keep(memory);
    this.levels.keep(memory);
    this.funding.keep(memory);
    this.lastPrice = memory.number(this.lastPrice);
  }

  addTrade(price: number, qty: number, takerBuys: boolean): void {
    this.lastPrice = price;
    for (const window of this.#tradeWindows) window.add(this.now, qty, takerBuys);
  }

  /** The top is set. */
  noteTop(): void {
    if (Number.isNaN(this.top.mid)) return;
    for (const trail of this.#trails) trail.add(this.now, this.top.mid);
  }
}
