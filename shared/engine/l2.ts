/** An aggregated order book kept by absolute level updates: price in ticks → lots, the best level found at once. */
import type { Side } from "../domain/order.ts";
import type { Best, Depth } from "./matcher.ts";

const ROOM_MIN = 256;
/** Few levels are moved sooner by hand than by a call of the runtime. */
const MOVED_ONE_BY_ONE_MAX = 48;

/**
 * One side. Prices are kept as ascending keys (ticks for bids, −ticks for asks), so the best is last on both sides
 * and the levels that change most are those that few others stand behind.
 */
class Half {
  size = 0;
  private readonly sign: 1 | -1;
  private keys = new Float64Array(ROOM_MIN);
  private lots = new Float64Array(ROOM_MIN);

  constructor(sign: 1 | -1) {
    this.sign = sign;
  }

  /** Answers the lots that stood there before. */
  set(ticks: number, lots: number): number {
    const key = this.sign * ticks;
    const at = this.find(key);
    const stands = at < this.size && this.keys[at] === key;
    const before = stands ? this.lots[at]! : 0;
    if (lots === 0) {
      if (stands) this.close(at);
    } else {
      if (!stands) this.open(at, key);
      this.lots[at] = lots;
    }
    return before;
  }

  at(ticks: number): number {
    const key = this.sign * ticks;
    const at = this.find(key);
    return at < this.size && this.keys[at] === key ? this.lots[at]! : 0;
  }

  /** `rank` 0 is the best. */
  ticks(rank: number): number {
    return this.sign * this.keys[this.size - 1 - rank]!;
  }

  quantity(rank: number): number {
    return this.lots[this.size - 1 - rank]!;
  }

  /** Drops the `count` best levels. */
  dropBest(count: number): void {
    this.size -= count;
  }

  private open(at: number, key: number): void {
    if (this.size === this.keys.length) this.grow();
    const { keys, lots, size } = this;
    if (size - at > MOVED_ONE_BY_ONE_MAX) {
      keys.copyWithin(at + 1, at, size);
      lots.copyWithin(at + 1, at, size);
    } else {
      for (let i = size; i > at; i--) {
        keys[i] = keys[i - 1]!;
        lots[i] = lots[i - 1]!;
      }
    }
    keys[at] = key;
    this.size++;
  }

  private close(at: number): void {
    const { keys, lots, size } = this;
    if (size - at > MOVED_ONE_BY_ONE_MAX) {
      keys.copyWithin(at, at + 1, size);
      lots.copyWithin(at, at + 1, size);
    } else {
      for (let i = at + 1; i < size; i++) {
        keys[i - 1] = keys[i]!;
        lots[i - 1] = lots[i]!;
      }
    }
    this.size--;
  }

  private grow(): void {
    const { keys, lots } = this;
    this.keys = new Float64Array(keys.length * 2);
    this.lots = new Float64Array(keys.length * 2);
    this.keys.set(keys);
    this.lots.set(lots);
  }

  private find(key: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class L2Book {
  private readonly bids = new Half(1);
  private readonly asks = new Half(-1);

  /** Sets a level's absolute lots, zero removes it; answers the lots that stood there before. */
  set(side: Side, ticks: number, lots: number): number {
    return this.half(side).set(ticks, lots);
  }

  clear(): void {
    this.bids.size = 0;
    this.asks.size = 0;
  }

  /** Lots at a price; zero where none stand. */
  at(side: Side, ticks: number): number {
    return this.half(side).at(ticks);
  }

  /** Levels on a side. */
  size(side: Side): number {
    return this.half(side).size;
  }

  /** The price of a side's level by rank, 0 the best; NaN beyond the last. */
  ticksAt(side: Side, rank: number): number {
    return this.half(side).ticks(rank);
  }

  /** The lots of a side's level by rank, 0 the best; undefined beyond the last. */
  lotsAt(side: Side, rank: number): number {
    return this.half(side).quantity(rank);
  }

  /** Nothing while one side is empty. */
  best(): Best | undefined {
    const { bids, asks } = this;
    if (bids.size === 0 || asks.size === 0) return undefined;
    return { bidTicks: bids.ticks(0), bidLots: bids.quantity(0), askTicks: asks.ticks(0), askLots: asks.quantity(0) };
  }

  /** A bid at or above an ask: never in a whole book, so updates were lost or mixed up. */
  crossed(): boolean {
    return this.bids.size > 0 && this.asks.size > 0 && this.bids.ticks(0) >= this.asks.ticks(0);
  }

  /** The best `count` levels of each side, best first. */
  top(count: number): Depth {
    return { bids: levels(this.bids, count), asks: levels(this.asks, count) };
  }

  /** Removes every level of a side with a better price than `ticks`; answers how many. */
  dropBetter(side: Side, ticks: number): number {
    const half = this.half(side);
    let count = 0;
    while (count < half.size && (side === "BUY" ? half.ticks(count) > ticks : half.ticks(count) < ticks)) count++;
    half.dropBest(count);
    return count;
  }

  private half(side: Side): Half {
    return side === "BUY" ? this.bids : this.asks;
  }
}

function levels(half: Half, count: number): [number, number][] {
  const length = Math.min(count, half.size);
  const result = new Array<[number, number]>(length);
  for (let rank = 0; rank < length; rank++) result[rank] = [half.ticks(rank), half.quantity(rank)];
  return result;
}
