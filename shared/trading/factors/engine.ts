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
import type { Closes } from "./closes.ts";
import { Portion } from "./exact-sum.ts";
import type { FactorState, TradeSeen } from "./factor.ts";
import { Inputs, type LevelNumbers } from "./inputs.ts";
import { type Factor, parseFactor } from "./registry.ts";
import { type ClosedBar, Series } from "./series.ts";
import { type EngineSnapshot, type Living, restoreParts, snapshotOf } from "./snapshot.ts";

/** Reads another instrument's factor; NaN where it is missing. */
export type Lookup = (instrument: InstrumentId, id: string) => number;

export interface EngineOptions {
  /** Timeframes whose closes are told though no factor needs them. */
  timeframes?: readonly Timeframe[];
  lookup?: Lookup;
  /** Another instrument's last closes; undefined where nothing is known of it. */
  closes?(instrument: InstrumentId, timeframe: Timeframe): Closes | undefined;
}

/** What history would serve, and how many closed bars of it. */
export interface HistoryWish {
  readonly timeframe: Timeframe;
  readonly bars: number;
}

/** `warm_up`: it wants more closed bars than there have been. `missing`: nothing is there to tell it from. */
export const STANDINGS = ["known", "warm_up", "missing", "out_of_range", "unknown"] as const;
export type Standing = (typeof STANDINGS)[number];

type Reader = () => number;

/** How one value is read, and between what it must lie. */
interface Told {
  readonly id: string;
  readonly read: Reader;
  readonly least: number;
  readonly greatest: number;
}
const NOTHING_CLOSED: readonly ClosedBar[] = [];
const missing: Reader = () => Number.NaN;

export class FactorEngine {
  readonly instrument: InstrumentId;
  /** Ids given that name no factor; their values are null. */
  unknown: readonly string[] = [];
  /** Ids whose value was outside its family's range when the values were last read, and was withheld. */
  astray: readonly string[] = [];
  #inputs = new Inputs();
  #options: EngineOptions;
  #lookup: Lookup;
  #series = new Map<Timeframe, Series>();
  #live: readonly Series[] = [];
  #states = new Map<string, Living>();
  #hearsTrades: readonly FactorState[] = [];
  #hearsTops: readonly FactorState[] = [];
  // One for all trades, so that hearing one allocates nothing.
  #portion = new Portion();
  #trade: TradeSeen = { price: 0, qty: 0, takerBuys: false };
  #readers = new Map<string, Reader>();
  #told: readonly Told[] = [];
  #chosen: readonly [readonly string[], readonly Timeframe[]] = [[], []];
  #nextEndTs = Number.POSITIVE_INFINITY;
  #closed: ClosedBar[] = [];

  constructor(ids: readonly string[], instrument: InstrumentId, options: EngineOptions = {}) {
    this.instrument = instrument;
    this.#options = options;
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
    this.#chosen = [ids, timeframes];
    const wanted = [...new Set(ids)].map((id) => [id, parseFactor(id)] as const);
    this.unknown = wanted.filter(([, factor]) => factor === undefined).map(([id]) => id);
    const parsed = withUsed(wanted.flatMap(([id, factor]) => (factor === undefined ? [] : [[id, factor] as const])));
    const own = [...parsed.values()].filter((factor) => this.#isOwn(factor));
    this.#chooseSeries(own, timeframes);
    const states = this.#states;
    this.#states = new Map();
    this.#readers = new Map();
    for (const [id, factor] of parsed) this.#readers.set(id, this.#reader(factor, states));
    const hearing = [...this.#states.values()].map(({ state }) => state);
    this.#hearsTrades = hearing.filter(({ onTrade }) => onTrade !== undefined);
    this.#hearsTops = hearing.filter(({ onTop }) => onTop !== undefined);
    this.#told = wanted.map(([id, factor]) => toldOf(id, this.#readers.get(id) ?? missing, factor));
  }

  /** Timeframes whose bars feed its factors, shortest first. */
  get timeframes(): readonly Timeframe[] {
    return this.#live.map(({ timeframe }) => timeframe);
  }

  /** The last closes of a timeframe, if any factor or trigger wants it. */
  closes(timeframe: Timeframe): Closes | undefined {
    return this.#series.get(timeframe)?.closes;
  }

  /** How many bars before it a timeframe's factors want to have seen. */
  barsNeeded(timeframe: Timeframe): number {
    return this.#series.get(timeframe)?.barsNeeded ?? 0;
  }

  onTicker(ticker: Ticker): readonly ClosedBar[] {
    const { exch_ts, bid, bid_qty, ask, ask_qty } = ticker;
    return this.onTop(exch_ts, Number(bid), Number(bid_qty), Number(ask), Number(ask_qty));
  }

  /** A ticker told in numbers. */
  onTop(exchTs: number, bid: number, bidQty: number, ask: number, askQty: number): readonly ClosedBar[] {
    if (!Number.isFinite(exchTs)) return NOTHING_CLOSED;
    const closed = this.advance(exchTs);
    this.#inputs.top.set(bid, bidQty, ask, askQty);
    this.#inputs.noteTop();
    for (const state of this.#hearsTops) state.onTop?.(this.#inputs.now);
    return closed;
  }

  onDepth(depth: Depth): readonly ClosedBar[] {
    if (!Number.isFinite(depth.exch_ts)) return NOTHING_CLOSED;
    const closed = this.advance(depth.exch_ts);
    this.#inputs.levels.set(depth);
    return closed;
  }

  /** A book told in numbers, which are copied. */
  onBook(exchTs: number, ok: boolean, bids: LevelNumbers, asks: LevelNumbers): readonly ClosedBar[] {
    if (!Number.isFinite(exchTs)) return NOTHING_CLOSED;
    const closed = this.advance(exchTs);
    this.#inputs.levels.copy(ok, bids, asks);
    return closed;
  }

  onTrade({ exch_ts, price, qty, taker }: MarketTrade): readonly ClosedBar[] {
    return this.onPrint(exch_ts, Number(price), Number(qty), taker === "BUY");
  }

  /** A trade told in numbers. One without a positive price and quantity is left out. */
  onPrint(exchTs: number, price: number, qty: number, takerBuys: boolean): readonly ClosedBar[] {
    if (!Number.isFinite(exchTs)) return NOTHING_CLOSED;
    const closed = this.advance(exchTs);
    if (!(price > 0 && qty > 0 && Number.isFinite(price) && Number.isFinite(qty))) return closed;
    this.#inputs.addTrade(price, qty, takerBuys);
    this.#tellTrade(price, qty, takerBuys);
    this.#portion.set(price, qty);
    for (const { builder } of this.#live) {
      builder.add(this.#inputs.now, price, this.#portion);
      if (builder.endTs < this.#nextEndTs) this.#nextEndTs = builder.endTs;
    }
    return closed;
  }

  /**
   * Leaves the watermark where it is: marks come on a connection of their own, and one that overtakes the last trades
   * of a bar would close it before they count.
   */
  onFunding(funding: Funding): void {
    const { exch_ts, rate, next_funding_ts, mark, index } = funding;
    if (Number.isFinite(exch_ts)) this.#inputs.funding.set(rate, next_funding_ts, Number(mark), Number(index));
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

  /** Takes a whole bar that others have built, as history is gone through bar by bar; oldest first. */
  onClosedBar(timeframe: Timeframe, bar: Bar): void {
    this.#inputs.reach(bar.endTs);
    this.#series.get(timeframe)?.take(bar);
  }

  /** The value of one factor now; NaN while it is missing or where there is no such factor. */
  value(id: string): number {
    const reader = this.#readers.get(id);
    return reader === undefined ? Number.NaN : reader();
  }

  /** All values now: a snapshot that later events do not change; null where one is missing. */
  values(): FeatureValues {
    const values: FeatureValues = {};
    if (this.astray.length > 0) this.astray = [];
    for (const { id, read, least, greatest } of this.#told) {
      const value = read();
      const isSound = value >= least && value <= greatest;
      if (!isSound && Number.isFinite(value)) this.astray = [...this.astray, id];
      values[id] = isSound && Number.isFinite(value) ? value : null;
    }
    return values;
  }

  /** What one of the chosen factors is now, in a word. */
  standing(id: string): Standing {
    const factor = parseFactor(id);
    const reader = this.#readers.get(id);
    if (factor === undefined || reader === undefined) return "unknown";
    if (this.astray.includes(id)) return "out_of_range";
    if (Number.isFinite(reader())) return "known";
    const { timeframe } = factor.params;
    const fed = timeframe === undefined || factor.of !== undefined ? undefined : this.#series.get(timeframe)?.place(id);
    return fed?.cold === true ? "warm_up" : "missing";
  }

  /**
   * All that later values depend on. Plain JSON: an engine with the same factors that takes it up gives the same bits
   * from then on.
   */
  snapshot(): EngineSnapshot {
    return snapshotOf(this.instrument, this.#parts);
  }

  /**
   * Takes up a snapshot; for an engine that has seen nothing. Factors that it does not hold, or holds in another
   * version, start anew. Throws RangeError where it is damaged, of another format or another instrument's; the engine
   * is to be thrown away then.
   */
  restore(kept: EngineSnapshot): void {
    if (kept.instrument !== this.instrument) throw new RangeError(`a snapshot of ${kept.instrument}`);
    restoreParts(this.#parts, kept);
    this.#nextEndTs = earliest(this.#live);
  }

  /** The market goes unwatched from here on; with the next event it is watched again, and what was missed is a hole. */
  interrupt(): void {
    this.#inputs.forget();
    for (const series of this.#live) series.interrupt();
    this.#states.clear();
    this.choose(...this.#chosen);
  }

  get #parts() {
    return { inputs: this.#inputs, series: this.#series, states: this.#states };
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

  #tellTrade(price: number, qty: number, takerBuys: boolean): void {
    if (this.#hearsTrades.length === 0) return;
    this.#trade.price = price;
    this.#trade.qty = qty;
    this.#trade.takerBuys = takerBuys;
    for (const state of this.#hearsTrades) state.onTrade?.(this.#inputs.now, this.#trade);
  }

  #isOwn({ of }: Factor): boolean {
    return of === undefined || of === this.instrument;
  }

  /** Bars begun before the first event are not whole, so the series wait for it. */
  #begin(exchTs: number): void {
    this.#inputs.reach(exchTs);
    for (const series of this.#series.values()) {
      series.builder.watchFrom(exchTs);
      series.resume();
    }
  }

  #chooseSeries(own: readonly Factor[], timeframes: readonly Timeframe[]): void {
    const needed = new Set([...timeframes, ...own.flatMap(({ params }) => params.timeframe ?? [])]);
    const before = this.#series;
    const parts = { inputs: this.#inputs, make: (factor: Factor) => this.#make(factor) };
    this.#series = new Map();
    // In the order of TIMEFRAMES, so that the shortest closes first.
    for (const timeframe of TIMEFRAMES.filter((one) => needed.has(one))) {
      const series = before.get(timeframe) ?? new Series(timeframe, parts);
      series.choose(own.filter(({ params }) => params.timeframe === timeframe));
      this.#series.set(timeframe, series);
    }
    this.#live = [...this.#series.values()];
    this.#nextEndTs = earliest(this.#live);
  }

  #make({ family, params, pair }: Factor): FactorState {
    const { timeframe } = params;
    return family.make(params, this.#inputs, {
      value: (id) => this.value(id),
      own: () => (timeframe === undefined ? undefined : this.closes(timeframe)),
      peer: () => (pair === undefined || timeframe === undefined ? undefined : this.#closesOf(pair, timeframe)),
    });
  }

  #closesOf(instrument: InstrumentId, timeframe: Timeframe): Closes | undefined {
    return instrument === this.instrument ? this.closes(timeframe) : this.#options.closes?.(instrument, timeframe);
  }

  #reader(factor: Factor, before: ReadonlyMap<string, Living>): Reader {
    const { id, of, params } = factor;
    if (of !== undefined && !this.#isOwn(factor)) return () => this.#lookup(of, id);
    const inputs = this.#inputs;
    const place = params.timeframe === undefined ? undefined : this.#series.get(params.timeframe)?.place(id);
    if (place !== undefined) return () => place.state.read(inputs.now);
    const state = before.get(id)?.state ?? this.#make(factor);
    this.#states.set(id, { factor, state });
    return () => state.read(inputs.now);
  }
}

function toldOf(id: string, read: Reader, factor: Factor | undefined): Told {
  const [least, greatest] = factor?.family.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return { id, read, least, greatest };
}

/** The factors by the id they are wanted by, and after them those they are made of. */
function withUsed(wanted: readonly (readonly [string, Factor])[]): ReadonlyMap<string, Factor> {
  const all = new Map(wanted);
  for (const { of, family, params } of all.values()) {
    if (of !== undefined) continue;
    for (const id of family.uses?.(params) ?? []) {
      const used = all.has(id) ? undefined : parseFactor(id);
      if (used !== undefined) all.set(id, used);
    }
  }
  return all;
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
