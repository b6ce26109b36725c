/** The features of one instrument: its factors, how good they are, and the moments its strategies want to look. */

import { type ArmName, armOf, type Split } from "../../domain/arms.ts";
import type { Strategy } from "../../domain/bundle.ts";
import type { FeatureSet, Signal, Trigger } from "../../domain/decision.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker, Timeframe } from "../../domain/market.ts";
import { signalId } from "../../keys.ts";
import { createFactorEngine, type EngineOptions, type FactorEngine } from "./engine.ts";
import type { FeatureSettings } from "./feature-settings.ts";
import type { LevelNumbers } from "./inputs.ts";
import type { ClosedBar } from "./series.ts";
import type { EngineSnapshot } from "./snapshot.ts";
import { newestOfEach, Triggers } from "./triggers.ts";

/** An event further ahead of its own arrival is a fault: taken in, it would close bars that are still going on. */
const FUTURE_MS_MAX = 10_000;

export interface Surroundings {
  readonly account: string;
  readonly clock: { now(): number };
  readonly settings: FeatureSettings;
  /** Without it no feature event is made. */
  publish?(features: FeatureSet): void;
  signal(signal: Signal): void;
  /** A snapshot of the last run is damaged, or of another form; the instrument begins anew. */
  unusable?(instrument: InstrumentId, error: unknown): void;
  /** Bars have closed, and the event that closed them is taken in. */
  closed?(features: InstrumentFeatures, bars: readonly ClosedBar[]): void;
}
/** What is kept of features is at the close of each minute, so its bars are built whether or not a factor wants them. */
const ALWAYS: Timeframe = "1m";

/** What a config revision looks at on one instrument. */
interface Looks {
  readonly rev: number;
  /** Enabled strategies of this instrument. */
  readonly strategies: readonly Strategy[];
}
/** What the revisions in force want of one instrument. */
export interface Wanted extends Looks {
  /** Those of both revisions. */
  readonly factors: readonly string[];
  /** The revision that a share of the triggers belongs to. */
  readonly canary?: Looks & { readonly split: Split };
}

const NOTHING_CLOSED: readonly ClosedBar[] = [];

/** When a trigger of a strategy fired last. */
export interface Firing extends Trigger {
  readonly strategy_id: string;
}

interface Watch {
  readonly strategy_id: string;
  readonly triggers: Triggers;
}

export class InstrumentFeatures {
  readonly instrument: InstrumentId;
  engine: FactorEngine;
  /** Market events heard since it was last taken. */
  updates = 0;
  /** Events left out for an impossible exchange time, since last taken. */
  dropped = 0;
  #around: Surroundings;
  #options: EngineOptions;
  #rev = 0;
  #canary: Wanted["canary"];
  #wanted: readonly [readonly string[], readonly Timeframe[]] = [[], []];
  #watches: readonly Watch[] = [];
  /** Those of strategies that are gone too: one that comes back with another revision is still in its cool-down. */
  readonly #triggers = new Map<string, Triggers>();
  #ticker: Ticker | undefined;
  #newestTs = Number.NEGATIVE_INFINITY;
  #depthTs = Number.NEGATIVE_INFINITY;
  #emittedAt = Number.NEGATIVE_INFINITY;
  #unsaid = false;

  constructor(instrument: InstrumentId, around: Surroundings, options: EngineOptions) {
    this.instrument = instrument;
    this.#around = around;
    this.#options = options;
    this.engine = createFactorEngine([], instrument, options);
  }

  /** Swaps to other revisions; factors and triggers that stay go on as they were. */
  want({ rev, factors, strategies, canary }: Wanted): void {
    const timeframes = new Set<Timeframe>([ALWAYS]);
    for (const { triggers } of [...strategies, ...(canary?.strategies ?? [])]) {
      for (const trigger of triggers) if (trigger.kind === "bar") timeframes.add(trigger.timeframe);
    }
    this.#wanted = [factors, [...timeframes]];
    this.engine.choose(...this.#wanted);
    const triggersOf = (looks: readonly Strategy[] = []) =>
      new Map(looks.map((one) => [one.strategy_id, one.triggers]));
    const [stable, other] = [triggersOf(strategies), triggersOf(canary?.strategies)];
    this.#watches = [...new Set([...stable.keys(), ...other.keys()])].map((strategy_id) => {
      const triggers = this.#triggers.get(strategy_id) ?? new Triggers([]);
      this.#triggers.set(strategy_id, triggers);
      const ofCanary = canary && { specs: other.get(strategy_id) ?? [], armAt: this.#armAt };
      triggers.choose(stable.get(strategy_id) ?? [], ofCanary);
      return { strategy_id, triggers };
    });
    for (const [id, triggers] of this.#triggers) if (!stable.has(id) && !other.has(id)) triggers.rest();
    this.#rev = rev;
    this.#canary = canary;
  }

  /** The stable one. */
  get configRev(): number {
    return this.#rev;
  }

  /**
   * Takes up where a former run ended, before anything is heard; the market went unwatched since. Throws RangeError,
   * and changes nothing, when the snapshot is not to be used.
   */
  takeUp(snapshot: EngineSnapshot): void {
    const engine = createFactorEngine([], this.instrument, this.#options);
    engine.choose(...this.#wanted);
    engine.restore(snapshot);
    engine.interrupt();
    this.engine = engine;
  }

  /** What fired in a former run, of strategies that are not looked for now too. */
  recall(past: readonly Firing[]): void {
    for (const [id, some] of Map.groupBy(past, ({ strategy_id }) => strategy_id)) {
      const triggers = this.#triggers.get(id) ?? new Triggers([]);
      this.#triggers.set(id, triggers);
      triggers.recall(newestOfEach(some.map(({ strategy_id: _, ...fired }) => fired)));
    }
  }

  /** For a later run to recall. */
  fired(): Firing[] {
    return [...this.#triggers].flatMap(([strategy_id, triggers]) =>
      triggers.fired().map((one) => ({ strategy_id, ...one })),
    );
  }

  onTicker(event: Ticker): void {
    if (this.#isImpossible(event)) return;
    const closed = this.engine.onTicker(event);
    this.#ticker = event;
    this.#after(event.ts, closed);
  }

  onDepth(event: Depth): void {
    if (this.#isImpossible(event)) return;
    const closed = this.engine.onDepth(event);
    this.#depthTs = event.ts;
    this.#after(event.ts, closed);
  }

  onTrade(event: MarketTrade): void {
    if (this.#isImpossible(event)) return;
    this.#after(event.ts, this.engine.onTrade(event));
  }

  /** As `onTicker`, told in numbers; the words are read from `ticker` when they are wanted. */
  onTop(ticker: Ticker, bid: number, bidQty: number, ask: number, askQty: number): void {
    if (this.#isImpossible(ticker)) return;
    const closed = this.engine.onTop(ticker.exch_ts, bid, bidQty, ask, askQty);
    this.#ticker = ticker;
    this.#after(ticker.ts, closed);
  }

  /** As `onDepth`, told in numbers. */
  onBook(at: Pick<Depth, "exch_ts" | "ts" | "ok">, bids: LevelNumbers, asks: LevelNumbers): void {
    if (this.#isImpossible(at)) return;
    const closed = this.engine.onBook(at.exch_ts, at.ok, bids, asks);
    this.#depthTs = at.ts;
    this.#after(at.ts, closed);
  }

  /** As `onTrade`, told in numbers. */
  onPrint(at: Pick<Ticker, "exch_ts" | "ts">, price: number, qty: number, takerBuys: boolean): void {
    if (this.#isImpossible(at)) return;
    this.#after(at.ts, this.engine.onPrint(at.exch_ts, price, qty, takerBuys));
  }

  /** Whole bars that others have built have closed at one moment, shortest first; `ts` is when they are heard. */
  onBars(closed: readonly ClosedBar[], ts: number): void {
    for (const { timeframe, bar } of closed) this.engine.onClosedBar(timeframe, bar);
    this.#after(ts, closed);
  }

  onFunding(event: Funding): void {
    if (this.#isImpossible(event)) return;
    this.engine.onFunding(event);
    this.#after(event.ts, NOTHING_CLOSED);
  }

  /** Tells what came within the least time between two feature events and was followed by nothing. */
  flush(): void {
    if (this.#unsaid) this.#emit(this.#around.clock.now());
  }

  /** Milliseconds since the newest market event; infinite before the first. */
  ageMs(): number {
    return this.#around.clock.now() - this.#newestTs;
  }

  /** Undefined before the first market event. */
  latest(): FeatureSet | undefined {
    return Number.isNaN(this.engine.exchTs) ? undefined : this.#snapshot(this.#around.clock.now());
  }

  #isImpossible({ exch_ts, ts }: Pick<Ticker, "exch_ts" | "ts">): boolean {
    if (exch_ts - ts <= FUTURE_MS_MAX) return false;
    this.dropped++;
    return true;
  }

  #after(ts: number, closed: readonly ClosedBar[]): void {
    this.updates++;
    if (ts > this.#newestTs) this.#newestTs = ts;
    let features: FeatureSet | undefined;
    for (const { strategy_id, triggers } of this.#watches) {
      for (const trigger of triggers.step(this.engine, closed)) {
        features ??= this.#snapshot(this.#around.clock.now());
        this.#around.signal(this.#signalOf(strategy_id, trigger, features));
      }
    }
    this.#emit(this.#around.clock.now(), features);
    if (closed.length > 0) this.#around.closed?.(this, closed);
  }

  #emit(now: number, ready?: FeatureSet): void {
    if (this.#around.publish === undefined) return;
    this.#unsaid = now - this.#emittedAt < this.#around.settings.emitEveryMs;
    if (this.#unsaid || Number.isNaN(this.engine.exchTs)) return;
    this.#emittedAt = now;
    this.#around.publish(ready ?? this.#snapshot(now));
  }

  /** Under the revision of the arm that its moment belongs to. */
  #signalOf(strategy_id: string, trigger: Trigger, features: FeatureSet): Signal {
    const canary = this.#canary;
    const name = this.#armAt(trigger.exch_ts);
    const config_rev = canary && name === "CANARY" ? canary.rev : this.#rev;
    return {
      signal_id: signalId(strategy_id, this.instrument, trigger.exch_ts),
      account: this.#around.account,
      strategy_id,
      instrument: this.instrument,
      trigger,
      features: features.config_rev === config_rev ? features : { ...features, config_rev },
      ts: features.ts,
      config_rev,
      ...(canary && { arm: { promotion_id: canary.split.promotion_id, name } }),
    };
  }

  #armAt = (exchTs: number): ArmName => (this.#canary ? armOf(this.#canary.split, this.instrument, exchTs) : "STABLE");

  #snapshot(now: number): FeatureSet {
    const values = this.engine.values();
    const quality = this.#quality(now);
    const stale = quality.length > 0;
    if (this.engine.astray.length > 0) quality.push("out_of_range");
    const ticker = this.#ticker;
    return {
      instrument: this.instrument,
      ts: now,
      exch_ts: this.engine.exchTs,
      ...{ values, stale, quality },
      ...(ticker !== undefined && { bid: ticker.bid, ask: ticker.ask }),
      config_rev: this.#rev,
    };
  }

  /**
   * `gap`: the book is not whole, or the best prices are missing or crossed; `age`: what we know is too old. Either
   * makes the features stale; a value out of its range (`out_of_range`) is withheld, and the others hold.
   */
  #quality(now: number): string[] {
    const { staleAfterMs, depthStaleAfterMs } = this.#around.settings;
    const quality: string[] = [];
    if (!this.engine.bookOk || !this.engine.topOk) quality.push("gap");
    if (now - this.#newestTs > staleAfterMs || now - this.#depthTs > depthStaleAfterMs) quality.push("age");
    return quality;
  }
}
