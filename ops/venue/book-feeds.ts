/** Streams made of trades and of the book: aggregate trades, slower differences, and the best levels. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { showFixed } from "../../shared/domain/money.ts";
import type { Cancel } from "../../shared/kit/ports.ts";
import { aggregate } from "./binance/aggregate.ts";
import { levelRows, listedAs, qtyDigits } from "./binance/prints.ts";
import type { Made, MadeContext } from "./made.ts";
import type { RawTrade } from "./raw-trade.ts";

/** Tells a taker's trades once all of them are known: at the end of the moment. */
export class AggregateTrades implements Made {
  readonly from = "trade";
  private readonly context: MadeContext;
  private waiting: RawTrade[] = [];
  private cancel: Cancel | undefined;

  constructor(context: MadeContext) {
    this.context = context;
  }

  frame(raw: string, instrument: InstrumentId): void {
    this.waiting.push(JSON.parse(raw) as RawTrade);
    this.cancel ??= this.context.desk.clock.after(0, () => this.tell(instrument));
  }

  private tell(instrument: InstrumentId): void {
    this.cancel = undefined;
    const trades = this.waiting;
    this.waiting = [];
    const listing = listedAs(this.context.desk, instrument);
    const kind = listing.market === "SPOT" ? { M: true } : {};
    for (const { id, first, last, qty } of aggregate(trades)) {
      const { E, s, p, T, m } = last;
      const q = showFixed(qty, qtyDigits(listing));
      const said = { e: "aggTrade", E, s, a: id, p, q, f: first.t, l: last.t, T, m, ...kind };
      this.context.publish(JSON.stringify(said));
    }
  }

  stop(): void {
    this.cancel?.();
  }
}

interface RawDepth {
  readonly E: number;
  readonly T?: number;
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: [string, string][];
  readonly a: [string, string][];
}

/** Differences gathered over a longer time into one: the newest quantity of each level. */
export class PacedDepth implements Made {
  readonly from = "depth";
  private readonly context: MadeContext;
  private readonly cancel: Cancel;
  private first: RawDepth | undefined;
  private last: RawDepth | undefined;
  private bids = new Map<string, string>();
  private asks = new Map<string, string>();

  constructor(context: MadeContext, everyMs: number) {
    this.context = context;
    this.cancel = context.desk.clock.every(everyMs, () => this.tell());
  }

  frame(raw: string): void {
    const change = JSON.parse(raw) as RawDepth;
    this.first ??= change;
    this.last = change;
    for (const [price, qty] of change.b) this.bids.set(price, qty);
    for (const [price, qty] of change.a) this.asks.set(price, qty);
  }

  private tell(): void {
    const { first, last } = this;
    if (!first || !last) return;
    const ids = { U: first.U, u: last.u, ...(first.pu === undefined ? {} : { pu: first.pu }) };
    const times = { E: last.E, ...(last.T === undefined ? {} : { T: last.T }) };
    const said = { e: "depthUpdate", ...times, s: last.s, ...ids, b: [...this.bids], a: [...this.asks] };
    this.first = undefined;
    this.last = undefined;
    this.bids = new Map();
    this.asks = new Map();
    this.context.publish(JSON.stringify(said));
  }

  stop(): void {
    this.cancel();
  }
}

/** The best levels, whenever the book has changed since it was told last. */
export class PartialDepth implements Made {
  private readonly context: MadeContext;
  private readonly levels: number;
  private readonly cancel: Cancel;
  private told = -1;

  constructor(context: MadeContext, { levels, everyMs }: { levels: number; everyMs: number }) {
    this.context = context;
    this.levels = levels;
    this.cancel = context.desk.clock.every(everyMs, () => this.tell());
  }

  private tell(): void {
    const { desk, instrument, publish } = this.context;
    const listing = listedAs(desk, instrument);
    const seq = desk.market.sequence(listing.instrument);
    if (seq === this.told) return;
    const { bids, asks } = levelRows(desk, listing, this.levels);
    const at = Math.floor(desk.clock.now());
    const ids = { U: this.told < 0 ? seq : this.told + 1, u: seq, pu: this.told < 0 ? seq - 1 : this.told };
    this.told = seq;
    const said =
      listing.market === "SPOT"
        ? { lastUpdateId: seq, bids, asks }
        : { e: "depthUpdate", E: at, T: at, s: listing.symbol, ...ids, b: bids, a: asks };
    publish(JSON.stringify(said));
  }

  stop(): void {
    this.cancel();
  }
}
