/** What the exchange lists, kept fresh and in the registry. */
import { put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { Instrument, InstrumentId, Market } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Listed, listed, type Surroundings } from "./types.ts";
import type { VenueListing } from "./venue-port.ts";

const COMMIT_OPS_MAX = 500;
const DOUBT_EVERY_MS = 30_000;

export class Instruments {
  private readonly around: Surroundings;
  private readonly store: Store;
  private readonly listing: VenueListing;
  private readonly all = new Map<InstrumentId, Listed>();
  private readonly told = new Set<Market>();
  private doubtedAt = Number.NEGATIVE_INFINITY;
  /** Called when a listing changed. */
  changed: () => void = () => {};

  constructor(around: Surroundings, store: Store, listing: VenueListing) {
    this.around = around;
    this.store = store;
    this.listing = listing;
  }

  get(instrument: InstrumentId): Listed | undefined {
    return this.all.get(instrument);
  }

  /** Throws Problem INSTRUMENT_DISABLED, or UNAVAILABLE before the exchange has told what it lists. */
  need(instrument: InstrumentId): Listed {
    const found = this.all.get(instrument);
    if (found) return found;
    if (this.all.size === 0) refuse("UNAVAILABLE", "The exchange has not told yet what it lists.");
    return refuse("INSTRUMENT_DISABLED", `The exchange does not list ${instrument}.`);
  }

  list(): Instrument[] {
    return [...this.all.values()].map(({ info }) => info);
  }

  /** The markets that have not told yet what they list: nothing can be done there, not even an exit. */
  missing(): Market[] {
    return this.listing.markets.filter((market) => !this.told.has(market));
  }

  /** Asks the markets; one that does not answer keeps what was known of it. Throws when none answered. */
  async refresh(markets: readonly Market[] = this.listing.markets): Promise<void> {
    const results = await Promise.allSettled(markets.map((market) => this.refreshMarket(market)));
    const fresh = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const result of results) {
      if (result.status === "rejected") this.around.log.warn("No listing", { error: String(result.reason) });
    }
    if (markets.length > 0 && fresh.length === 0) refuse("UNAVAILABLE", "No market told what it lists.");
    const changes = fresh.flat();
    if (changes.length === 0) return;
    for (const info of changes) this.all.set(info.instrument, listed(info));
    this.changed();
    await this.keep(changes);
  }

  /** A frame did not fit its steps: asks again, but not at every such frame. */
  doubt(instrument: InstrumentId): void {
    const now = this.around.clock.mono();
    if (now - this.doubtedAt < DOUBT_EVERY_MS) return;
    this.doubtedAt = now;
    this.around.log.warn("Frames do not fit the listing; asking again", { instrument });
    this.refresh().catch((error) => this.around.log.warn("No listing", { error: String(error) }));
  }

  private async refreshMarket(market: Market): Promise<Instrument[]> {
    const found = await this.listing.list(market, !this.told.has(market));
    this.told.add(market);
    return found.filter((info) => !same(info, this.all.get(info.instrument)?.info));
  }

  private async keep(changes: Instrument[]): Promise<void> {
    for (let from = 0; from < changes.length; from += COMMIT_OPS_MAX) {
      const ops = changes.slice(from, from + COMMIT_OPS_MAX).map((value) => put(instrumentRegistry, value));
      await this.store.commit(ops);
    }
  }
}

const same = (a: Instrument, b: Instrument | undefined): boolean =>
  b !== undefined && JSON.stringify({ ...a, updated_at: 0 }) === JSON.stringify({ ...b, updated_at: 0 });
