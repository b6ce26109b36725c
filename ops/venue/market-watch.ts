/** What the market's moves do to accounts: triggers at last and mark price, funding when it is due, liquidation. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { type Amount, dec } from "../../shared/domain/money.ts";
import { triggerAlgos, watches } from "../../shared/engine/algos.ts";
import type { Exchange } from "../../shared/engine/exchange.ts";
import { fund } from "../../shared/engine/funding.ts";
import { liquidate } from "../../shared/engine/liquidation.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import { activate, waits } from "../../shared/engine/stops.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import { marketMark } from "./binance/desk.ts";
import type { Faults } from "./faults.ts";
import type { MarketModel } from "./market.ts";

const RECENT_TRADES_MAX = 1_000;

interface Due {
  rate: number;
  nextAt: number;
}

export interface WatchParts {
  readonly exchange: Exchange;
  readonly market: MarketModel;
  readonly clock: Clock;
  readonly faults: Faults;
}

export class MarketWatch {
  private readonly exchange: Exchange;
  private readonly market: MarketModel;
  private readonly clock: Clock;
  private readonly faults: Faults;
  private pending: { instrument: InstrumentId; raw: string }[] = [];
  private cancel: Cancel = () => {};
  private readonly recent = new Map<InstrumentId, string[]>();
  private readonly due = new Map<InstrumentId, Due>();

  constructor({ exchange, market, clock, faults }: WatchParts) {
    this.exchange = exchange;
    this.market = market;
    this.clock = clock;
    this.faults = faults;
  }

  private now(): number {
    return Math.floor(this.clock.now());
  }

  /** A public trade, as its raw frame: parsed only when somebody waits for its price. */
  traded(instrument: InstrumentId, raw: string): void {
    const trades = this.recent.get(instrument);
    if (!trades) this.recent.set(instrument, [raw]);
    else if (trades.push(raw) > RECENT_TRADES_MAX * 2) trades.splice(0, RECENT_TRADES_MAX);
    const { exchange } = this;
    if (!watches(exchange, instrument, "CONTRACT_PRICE") && !waits(exchange, instrument)) return;
    // Not within the market's call: what the same trade did to resting orders is told after it, and comes first.
    this.pending.push({ instrument, raw });
    if (this.pending.length === 1) this.cancel = this.clock.after(0, () => this.trigger());
  }

  /** What trades have set off comes before anything that is asked after them. */
  catchUp(): void {
    while (this.pending.length > 0) this.trigger();
  }

  private trigger(): void {
    const trades = this.pending;
    this.pending = [];
    const { exchange } = this;
    for (const { instrument, raw } of trades) {
      exchange.run(this.now(), () => {
        const price = priceOf(raw);
        triggerAlgos(exchange, { instrument, working: "CONTRACT_PRICE", price, other: exchange.mark(instrument) });
        activate(exchange, instrument, price);
      });
    }
  }

  stop(): void {
    this.cancel();
    this.pending = [];
  }

  lastPrice(instrument: InstrumentId): Amount | undefined {
    const raw = this.recent.get(instrument)?.at(-1);
    return raw === undefined ? undefined : priceOf(raw);
  }

  /** The newest trade frames, oldest first. */
  recentTrades(instrument: InstrumentId, limit: number): string[] {
    return (this.recent.get(instrument) ?? []).slice(-Math.min(limit, RECENT_TRADES_MAX));
  }

  /** The mark moves: funding that has come due, then triggers, then liquidation. */
  marked(listing: Listing): void {
    const { instrument } = listing;
    const mark = this.faults.markOf(instrument, this.now()) ?? marketMark(this.market, listing);
    if (mark === undefined) return;
    const { exchange } = this;
    exchange.run(this.now(), () => {
      exchange.setMark(instrument, mark);
      this.payFunding(instrument, mark);
      triggerAlgos(exchange, { instrument, working: "MARK_PRICE", price: mark, other: this.lastPrice(instrument) });
      liquidate(exchange, instrument, mark);
    });
  }

  private payFunding(instrument: InstrumentId, mark: Amount): void {
    const was = this.due.get(instrument);
    const isDue = was !== undefined && this.now() >= was.nextAt;
    if (isDue && this.faults.holdsFunding(instrument, this.now())) return;
    const next = this.market.funding(instrument);
    this.due.set(instrument, next);
    if (isDue) fund(this.exchange, instrument, { rate: dec(was.rate.toFixed(8)), mark });
  }
}

const priceOf = (raw: string): Amount => dec((JSON.parse(raw) as { p: string }).p);
