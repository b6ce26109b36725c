/** The newest touch and book of each instrument, how both move, and what an asset is worth. */
import type { Instrument, InstrumentId } from "../../domain/instrument.ts";
import type { Depth, Ticker } from "../../domain/market.ts";
import { type Amount, dec, mul, show } from "../../domain/money.ts";
import type { BookTop } from "../../domain/order.ts";
import { HourlyMean } from "./hourly-mean.ts";
import { midOf } from "./plan.ts";
import type { RulePorts } from "./router-parts.ts";
import { spreadBps } from "./slippage.ts";

const BPS = 10_000;
const LEVELS_KEPT = 3;
/** A mean that has seen less says nothing. */
const SEEN_MS_MIN = 60_000;
/** A value whose end was not seen stood no longer than this. */
const STOOD_MS_MAX = 10_000;
/** The mid is compared once in this time: from one quote to the next it mostly jumps between bid and ask. */
const MOVE_MS = 1_000;

/** What one instrument's quotes have been like over the last hour. */
class Moves {
  private readonly spread = new HourlyMean();
  private readonly variance = new HourlyMean();
  private last: { ts: number; spread: number } | undefined;
  private base: { ts: number; mid: number } | undefined;

  hear(bid: number, ask: number, ts: number): void {
    const { last, base } = this;
    if (last && ts > last.ts) this.spread.add(ts, last.spread, Math.min(ts - last.ts, STOOD_MS_MAX));
    this.last = { ts, spread: spreadBps(bid, ask) };
    if (base && ts - base.ts < MOVE_MS) return;
    const mid = (bid + ask) / 2;
    if (base && base.mid > 0 && ts - base.ts <= STOOD_MS_MAX) {
      const moved = ((mid - base.mid) / base.mid) * BPS;
      this.variance.add(ts, (moved * moved) / (ts - base.ts), ts - base.ts);
    }
    this.base = { ts, mid };
  }

  get meanSpread(): number | undefined {
    return this.spread.mean(SEEN_MS_MIN);
  }

  /** Of the mid's moves, bps² per ms; 0 while it is not known. */
  get varianceBpsPerMs(): number {
    return this.variance.mean(SEEN_MS_MIN) ?? 0;
  }
}

export class Quotes {
  protected readonly tickers = new Map<InstrumentId, Ticker>();
  private readonly books = new Map<InstrumentId, Depth>();
  private readonly moves = new Map<InstrumentId, Moves>();
  protected readonly listings = new Map<InstrumentId, Instrument>();
  protected readonly ports: Pick<RulePorts, "clock" | "settings" | "warn">;

  constructor(ports: Pick<RulePorts, "clock" | "settings" | "warn">) {
    this.ports = ports;
  }

  /** From now on this is the newest ticker of its instrument, whatever becomes of it. */
  know(ticker: Ticker): void {
    this.tickers.set(ticker.instrument, ticker);
  }

  list(listing: Instrument): void {
    this.listings.set(listing.instrument, listing);
  }

  hear(ticker: Ticker): void {
    this.know(ticker);
    this.moved(ticker.instrument, Number(ticker.bid), Number(ticker.ask), ticker.ts);
  }

  /** How the spread and the mid move, told in numbers. */
  moved(instrument: InstrumentId, bid: number, ask: number, ts: number): void {
    let moves = this.moves.get(instrument);
    if (!moves) {
      moves = new Moves();
      this.moves.set(instrument, moves);
    }
    moves.hear(bid, ask, ts);
  }

  /** The newest one alone; it is cut to its best levels when somebody asks. */
  hearBook(depth: Depth): void {
    this.books.set(depth.instrument, depth);
  }

  /** The best three levels of each side; undefined while the book is broken or too old. */
  bookTop(instrument: InstrumentId): BookTop | undefined {
    const book = this.books.get(instrument);
    if (!book?.ok || this.ports.clock.now() - book.ts > this.ports.settings.tickerAgeMsMax) return undefined;
    const best = (levels: Depth["bids"]) => levels.slice(0, LEVELS_KEPT).map(([price, qty]) => ({ price, qty }));
    return { bids: best(book.bids), asks: best(book.asks) };
  }

  /** The spread is more than `factor` times its hourly mean. False while either is not known. */
  isSpreadWide(instrument: InstrumentId, factor: number): boolean {
    const touch = this.touch(instrument);
    const mean = this.moves.get(instrument)?.meanSpread;
    return touch !== undefined && mean !== undefined && spreadBps(Number(touch.bid), Number(touch.ask)) > factor * mean;
  }

  /** Variance of the mid's moves over the last hour, bps² per ms; 0 while it is not known. */
  varianceBpsPerMs(instrument: InstrumentId): number {
    return this.moves.get(instrument)?.varianceBpsPerMs ?? 0;
  }

  listing(instrument: InstrumentId): Instrument | undefined {
    return this.listings.get(instrument);
  }

  /** The newest best bid and ask, unless it is too old to act on. */
  touch(instrument: InstrumentId): Ticker | undefined {
    const ticker = this.tickers.get(instrument);
    if (!ticker) return undefined;
    return this.ports.clock.now() - ticker.ts <= this.ports.settings.tickerAgeMsMax ? ticker : undefined;
  }

  /** The newest best bid, however old. */
  bid(instrument: InstrumentId): string | undefined {
    return this.tickers.get(instrument)?.bid;
  }

  mid(instrument: InstrumentId): number {
    return midOf(this.tickers.get(instrument));
  }

  /** A fee in USDT: what is paid in another asset is worth its market's bid, or the fill's own price for the base. */
  feeUsdt(fee: { fee: string; fee_asset: string; price: string; instrument: InstrumentId }): string {
    const amount: Amount = dec(fee.fee);
    const listing = this.listings.get(fee.instrument);
    if (fee.fee_asset === "USDT" || amount === 0n) return show(amount);
    if (fee.fee_asset === listing?.base) return show(mul(amount, dec(fee.price)));
    const worth = this.tickers.get(`SPOT:${fee.fee_asset}USDT`) ?? this.tickers.get(`FUT:${fee.fee_asset}USDT`);
    if (worth) return show(mul(amount, dec(worth.bid)));
    this.ports.warn("no price for the fee's asset; its fee counts as 0 USDT", { fee_asset: fee.fee_asset });
    return "0";
  }
}
