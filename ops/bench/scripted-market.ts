/** A market that a benchmark moves by hand: one book a side of ten levels, and frames of the exchange's shape. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Depth, MatchEvent, Matcher, NewOrder } from "../../shared/engine/matcher.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Bar } from "../venue/klines.ts";
import type { MarketHooks, MarketModel } from "../venue/market.ts";

const MID_TICKS = 600_000;
const LEVELS = 10;
const LOTS = 1_000;
const LEANING_LOTS = 50_000;
/** Half the height of a bar, in ticks: some 5 basis points. */
const BAR_TICKS = 150;
const FUNDING = { rate: 0.0001, nextAt: Date.UTC(2100, 0, 1) };

const price = (ticks: number): string => (ticks / 10).toFixed(2);
const quantity = (lots: number): string => (lots / 1_000).toFixed(3);

/** Orders expire as soon as they come, so that one round leaves nothing to the next. */
class Book implements Matcher {
  readonly symbol: string;
  readonly instrument: InstrumentId;
  bidLots = LOTS;
  /** The last update that was told; best prices have numbers between the updates'. */
  told = 1;
  private sequence = 1;
  private tradeId = 0;

  constructor(instrument: InstrumentId) {
    this.instrument = instrument;
    this.symbol = instrument.slice(instrument.indexOf(":") + 1);
  }

  place(order: NewOrder): MatchEvent[] {
    return [{ kind: "done", orderId: order.id, lots: order.lots, why: "expired" }];
  }
  cancel(): [] {
    return [];
  }
  cut(): void {}
  preview(): [] {
    return [];
  }
  best() {
    return { bidTicks: MID_TICKS - 1, bidLots: this.bidLots, askTicks: MID_TICKS + 1, askLots: LOTS };
  }

  depth(): Depth {
    const side = (direction: 1 | -1, best: number) =>
      Array.from({ length: LEVELS }, (_, i): [number, number] => [
        MID_TICKS + direction * (i + 1),
        i === 0 ? best : LOTS,
      ]);
    return { bids: side(-1, this.bidLots), asks: side(1, LOTS) };
  }

  /** All ten levels of both sides, the best bid as it now is. */
  diff(ts: number): string {
    const [first, previous] = [this.sequence + 1, this.told];
    this.sequence += 2 * LEVELS;
    this.told = this.sequence;
    const rows = (levels: [number, number][]) => levels.map(([ticks, lots]) => [price(ticks), quantity(lots)]);
    const { bids, asks } = this.depth();
    const chain = { U: first, u: this.sequence, pu: previous };
    return JSON.stringify({ e: "depthUpdate", E: ts, T: ts, s: this.symbol, ...chain, b: rows(bids), a: rows(asks) });
  }

  top(ts: number): string {
    this.sequence += 1;
    const bid = { b: price(MID_TICKS - 1), B: quantity(this.bidLots) };
    const ask = { a: price(MID_TICKS + 1), A: quantity(LOTS) };
    return JSON.stringify({ e: "bookTicker", u: this.sequence, s: this.symbol, ...bid, ...ask, T: ts, E: ts });
  }

  trade(ts: number): string {
    this.tradeId += 1;
    const what = { t: this.tradeId, p: price(MID_TICKS + (this.tradeId % 2 === 0 ? 1 : -1)), q: "0.010", X: "MARKET" };
    return JSON.stringify({ e: "trade", E: ts, T: ts, s: this.symbol, ...what, m: this.tradeId % 2 === 1 });
  }

  mark(ts: number): string {
    const said = { p: price(MID_TICKS), i: price(MID_TICKS), r: String(FUNDING.rate), T: FUNDING.nextAt };
    return JSON.stringify({ e: "markPriceUpdate", E: ts, s: this.symbol, ...said });
  }
}

export class ScriptedMarket implements MarketModel {
  readonly assumed = [];
  private hooks: MarketHooks | undefined;
  private readonly clock: Clock;
  private readonly books: Map<InstrumentId, Book>;

  constructor(clock: Clock) {
    this.clock = clock;
    const futures = defaultListings().filter(({ market }) => market === "FUT");
    this.books = new Map(futures.map(({ instrument }) => [instrument, new Book(instrument)]));
  }

  /** Tells a book update in which the best bid outweighs the other levels together, or no longer does. */
  lean(instrument: InstrumentId, leaning: boolean): void {
    const book = this.matcher(instrument);
    book.bidLots = leaning ? LEANING_LOTS : LOTS;
    const ts = this.now();
    this.hooks?.frame(instrument, "depth", book.diff(ts), ts);
  }

  /** One frame of the noise between: trades, best prices, and now and then a whole update that changes nothing. */
  murmur(instrument: InstrumentId, turn: number): void {
    const book = this.matcher(instrument);
    const ts = this.now();
    const [stream, raw]: ["trade" | "bookTicker" | "depth", string] =
      turn % 10 === 0
        ? ["depth", book.diff(ts)]
        : turn % 2 === 0
          ? ["bookTicker", book.top(ts)]
          : ["trade", book.trade(ts)];
    this.hooks?.frame(instrument, stream, raw, ts);
  }

  tellMark(instrument: InstrumentId): void {
    const ts = this.now();
    this.hooks?.frame(instrument, "markPrice", this.matcher(instrument).mark(ts), ts);
  }

  matcher(instrument: InstrumentId): Book {
    return this.books.get(instrument) ?? refuse("INSTRUMENT_DISABLED", `${instrument} is not in this market`);
  }
  start(hooks: MarketHooks): void {
    this.hooks = hooks;
  }
  stop(): void {
    this.hooks = undefined;
  }
  klines(_instrument: InstrumentId, timeframe: string, { limit }: { limit: number }): Bar[] {
    const ms = TIMEFRAME_MS[timeframe as keyof typeof TIMEFRAME_MS];
    const now = Math.floor(this.now() / ms) * ms;
    return Array.from({ length: limit }, (_, i) => {
      const openTs = now - (limit - i) * ms;
      const prices = { open: MID_TICKS, high: MID_TICKS + BAR_TICKS, low: MID_TICKS - BAR_TICKS, close: MID_TICKS };
      const sizes = { lots: LOTS, quote: LOTS * MID_TICKS, takerLots: LOTS / 2, takerQuote: (LOTS / 2) * MID_TICKS };
      return { openTs, closeTs: openTs + ms - 1, ...prices, ...sizes, trades: 2, firstId: 2 * i, lastId: 2 * i + 1 };
    });
  }
  mark(): number {
    return MID_TICKS;
  }
  funding(): { rate: number; nextAt: number } {
    return FUNDING;
  }
  sequence(instrument: InstrumentId): number {
    return this.matcher(instrument).told;
  }

  private now(): number {
    return Math.floor(this.clock.now());
  }
}
