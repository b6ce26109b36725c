/** Keeps one instrument's book whole: Binance's sequence rules, from snapshot to gap and back. */
import { L2Book } from "./l2.ts";

/** A book update: absolute quantities per price, flat price and quantity pairs in units; `previous` on futures only. */
export interface BookDiff {
  readonly first: number;
  readonly last: number;
  readonly previous: number | undefined;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** Updates kept while a snapshot is on its way; at ten a second that is over three minutes. */
const HELD_MAX = 2_000;

/** The whole book after its update `last`, flat price and quantity pairs. */
export interface BookSnapshot {
  readonly last: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** `held`: waiting for a snapshot. `repeat`: seen already. `gap`: the book is lost and must be built anew. */
export type Taken = "applied" | "held" | "repeat" | "gap";

export class BookSync {
  readonly book = new L2Book();
  /** The last update that is in the book. */
  last = 0;
  live = false;
  private held: BookDiff[] = [];
  /** The first update after a snapshot may begin before it. */
  private fresh = false;

  take(diff: BookDiff): Taken {
    if (!this.live) {
      if (this.held.length === HELD_MAX) this.held = [];
      this.held.push(diff);
      return "held";
    }
    if (diff.last <= this.last) return "repeat";
    if (!this.continues(diff)) return this.lose();
    return this.apply(diff) ? "applied" : this.lose();
  }

  /** False: the snapshot is older than what is held; fetch another. */
  restore(snapshot: BookSnapshot): boolean {
    this.book.clear();
    this.set(snapshot);
    this.last = snapshot.last;
    this.fresh = true;
    const held = this.held;
    for (let i = 0; i < held.length; i++) {
      const diff = held[i]!;
      if (diff.last <= this.last) continue;
      if (!this.continues(diff) || !this.apply(diff)) {
        this.held = held.slice(i);
        return false;
      }
    }
    this.held = [];
    this.live = !this.book.crossed();
    return this.live;
  }

  /** Forgets everything: after a gap, and when the stream begins anew. */
  lose(): "gap" {
    this.live = false;
    this.held = [];
    this.book.clear();
    return "gap";
  }

  /**
   * Spot: the next update begins right after the last; futures: its `pu` is the last. After a snapshot the first one
   * may also straddle it (`U ≤ lastUpdateId + 1 ≤ u`).
   */
  private continues(diff: BookDiff): boolean {
    if (this.fresh && diff.first <= this.last + 1) return true;
    return diff.previous === undefined ? diff.first === this.last + 1 : diff.previous === this.last;
  }

  private apply(diff: BookDiff): boolean {
    this.set(diff);
    this.last = diff.last;
    this.fresh = false;
    return !this.book.crossed();
  }

  private set({ bids, asks }: Pick<BookDiff, "bids" | "asks">): void {
    const { book } = this;
    for (let i = 0; i < bids.length; i += 2) book.set("BUY", bids[i]!, bids[i + 1]!);
    for (let i = 0; i < asks.length; i += 2) book.set("SELL", asks[i]!, asks[i + 1]!);
  }
}
