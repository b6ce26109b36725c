/** All factors of one instrument, fed event by event: the same code live, in recompute and in backtests. */
import type { FeatureValues } from "../../domain/decision.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import {
  type Depth,
  type Funding,
  type MarketTrade,
  TIMEFRAMES,
  type Ticker,
  type Timeframe,
} from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import type { FactorState } from "./factor.ts";
import { Inputs } from "./inputs.ts";
import { type Factor, parseFactor } from "./registry.ts";
import { type ClosedBar, Series } from "./series.ts";

/** Reads another instrument's factor; NaN where it is missing. */
export type Lookup = (instrument: InstrumentId, id: string) => number;

export interface EngineOptions {
  /** Timeframes whose closes are told though no factor needs them. */
  timeframes?: readonly Timeframe[];
  lookup?: Lookup;
}

/** What history would serve, and how many closed bars of it. */
export interface HistoryWish {
  readonly timeframe: Timeframe;
  readonly bars: number;
}

type Reader = () => number;
const NOTHING_CLOSED: readonly ClosedBar[] = [];
const missing: Reader = () => Number.NaN;

export class FactorEngine {
  readonly instrument: InstrumentId;
  /** Ids given that name no factor; their values are null. */
  unknown: readonly string[] = [];
  #inputs = new Inputs();
  #lookup: Lookup;
  #series = new Map<Timeframe, Series>();
  #live: readonly Series[] = [];
  #states = new Map<string, FactorState>();
  #readers = new Map<string, Reader>();
  #ids: readonly string[] = [];
  #nextEndTs = Number.POSITIVE_INFINITY;
  #closed: ClosedBar[] = [];

  constructor(ids: readonly string[], instrument: InstrumentId, options: EngineOptions = {}) {
    this.instrument = instrument;
    this.#lookup = options.lookup ?? missing;
    this.choose(ids, options.timeframes);
  }

  /** The watermark: exchange time of the newest trade, ticker or book, epoch ms; NaN before the first. */
  get exchTs(): number {
    return this.#inputs.now;
  }

  /** False from a gap in the book until it is whole again, and before the first book. */
  get bookOk(): boolean {
    return this.#inputs.levels.ok;
  }

  /** False before the first sound ticker, and while the newest is crossed. */
  get topOk(): boolean {
    return !Number.isNaN(this.#inputs.top.mid);
  }

  /** Changes the set of factors; those that stay go on as if nothing had happened. */
  choose(ids: readonly string[], timeframes: readonly Timeframe[] = []): void {
    this.#ids = [...new Set(ids)];
    const parsed = this.#ids.map((id) => [id, parseFactor(id)] as const);
    this.unknown = parsed.filter(([, factor]) => factor === undefined).map(([id]) => id);
    const own = parsed.flatMap(([, factor]) => (factor !== undefined && this.#isOwn(factor) ? [factor] : []));
    this.#chooseSeries(own, timeframes);
    const states = this.#states;
    this.#states = new Map();
    this.#readers = new Map();
    for (const [id, factor] of parsed) {
      if (factor !== undefined) this.#readers.set(id, this.#reader(factor, states));
    }
  }

  onTicker(ticker: Ticker): readonly ClosedBar[] {
    if (!Number.isFinite(ticker.exch_ts)) return NOTHING_CLOSED;
    const closed = this.advance(ticker.exch_ts);
    this.#inputs.setTop(ticker);
    return closed;
  }

  onDepth(depth: Depth): readonly ClosedBar[] {
    if (!Number.isFinite(depth.exch_ts)) return NOTHING_CLOSED;
    const closed = this.advance(depth.exch_ts);
    this.#inputs.levels.set(depth);
    return closed;
  }

  /** A trade without a positive price and quantity is left out. */
  onTrade(trade: MarketTrade): readonly ClosedBar[] {
    if (!Number.isFinite(trade.exch_ts)) return NOTHING_CLOSED;
    const closed = this.advance(trade.exch_ts);
    const [price, qty] = [Number(trade.price), Number(trade.qty)];
    if (!(price > 0 && qty > 0 && Number.isFinite(price) && Number.isFinite(qty))) return closed;
    this.#inputs.addTrade(trade, price, qty);
    for (const { builder } of this.#live) {
      builder.add(this.#inputs.now, price, qty);
      if (builder.endTs < this.#nextEndTs) this.#nextEndTs = builder.endTs;
    }
    return closed;
  }

  /**
   * Leaves the watermark where it is: marks come on a connection of their own, and one that overtakes the last trades
   * of a bar would close it before they count.
   */
  onFunding(funding: Funding): void {
    if (Number.isFinite(funding.exch_ts)) this.#inputs.funding.set(funding);
  }

  /**
   * Moves the watermark to `exchTs`, never back, and answers the newest bar of each timeframe that this closed,
   * shortest timeframe first. The answer is valid until the next event.
   */
  advance(exchTs: number): readonly ClosedBar[] {
    if (!Number.isFinite(exchTs)) return NOTHING_CLOSED;
    if (Number.isNaN(this.#inputs.now)) this.#begin(exchTs);
    this.#inputs.reach(exchTs);
    const now = this.#inputs.now;
    if (now < this.#nextEndTs) return NOTHING_CLOSED;
    this.#closed.length = 0;
    for (const series of this.#live) if (now >= series.builder.endTs) series.advance(now, this.#closed);
    this.#nextEndTs = earliest(this.#live);
    return this.#closed;
  }

  /** The value of one factor now; NaN while it is missing or where there is no such factor. */
  value(id: string): number {
    const reader = this.#readers.get(id);
    return reader === undefined ? Number.NaN : reader();
  }

  /** All values now: a snapshot that later events do not change; null where one is missing. */
  values(): FeatureValues {
    const values: FeatureValues = {};
    for (const id of this.#ids) {
      const value = this.value(id);
      values[id] = Number.isFinite(value) ? value : null;
    }
    return values;
  }

  /** Timeframes whose factors are missing or started late, and would not with history. */
  historyWishes(): HistoryWish[] {
    return [...this.#series.values()]
      .filter((series) => series.wantsHistory)
      .map(({ timeframe, barsNeeded }) => ({ timeframe, bars: barsNeeded }));
  }

  /** Takes closed bars of history, oldest first; false when they do not reach up to the bars built here. */
  warm(timeframe: Timeframe, bars: readonly Bar[]): boolean {
    return this.#series.get(timeframe)?.warm(bars) ?? false;
  }

  #isOwn({ of }: Factor): boolean {
    return of === undefined || of === this.instrument;
  }

  /** Bars begun before the first event are not whole, so the series wait for it. */
  #begin(exchTs: number): void {
    this.#inputs.reach(exchTs);
    for (const series of this.#series.values()) series.builder.watchFrom(exchTs);
  }

  #chooseSeries(own: readonly Factor[], timeframes: readonly Timeframe[]): void {
    const needed = new Set([...timeframes, ...own.flatMap(({ params }) => params.timeframe ?? [])]);
    const before = this.#series;
    this.#series = new Map();
    // In the order of TIMEFRAMES, so that the shortest closes first.
    for (const timeframe of TIMEFRAMES.filter((one) => needed.has(one))) {
      const series = before.get(timeframe) ?? new Series(timeframe, this.#inputs);
      series.choose(own.filter(({ params }) => params.timeframe === timeframe));
      this.#series.set(timeframe, series);
    }
    this.#live = [...this.#series.values()];
    this.#nextEndTs = earliest(this.#live);
  }

  #reader(factor: Factor, before: Map<string, FactorState>): Reader {
    const { id, of, params } = factor;
    if (of !== undefined && !this.#isOwn(factor)) return () => this.#lookup(of, id);
    const inputs = this.#inputs;
    const place = params.timeframe === undefined ? undefined : this.#series.get(params.timeframe)?.place(id);
    if (place !== undefined) return () => place.state.read(inputs.now);
    const state = before.get(id) ?? factor.family.make(params, inputs);
    this.#states.set(id, state);
    return () => state.read(inputs.now);
  }
}

function earliest(series: readonly Series[]): number {
  let endTs = Number.POSITIVE_INFINITY;
  for (const { builder } of series) if (builder.endTs < endTs) endTs = builder.endTs;
  return endTs;
}

export const createFactorEngine = (
  ids: readonly string[],
  instrument: InstrumentId,
  options?: EngineOptions,
): FactorEngine => new FactorEngine(ids, instrument, options);
