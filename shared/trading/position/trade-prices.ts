/** What open trades are worth: the mark of a future while it is fresh, else the side of the book an exit would meet. */
import type { Instrument, InstrumentId } from "../../domain/instrument.ts";
import type { Funding, Ticker } from "../../domain/market.ts";
import { type Amount, dec } from "../../domain/money.ts";
import type { ExchangePosition, Trade } from "../../domain/trade.ts";
import type { PositionSettings } from "./position-settings.ts";

const ASKED_AGE_MS_MAX = 20_000;

export interface PricePorts {
  readonly clock: { now(): number };
  readonly settings: Pick<PositionSettings, "markAgeMsMax">;
}

export class TradePrices {
  private readonly tickers = new Map<InstrumentId, Ticker>();
  private readonly marks = new Map<InstrumentId, Funding>();
  /** What the exchange said of futures positions when it was last asked. */
  private readonly asked = new Map<InstrumentId, { mark: string; at: number }>();
  protected readonly listings = new Map<InstrumentId, Instrument>();
  protected readonly ports: PricePorts;

  constructor(ports: PricePorts) {
    this.ports = ports;
  }

  hear(event: Ticker | Funding): void {
    if ("bid" in event) this.tickers.set(event.instrument, event);
    else this.marks.set(event.instrument, event);
  }

  list(listing: Instrument): void {
    this.listings.set(listing.instrument, listing);
  }

  listing(instrument: InstrumentId): Instrument | undefined {
    return this.listings.get(instrument);
  }

  /** What getting out of the trade is worth now; nothing without a current price. */
  exit(trade: Pick<Trade, "instrument" | "side">): Amount | undefined {
    const now = this.ports.clock.now();
    const mark = this.marks.get(trade.instrument);
    if (mark && now - mark.ts <= this.ports.settings.markAgeMsMax) return dec(mark.mark);
    const ticker = this.tickers.get(trade.instrument);
    if (!ticker || now - ticker.ts > this.ports.settings.markAgeMsMax) return undefined;
    return dec(trade.side === "BUY" ? ticker.bid : ticker.ask);
  }

  /** Marks from asking the exchange itself, for when its prices do not come by stream. */
  take(positions: readonly Pick<ExchangePosition, "instrument" | "mark_price">[]): void {
    const at = this.ports.clock.now();
    for (const { instrument, mark_price } of positions) this.asked.set(instrument, { mark: mark_price, at });
  }

  /** As `exit`, or else what the exchange said when it was asked, no longer ago than two rounds of asking. */
  known(trade: Pick<Trade, "instrument" | "side">): Amount | undefined {
    const asked = this.asked.get(trade.instrument);
    const isRecent = asked && this.ports.clock.now() - asked.at <= ASKED_AGE_MS_MAX;
    return this.exit(trade) ?? (isRecent ? dec(asked.mark) : undefined);
  }

  /** The last bid, however old: for valuing balances. */
  bid(instrument: InstrumentId): string | undefined {
    return this.tickers.get(instrument)?.bid;
  }
}
