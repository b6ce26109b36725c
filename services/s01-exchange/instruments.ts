/** What the exchange lists, kept fresh and in the registry. */
import { emit, put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { Instrument, InstrumentId, Market } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { accountEvents } from "../../shared/streams.ts";
import { type Listed, listed, type Surroundings } from "./types.ts";
import type { VenueListing } from "./venue-port.ts";

const COMMIT_ROWS_MAX = 250;
const REGISTRY_PAGE = 1_000;
/** More changes than that at once are alerted as one. */
const ALERTS_MAX = 10;
const DOUBT_EVERY_MS = 30_000;

export class Instruments {
  private readonly around: Surroundings;
  private readonly store: Store;
  private readonly listing: VenueListing;
  private readonly all = new Map<InstrumentId, Listed>();
  private readonly told = new Set<Market>();
  /** As the registry has them: what is compared with and told of, also after a restart. */
  private kept: Map<InstrumentId, Instrument> | undefined;
  private keeping: Promise<void> = Promise.resolve();
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

  /** What was known before the start: until the exchange tells again, exits go by it and fills are booked by it. */
  async load(): Promise<void> {
    this.kept ??= await this.readRegistry();
    for (const info of this.kept.values())
      if (!this.all.has(info.instrument)) this.all.set(info.instrument, listed(info));
  }

  /** Asks the markets; one that does not answer keeps what was known of it. Throws when none answered. */
  async refresh(markets: readonly Market[] = this.listing.markets): Promise<void> {
    const untold = this.missing();
    const results = await Promise.allSettled(markets.map((market) => this.refreshMarket(market)));
    const fresh = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const result of results) {
      if (result.status === "rejected") this.around.log.warn("No listing", { error: String(result.reason) });
    }
    if (markets.length > 0 && fresh.length === 0) refuse("UNAVAILABLE", "No market told what it lists.");
    const listedNow = fresh.flat();
    const changes = listedNow.filter((info) => !same(info, this.all.get(info.instrument)?.info));
    for (const info of changes) this.all.set(info.instrument, listed(info));
    // A market's first word starts its feeds, also when it lists what the registry has from before the start.
    if (changes.length > 0 || this.missing().length < untold.length) this.changed();
    const next = this.keeping.then(
      () => this.keep(listedNow),
      () => this.keep(listedNow),
    );
    this.keeping = next;
    await next;
  }

  /** A frame did not fit its steps: asks again, but not at every such frame. */
  doubt(instrument: InstrumentId): void {
    const now = this.around.clock.mono();
    if (now - this.doubtedAt < DOUBT_EVERY_MS) return;
    this.doubtedAt = now;
    this.around.log.warn("Frames do not fit the listing; asking again", { instrument });
    this.refresh().catch((error) => this.around.log.warn("No listing", { error: String(error) }));
  }

  /** What the exchange does not name any more cannot be traded there. */
  private async refreshMarket(market: Market): Promise<Instrument[]> {
    const found = await this.listing.list(market, !this.told.has(market));
    const isKnown = this.list().some((info) => info.market === market);
    if (found.length === 0 && isKnown) refuse("UNAVAILABLE", `The exchange lists nothing any more (${market}).`);
    this.told.add(market);
    const names = new Set(found.map((info) => info.instrument));
    const gone = this.list().filter((info) => info.market === market && !names.has(info.instrument));
    return [...found, ...gone.map((info) => ({ ...info, status: "HALTED" as const }))];
  }

  /** Stores what differs from the registry and tells of it in the same commit; of what was never seen before, nothing. */
  private async keep(now: readonly Instrument[]): Promise<void> {
    this.kept ??= await this.readRegistry();
    const { kept } = this;
    const markets = new Set(now.map((info) => info.market));
    const names = new Set(now.map((info) => info.instrument));
    const gone = [...kept.values()].filter((info) => markets.has(info.market) && !names.has(info.instrument));
    const all = [...now, ...gone.map((info) => ({ ...info, status: "HALTED" as const }))];
    const different = all.filter((info) => !same(info, kept.get(info.instrument)));
    for (let from = 0; from < different.length; from += COMMIT_ROWS_MAX) {
      const rows = different.slice(from, from + COMMIT_ROWS_MAX);
      const changes = rows.flatMap((after) => changeOf(kept.get(after.instrument), after) ?? []);
      const ts = this.around.clock.now();
      await this.store.commit([
        ...rows.map((info) => put(instrumentRegistry, info)),
        ...changes.map(({ after: { instrument }, changed }) =>
          emit(accountEvents, { kind: "listing", instrument, changed, ts }, instrument),
        ),
      ]);
      this.alert(changes);
      for (const info of rows) kept.set(info.instrument, info);
    }
  }

  private alert(changes: readonly Change[]): void {
    const { raise } = this.around;
    const done = "Stored and told";
    if (changes.length > ALERTS_MAX) {
      raise("WARN", "LISTING_CHANGED", `The exchange changed ${changes.length} listings`, done);
      return;
    }
    for (const { before, after, changed } of changes) {
      const what = changed.map((field) => `${field} ${shown(before, field)} → ${shown(after, field)}`);
      const severity = after.status === "HALTED" ? "WARN" : "INFO";
      raise(severity, "LISTING_CHANGED", `${after.instrument}: ${what.join(", ")}`, done);
    }
  }

  private async readRegistry(): Promise<Map<InstrumentId, Instrument>> {
    const found = new Map<InstrumentId, Instrument>();
    let cursor: string | undefined;
    do {
      const query = { limit: REGISTRY_PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await this.store.query(instrumentRegistry, query);
      for (const { value } of page.items) found.set(value.instrument, value);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return found;
  }
}

interface Change {
  before: Instrument;
  after: Instrument;
  changed: string[];
}
const changeOf = (before: Instrument | undefined, after: Instrument): Change | undefined =>
  before && { before, after, changed: differences(before, after) };

const same = (a: Instrument, b: Instrument | undefined): boolean => b !== undefined && differences(a, b).length === 0;

const shown = (info: Instrument, field: string): string => String((info as Record<string, unknown>)[field] ?? "none");

/** The fields in which they differ; when they were told of is none. */
function differences(a: Instrument, b: Instrument): string[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].filter((field) => field !== "updated_at" && shown(a, field) !== shown(b, field));
}
