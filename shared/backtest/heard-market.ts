/** What the exchange's connector makes of one instrument's frames: repeats left out, the book kept whole, told once a turn. */
import { type BookDiff, type BookSnapshot, BookSync } from "../engine/book-sync.ts";
import type { MarketEar } from "./market.ts";

export interface HeardPorts {
  now(): number;
  /** Asks the exchange for the book; it takes the time that a question takes. */
  fetch(who: number, then: (snapshot: BookSnapshot) => void): void;
  after(ms: number, run: () => void): void;
}

const SECOND_MS = 1_000;
/** Waits between questions for a book that came too old, without their chance. */
const SNAPSHOT_WAIT_MS = [250, 500, 1_000, 2_000, 5_000];

type Trade = Parameters<MarketEar["trade"]>[2];
type Top = Parameters<MarketEar["ticker"]>[2];

export class HeardMarket {
  private readonly who: number;
  private readonly isSpot: boolean;
  private readonly ports: HeardPorts;
  private readonly sync = new BookSync();
  private newestTs = 0;
  private lastTrade = 0;
  private lastTicker = 0;
  private lastFunding = 0;
  private lastDiff = 0;
  private second = 0;
  /** The book changed since its top was last told. */
  private isDirty = false;
  private isFetching = false;

  constructor(who: number, isSpot: boolean, ports: HeardPorts) {
    this.who = who;
    this.isSpot = isSpot;
    this.ports = ports;
  }

  trade(exchTs: number, trade: Trade, ear: MarketEar): void {
    if (trade.id <= this.lastTrade || !(trade.ticks > 0 && trade.lots > 0)) return;
    this.lastTrade = trade.id;
    if (this.isOfNextSecond(exchTs)) this.tellChanges(ear);
    if (exchTs > this.newestTs) this.newestTs = exchTs;
    ear.trade(this.who, exchTs, trade);
  }

  ticker(exchTs: number, top: Top, ear: MarketEar): void {
    if (top.seq <= this.lastTicker || top.bidTicks >= top.askTicks) return;
    // Spot names no time of it: the newest that was named stands in.
    const at = this.isSpot ? this.newestTs || this.ports.now() : exchTs;
    this.lastTicker = top.seq;
    if (this.isOfNextSecond(at)) this.tellChanges(ear);
    ear.ticker(this.who, at, top);
  }

  funding(exchTs: number, told: Parameters<MarketEar["funding"]>[2], ear: MarketEar): void {
    if (exchTs <= this.lastFunding) return;
    this.lastFunding = exchTs;
    ear.funding(this.who, exchTs, told);
  }

  /** `isFirst`: nothing else of its connection has changed a book in this turn. Answers whether it is told later. */
  diff(exchTs: number, diff: BookDiff, { ear, isFirst }: { ear: MarketEar; isFirst: boolean }): boolean {
    if (diff.last <= this.lastDiff) return false;
    this.lastDiff = diff.last;
    if (exchTs > this.newestTs) this.newestTs = exchTs;
    const taken = this.sync.take(diff);
    if (taken === "gap") this.tellBook(ear);
    if (taken === "held" || taken === "gap") this.fetch(ear, 0);
    if (taken !== "applied") return false;
    if (this.isOfNextSecond(exchTs)) {
      this.tellBook(ear);
      return false;
    }
    if (isFirst) this.tellBook(ear);
    else this.isDirty = true;
    return true;
  }

  /** The connection's turn is over. */
  endTurn(ear: MarketEar): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    if (this.sync.live) this.tellBook(ear);
  }

  private tellChanges(ear: MarketEar): void {
    if (this.isDirty && this.sync.live) this.tellBook(ear);
  }

  /** Bars end on whole seconds: what closes one must find the book as it was. */
  private isOfNextSecond(exchTs: number): boolean {
    const second = Math.floor(exchTs / SECOND_MS);
    if (second <= this.second) return false;
    this.second = second;
    return true;
  }

  private tellBook(ear: MarketEar): void {
    ear.depth(this.who, this.newestTs || this.ports.now(), this.sync.book, this.sync.live);
  }

  private fetch(ear: MarketEar, attempt: number): void {
    if (this.isFetching && attempt === 0) return;
    this.isFetching = true;
    this.ports.fetch(this.who, (snapshot) => {
      if (this.sync.restore(snapshot)) this.tellBook(ear);
      if (this.sync.live) {
        this.isFetching = false;
        return;
      }
      const waitMs = SNAPSHOT_WAIT_MS[Math.min(attempt, SNAPSHOT_WAIT_MS.length - 1)]!;
      this.ports.after(waitMs, () => this.fetch(ear, attempt + 1));
    });
  }
}
