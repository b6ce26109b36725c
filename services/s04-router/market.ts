/** The router's view of the market: its quotes and books, with the listings that the exchange connectors tell. */
import { instrumentsOf } from "../../shared/domain/arms.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import { Quotes } from "../../shared/trading/execution/quotes.ts";
import type { Ports } from "./types.ts";

export class MarketView extends Quotes {
  declare protected readonly ports: Ports;

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

  /** Every instrument that is traded is known. */
  get isComplete(): boolean {
    return instrumentsOf(this.ports.config()).every((instrument) => this.listings.has(instrument));
  }
}
