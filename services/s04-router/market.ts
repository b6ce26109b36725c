/** The router's view of the market: newest touch per instrument, filters, and what an asset is worth. */
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import type { Ticker } from "../../shared/domain/market.ts";
import { type Amount, dec, mul, show } from "../../shared/domain/money.ts";
import { refuse } from "../../shared/errors.ts";
import { midOf } from "../../shared/trading/execution/plan.ts";
import type { Ports } from "./types.ts";

export class MarketView {
  private readonly tickers = new Map<InstrumentId, Ticker>();
  private readonly listings = new Map<InstrumentId, Instrument>();
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  hear(ticker: Ticker): void {
    this.tickers.set(ticker.instrument, ticker);
  }

  /** S1 may know only some of them at first; none is forgotten. */
  async loadListings(): Promise<void> {
    const { instruments } = await this.ports.exchange.getInstruments({});
    for (const listing of instruments) this.listings.set(listing.instrument, listing);
  }

  /** Throws NOT_READY while S1 does not know the instrument: its fills could not be booked right. */
  async need(instrument: InstrumentId): Promise<void> {
    if (!this.listings.has(instrument)) await this.loadListings();
    if (!this.listings.has(instrument)) refuse("NOT_READY", `${instrument} is not known yet`);
  }

  /** Every instrument that the bundle trades is known. */
  get isComplete(): boolean {
    return this.ports.config().bundle.instruments.every((row) => !row.enabled || this.listings.has(row.instrument));
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
