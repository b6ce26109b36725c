/** The newest top and book of an instrument as the services would hear them; their words are made when somebody reads. */
import type { Depth, Funding, Level, Ticker } from "../domain/market.ts";
import type { LevelNumbers } from "../trading/factors/inputs.ts";
import type { Units } from "./in-units.ts";
import type { BookView } from "./market.ts";

const LEVELS_SHOWN = 20;

export class HeardTop implements Ticker {
  exch_ts = 0;
  ts = 0;
  seq = 0;
  bidTicks = 0;
  bidLots = 0;
  askTicks = 0;
  askLots = 0;
  readonly instrument: string;
  private readonly units: Units;

  constructor(units: Units) {
    this.units = units;
    this.instrument = units.instrument;
  }

  get bid(): string {
    return this.units.priceText(this.bidTicks);
  }
  get bid_qty(): string {
    return this.units.qtyText(this.bidLots);
  }
  get ask(): string {
    return this.units.priceText(this.askTicks);
  }
  get ask_qty(): string {
    return this.units.qtyText(this.askLots);
  }
}

/** One side of the book in numbers. */
class Half implements LevelNumbers {
  book: BookView | undefined;
  isOk = false;
  private readonly side: "BUY" | "SELL";
  private readonly units: Units;

  constructor(side: "BUY" | "SELL", units: Units) {
    this.side = side;
    this.units = units;
  }

  get count(): number {
    return this.isOk ? Math.min(LEVELS_SHOWN, this.book!.size(this.side)) : 0;
  }

  price(rank: number): number {
    return this.units.price(this.book!.ticksAt(this.side, rank));
  }

  qty(rank: number): number {
    return this.units.qty(this.book!.lotsAt(this.side, rank));
  }

  levels(): Level[] {
    const { units, side } = this;
    return Array.from({ length: this.count }, (_, rank) => [
      units.priceText(this.book!.ticksAt(side, rank)),
      units.qtyText(this.book!.lotsAt(side, rank)),
    ]);
  }
}

export class HeardBook implements Depth {
  exch_ts = 0;
  ts = 0;
  seq = 0;
  ok = false;
  readonly instrument: string;
  readonly bidSide: Half;
  readonly askSide: Half;

  constructor(units: Units) {
    this.instrument = units.instrument;
    this.bidSide = new Half("BUY", units);
    this.askSide = new Half("SELL", units);
  }

  set(book: BookView, ok: boolean): void {
    this.ok = ok;
    for (const half of [this.bidSide, this.askSide]) {
      half.book = book;
      half.isOk = ok;
    }
  }

  get bids(): Level[] {
    return this.bidSide.levels();
  }
  get asks(): Level[] {
    return this.askSide.levels();
  }
}

/** Mark prices are told with eight decimals. */
const MARK_DIGITS = 8;

export function heardFunding(
  instrument: string,
  at: { exch_ts: number; ts: number },
  told: { mark: number; rate: number; nextAt: number },
): Funding {
  const mark = told.mark.toFixed(MARK_DIGITS);
  return { instrument, ...at, mark, index: mark, rate: told.rate, next_funding_ts: told.nextAt };
}
