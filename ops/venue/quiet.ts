/** The quiet market: nobody trades but the venue's own clients, whose orders make the book, its stream and the bars. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { showFixed } from "../../shared/domain/money.ts";
import { type Listing, priceOf, qtyOf } from "../../shared/engine/listing.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder, Wish } from "../../shared/engine/matcher.ts";
import { LimitOrderMatcher } from "../../shared/engine/matching.ts";
import { refuse } from "../../shared/errors.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import { printOf } from "./frames.ts";
import type { Bar } from "./klines.ts";
import type { KlineQuery, MarketHooks, MarketModel } from "./market.ts";
import { nextFundingAt, TAPE_PERIOD_MS, Tape } from "./tape.ts";

const LEVELS_MAX = 1_000;

/** One book that tells its changes: trades, then the depth they left, then the best prices. */
class QuietBook implements Matcher {
  readonly tape: Tape;
  sequence = 1;
  lastTicks: number | undefined;
  hooks: MarketHooks | undefined;
  private readonly matcher = new LimitOrderMatcher();
  private readonly listing: Listing;
  private readonly clock: Clock;
  private shown: { bids: Map<number, number>; asks: Map<number, number> } = { bids: new Map(), asks: new Map() };
  private tradeId = 0;
  private toldBest = "";

  constructor(listing: Listing, clock: Clock) {
    this.listing = listing;
    this.clock = clock;
    this.tape = new Tape(printOf(listing));
  }

  open(hooks: MarketHooks): void {
    this.hooks = hooks;
    this.tape.start(hooks);
  }

  /** The mid, else the last price; ticks. */
  mark(): number | undefined {
    const best = this.best();
    return best ? (best.bidTicks + best.askTicks) / 2 : this.lastTicks;
  }

  place(order: NewOrder): MatchEvent[] {
    const events = this.matcher.place(order);
    this.tell(order.side === "SELL", events);
    return events;
  }

  cancel(orderId: string): MatchEvent[] {
    const events = this.matcher.cancel(orderId);
    this.tell(false, events);
    return events;
  }

  cut(orderId: string, left: number): void {
    this.matcher.cut(orderId, left);
    this.tell(false, []);
  }

  preview(order: Wish): [ticks: number, lots: number][] {
    return this.matcher.preview(order);
  }

  best(): Best | undefined {
    return this.matcher.best();
  }

  depth(levels: number): Depth {
    return this.matcher.depth(levels);
  }

  private tell(sellerTakes: boolean, events: readonly MatchEvent[]): void {
    const ts = Math.floor(this.clock.now());
    for (const event of events) {
      if (event.kind !== "trade" || event.maker) continue;
      this.lastTicks = event.ticks;
      this.trade(event, sellerTakes, ts);
      this.tape.trade(ts, { id: this.tradeId, ticks: event.ticks, lots: event.lots, buyerIsTaker: !sellerTakes });
    }
    this.change(ts);
  }

  private price(ticks: number): string {
    return showFixed(priceOf(this.listing, ticks), this.listing.market === "SPOT" ? 8 : this.listing.price_digits);
  }

  private qty(lots: number): string {
    return showFixed(qtyOf(this.listing, lots), this.listing.market === "SPOT" ? 8 : this.listing.qty_digits);
  }

  private trade(event: { ticks: number; lots: number }, sellerTakes: boolean, ts: number): void {
    this.tradeId += 1;
    const said = { e: "trade", E: ts, T: ts, s: this.listing.symbol, t: this.tradeId, p: this.price(event.ticks) };
    const kind = this.listing.market === "SPOT" ? { m: sellerTakes, M: true } : { X: "MARKET", m: sellerTakes };
    const raw = JSON.stringify({ ...said, q: this.qty(event.lots), ...kind });
    this.hooks?.frame(this.listing.instrument, "trade", raw, ts);
  }

  /** The levels that differ from what was shown last, as absolute quantities. */
  private change(ts: number): void {
    const depth = this.matcher.depth(LEVELS_MAX);
    const bids = new Map(depth.bids);
    const asks = new Map(depth.asks);
    const rows = [this.differ(this.shown.bids, bids), this.differ(this.shown.asks, asks)];
    if (rows.every((side) => side.length === 0)) return;
    this.shown = { bids, asks };
    const before = this.sequence;
    this.sequence += 1;
    const { instrument, symbol } = this.listing;
    const chain = { U: this.sequence, u: this.sequence };
    const futures = this.listing.market === "FUT" ? { T: ts, pu: before } : {};
    const said = { e: "depthUpdate", E: ts, s: symbol, ...chain, ...futures, b: rows[0], a: rows[1] };
    this.hooks?.frame(instrument, "depth", JSON.stringify(said), ts);
    const best = this.matcher.best();
    if (!best) return;
    const top = { b: this.price(best.bidTicks), B: this.qty(best.bidLots) };
    const other = { a: this.price(best.askTicks), A: this.qty(best.askLots) };
    const stamp = this.listing.market === "FUT" ? { e: "bookTicker", T: ts, E: ts } : {};
    const told = JSON.stringify([top, other]);
    if (told === this.toldBest) return;
    this.toldBest = told;
    const raw = JSON.stringify({ ...stamp, u: this.sequence, s: symbol, ...top, ...other });
    this.hooks?.frame(instrument, "bookTicker", raw, ts);
  }

  private differ(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): [string, string][] {
    const rows: [string, string][] = [];
    for (const [ticks, lots] of after) if (before.get(ticks) !== lots) rows.push([this.price(ticks), this.qty(lots)]);
    for (const ticks of before.keys()) if (!after.has(ticks)) rows.push([this.price(ticks), this.qty(0)]);
    return rows;
  }
}

/** A market of all `listings`, empty at the start. Mark is the mid, else the last price; funding is zero. */
export function quietMarket(listings: readonly Listing[], clock: Clock): MarketModel {
  const books = new Map(listings.map((listing) => [listing.instrument, new QuietBook(listing, clock)]));
  const bookOf = (instrument: InstrumentId): QuietBook =>
    books.get(instrument) ?? refuse("INSTRUMENT_DISABLED", `${instrument} is not in this market`);
  const funding = () => ({ rate: 0, nextAt: nextFundingAt(clock.now()) });
  let cancel: Cancel = () => {};
  const beat = (): void => {
    const now = clock.now();
    for (const [instrument, book] of books) {
      const ticks = instrument.startsWith("FUT:") ? book.mark() : undefined;
      book.tape.beat(now, now, ticks === undefined ? undefined : { ticks, ...funding() });
    }
  };
  return {
    matcher: bookOf,
    start: (hooks) => {
      for (const book of books.values()) book.open(hooks);
      cancel = clock.every(TAPE_PERIOD_MS, beat);
    },
    stop: () => {
      cancel();
      for (const book of books.values()) book.hooks = undefined;
    },
    klines: (instrument: InstrumentId, timeframe: string, query: KlineQuery): Bar[] => {
      const { klines } = bookOf(instrument).tape;
      klines.advance(clock.now());
      return klines.query(timeframe, query);
    },
    mark: (instrument) => bookOf(instrument).mark(),
    funding,
    sequence: (instrument) => bookOf(instrument).sequence,
    assumed: ["mark=mid", "funding=0"],
  };
}
