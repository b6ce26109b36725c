/** One instrument of a market that is known by its prices alone: its touch, its mark, its funding, and what is heard. */
import type { Side } from "../domain/order.ts";
import type { Listing } from "../engine/listing.ts";
import type { FillModel } from "./backtest-options.ts";
import { Units } from "./in-units.ts";
import type { BookView, MarketEar } from "./market.ts";
import type { TapeEvent } from "./tape.ts";
import { TouchMatcher } from "./touch-matcher.ts";

const FUNDING_PERIOD_MS = 8 * 3_600_000;
/** Guards look at the three best levels; behind the touch lies nothing. */
const LEVELS = 3;

type Told = TapeEvent & { kind: "markPrice" };

export class TouchPlace {
  readonly units: Units;
  readonly matcher: TouchMatcher;
  readonly who: number;
  /** A touch of its own for what is heard, which is later than what happens. */
  private readonly heard: TouchMatcher;
  private readonly book: BookView;
  /** The mark as it was told last, and the last price then, ticks. */
  private mark: { ticks: number; last: number; at: number } | undefined;
  private expected: { rate: number; nextAt: number } | undefined;

  constructor(who: number, listing: Listing, fill: FillModel) {
    this.who = who;
    this.units = new Units(listing);
    this.matcher = new TouchMatcher(listing, fill);
    this.heard = new TouchMatcher(listing, fill);
    this.book = viewOf(this.heard);
  }

  get isFutures(): boolean {
    return this.units.listing.market === "FUT";
  }

  /** NaN is what the record does not say. */
  onMark(at: number, { mark, rate, nextAt }: Told): void {
    if (!Number.isNaN(mark)) this.mark = { ticks: mark / this.units.price(1), last: this.matcher.last, at };
    if (!Number.isNaN(rate)) this.expected = { rate, nextAt };
  }

  /** A bar opens: a mark that was told at this moment is of this price, not of the one before. */
  onOpen(at: number, ticks: number): void {
    if (this.mark?.at === at) this.mark = { ...this.mark, last: ticks };
  }

  /** What comes within a bar: its mark has no price beside it. */
  onRate({ rate, nextAt }: Told): void {
    if (!Number.isNaN(rate)) this.expected = { rate, nextAt };
  }

  /** It goes with the last price from where it was told. */
  markTicks(): number | undefined {
    const { last } = this.matcher;
    if (this.mark === undefined) return Number.isNaN(last) ? undefined : last;
    return Number.isNaN(this.mark.last) ? this.mark.ticks : this.mark.ticks + (last - this.mark.last);
  }

  tellTop(seq: number, exchTs: number, { ticks, ear }: { ticks: number; ear: MarketEar }): void {
    const { heard } = this;
    heard.move(ticks);
    const { bidTicks, askTicks, lots } = heard;
    ear.ticker(this.who, exchTs, { seq, bidTicks, bidLots: lots, askTicks, askLots: lots });
  }

  /** Around the price that was told last. */
  tellBook(exchTs: number, ear: MarketEar): void {
    ear.depth(this.who, exchTs, this.book, true);
  }

  tellMark(exchTs: number, { mark, rate, nextAt }: Told, ear: MarketEar): void {
    const price = Number.isNaN(mark) ? this.units.price(this.heard.last) : mark;
    if (Number.isNaN(price)) return;
    const said = Number.isNaN(rate) ? (this.expected ?? { rate: 0, nextAt: nextAfter(exchTs) }) : { rate, nextAt };
    ear.funding(this.who, exchTs, { mark: price, ...said });
  }

  /** Where nothing is recorded of it: the last price, and no funding. */
  tellUnmarked(exchTs: number, ear: MarketEar): void {
    if (!this.isFutures || this.mark !== undefined || this.expected !== undefined) return;
    const mark = this.units.price(this.heard.last);
    ear.funding(this.who, exchTs, { mark, rate: 0, nextAt: nextAfter(exchTs) });
  }
}

const nextAfter = (ts: number): number => (Math.floor(ts / FUNDING_PERIOD_MS) + 1) * FUNDING_PERIOD_MS;

function viewOf(touch: TouchMatcher): BookView {
  const ticksAt = (side: Side, rank: number): number => {
    const best = side === "BUY" ? touch.bidTicks : touch.askTicks;
    return side === "BUY" ? best - rank : best + rank;
  };
  return { size: () => LEVELS, ticksAt, lotsAt: (_, rank) => (rank === 0 ? touch.lots : 0) };
}

/** What stands in for the book, in words. */
export const assumedOfTouch = ({ spread_bps, slippage_bps, depth_usdt }: FillModel): string[] => [
  "market=not moved by us",
  `spread=${spread_bps} bps around the last price`,
  `slippage=${slippage_bps} bps of takers`,
  `depth=${depth_usdt} USDT on each side`,
  "limit orders=filled when the price goes through them",
];
