/** What the exchange lists: its filters as instruments, kept fresh and in the registry. */

import { z } from "@hono/zod-openapi";
import { put } from "../../../shared/changes.ts";
import { instrumentRegistry } from "../../../shared/collections/exchange.ts";
import { Instrument, type InstrumentId, type Market } from "../../../shared/domain/instrument.ts";
import { refuse } from "../../../shared/errors.ts";
import type { Store } from "../../../shared/kit/ports.ts";
import { type Listed, listed, type Surroundings } from "../types.ts";
import type { Rest } from "./rest.ts";

const Filter = z.looseObject({ filterType: z.string() });
const Symbol_ = z.looseObject({
  symbol: z.string(),
  status: z.string().optional(),
  contractType: z.string().optional(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  filters: z.array(Filter),
});
const ExchangeInfo = z.looseObject({
  symbols: z.array(z.unknown()),
  rateLimits: z
    .array(z.looseObject({ rateLimitType: z.string(), interval: z.string(), limit: z.number() }))
    .default([]),
});

const MARKETS: readonly Market[] = ["SPOT", "FUT"];
const COMMIT_OPS_MAX = 500;
const DOUBT_EVERY_MS = 30_000;

export class Instruments {
  private readonly around: Surroundings;
  private readonly store: Store;
  private readonly rests: Record<Market, Rest>;
  private readonly all = new Map<InstrumentId, Listed>();
  private readonly told = new Set<Market>();
  private doubtedAt = Number.NEGATIVE_INFINITY;
  /** Called when a listing changed. */
  changed: () => void = () => {};

  constructor(around: Surroundings, store: Store, rests: Record<Market, Rest>) {
    this.around = around;
    this.store = store;
    this.rests = rests;
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
    return MARKETS.filter((market) => !this.told.has(market));
  }

  /** Asks the markets; one that does not answer keeps what was known of it. Throws when none answered. */
  async refresh(markets: readonly Market[] = MARKETS): Promise<void> {
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
    const path = market === "SPOT" ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo";
    // No exit can be sent before the listing is known, so the first one may take of the weight that is kept for exits.
    const urgent = !this.told.has(market);
    const info = ExchangeInfo.parse(await this.rests[market].call("GET", path, {}, { auth: "none", urgent }));
    this.told.add(market);
    const limit = info.rateLimits.find((r) => r.rateLimitType === "REQUEST_WEIGHT" && r.interval === "MINUTE");
    if (limit) this.rests[market].setWeightLimit(limit.limit);
    const now = this.around.clock.now();
    return info.symbols.flatMap((row) => {
      const read = readInstrument(market, row, now);
      return read && !same(read, this.all.get(read.instrument)?.info) ? [read] : [];
    });
  }

  private async keep(changes: Instrument[]): Promise<void> {
    for (let from = 0; from < changes.length; from += COMMIT_OPS_MAX) {
      const ops = changes.slice(from, from + COMMIT_OPS_MAX).map((value) => put(instrumentRegistry, value));
      await this.store.commit(ops);
    }
  }
}

/** Nothing for what we do not trade: dated contracts, names outside A–Z and 0–9, rows without their filters. */
export function readInstrument(market: Market, row: unknown, now: number): Instrument | undefined {
  const parsed = Symbol_.safeParse(row);
  if (!parsed.success) return undefined;
  const { symbol, status, contractType, baseAsset, quoteAsset, filters } = parsed.data;
  if (market === "FUT" && contractType !== "PERPETUAL") return undefined;
  const filter = (...types: string[]) => filters.find((f) => types.includes(f.filterType)) ?? { filterType: "" };
  const price = filter("PRICE_FILTER");
  const lot = filter("LOT_SIZE");
  const notional = filter("NOTIONAL", "MIN_NOTIONAL");
  const percent = filter("PERCENT_PRICE", "PERCENT_PRICE_BY_SIDE");
  const instrument = Instrument.safeParse({
    instrument: `${market}:${symbol}`,
    market,
    symbol,
    base: baseAsset,
    quote: quoteAsset,
    status: status === undefined || status === "TRADING" ? "TRADING" : "HALTED",
    tick_size: price.tickSize,
    step_size: lot.stepSize,
    min_qty: lot.minQty,
    max_qty: lot.maxQty,
    min_notional: notional.minNotional ?? notional.notional ?? "0",
    price_up: percent.multiplierUp ?? percent.bidMultiplierUp,
    price_down: percent.multiplierDown ?? percent.askMultiplierDown,
    updated_at: now,
  });
  return instrument.success ? instrument.data : undefined;
}

const same = (a: Instrument, b: Instrument | undefined): boolean =>
  b !== undefined && JSON.stringify({ ...a, updated_at: 0 }) === JSON.stringify({ ...b, updated_at: 0 });
