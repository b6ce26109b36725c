/** Where the market is heard: factors first, then the router's quotes and the prices of open trades, as services do. */

import type { Signal } from "../domain/decision.ts";
import { DEFAULT_ACCOUNT, type InstrumentId } from "../domain/instrument.ts";
import type { CompiledBundle } from "../trading/decision/compiled.ts";
import type { Quotes } from "../trading/execution/quotes.ts";
import type { EngineOptions } from "../trading/factors/engine.ts";
import { InstrumentFeatures } from "../trading/factors/instrument-features.ts";
import { wantedOfPeers } from "../trading/factors/recompute.ts";
import { factorsOfBundle } from "../trading/factors/registry.ts";
import type { ClosedBar } from "../trading/factors/series.ts";
import { HeardBook, HeardTop, heardFunding } from "./heard-quotes.ts";
import type { Units } from "./in-units.ts";
import type { BookView, MarketEar } from "./market.ts";
import type { PositionDesk } from "./position-desk.ts";
import type { RouterDesk } from "./router-desk.ts";
import type { TapeForm } from "./tape.ts";
import { toldFactors } from "./told-factors.ts";

export interface EarParts {
  readonly form: TapeForm;
  readonly compiled: CompiledBundle;
  readonly units: readonly Units[];
  readonly quotes: Quotes;
  readonly router: RouterDesk;
  readonly positions: PositionDesk;
  readonly settings: { emitEveryMs: number; staleAfterMs: number; depthStaleAfterMs: number };
  now(): number;
  signal(signal: Signal): void;
}

interface Ear {
  readonly units: Units;
  readonly top: HeardTop;
  readonly book: HeardBook;
  /** Of instruments that the bundle has enabled. */
  readonly features: InstrumentFeatures | undefined;
}

export class DeskEar implements MarketEar {
  private readonly parts: EarParts;
  private readonly ears: readonly Ear[];

  constructor(parts: EarParts) {
    this.parts = parts;
    const { compiled, units, now, signal, settings } = parts;
    const { bundle, rev } = compiled;
    const around = { account: DEFAULT_ACCOUNT, clock: { now }, settings, signal };
    const known = new Map<InstrumentId, InstrumentFeatures>();
    const peers: EngineOptions = {
      lookup: (instrument, id) => known.get(instrument)?.engine.value(id) ?? Number.NaN,
      closes: (instrument, timeframe) => known.get(instrument)?.engine.closes(timeframe),
    };
    for (const { instrument, enabled } of bundle.instruments) {
      if (enabled) known.set(instrument, new InstrumentFeatures(instrument, around, peers));
    }
    const factors = toldFactors(parts.form, factorsOfBundle(bundle)).told;
    for (const [instrument, features] of known) {
      const strategies = bundle.strategies.filter((each) => each.enabled && each.instruments.includes(instrument));
      const others = [...(wantedOfPeers(factors, "").get(instrument) ?? [])];
      features.want({ rev, factors: [...factors, ...others], strategies });
    }
    this.ears = units.map((each) => ({
      units: each,
      top: new HeardTop(each),
      book: new HeardBook(each),
      features: known.get(each.instrument),
    }));
  }

  trade(who: number, exchTs: number, trade: Parameters<MarketEar["trade"]>[2]): void {
    const { features, units } = this.ears[who]!;
    const at = { exch_ts: exchTs, ts: this.parts.now() };
    features?.onPrint(at, units.price(trade.ticks), units.qty(trade.lots), trade.takerBuys);
  }

  ticker(who: number, exchTs: number, told: Parameters<MarketEar["ticker"]>[2]): void {
    const { quotes, positions, router, now } = this.parts;
    const { top, units, features } = this.ears[who]!;
    if (!features) return;
    const { instrument } = units;
    const isFirst = top.ts === 0;
    top.exch_ts = exchTs;
    top.ts = now();
    top.seq = told.seq;
    top.bidTicks = told.bidTicks;
    top.bidLots = told.bidLots;
    top.askTicks = told.askTicks;
    top.askLots = told.askLots;
    const [bid, ask] = [units.price(top.bidTicks), units.price(top.askTicks)];
    features.onTop(top, bid, units.qty(top.bidLots), ask, units.qty(top.askLots));
    if (isFirst) {
      quotes.know(top);
      positions.prices.hear(top);
    }
    quotes.moved(instrument, bid, ask, top.ts);
    router.heardPrice(instrument);
    positions.heardPrice(instrument);
  }

  depth(who: number, exchTs: number, view: BookView, ok: boolean): void {
    const { book, features } = this.ears[who]!;
    if (!features) return;
    const isFirst = book.ts === 0;
    book.exch_ts = exchTs;
    book.ts = this.parts.now();
    book.set(view, ok);
    features.onBook(book, book.bidSide, book.askSide);
    if (isFirst) this.parts.quotes.hearBook(book);
  }

  funding(who: number, exchTs: number, told: Parameters<MarketEar["funding"]>[2]): void {
    const { positions, now } = this.parts;
    const { features, units } = this.ears[who]!;
    if (!features) return;
    const event = heardFunding(units.instrument, { exch_ts: exchTs, ts: now() }, told);
    features.onFunding(event);
    positions.prices.hear(event);
    positions.heardPrice(units.instrument);
  }

  bars(who: number, _exchTs: number, closed: readonly ClosedBar[]): void {
    this.ears[who]!.features?.onBars(closed, this.parts.now());
  }
}
