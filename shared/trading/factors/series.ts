/** One timeframe of one instrument: its bars and the factors they feed, without holes. */
import { TIMEFRAME_MS, type Timeframe } from "../../domain/market.ts";
import { type Bar, BarBuilder, keepBar, NO_BAR } from "./bars.ts";
import { Closes } from "./closes.ts";
import type { FactorState } from "./factor.ts";
import type { Inputs } from "./inputs.ts";
import type { Memory } from "./memory.ts";
import type { Factor } from "./registry.ts";

/** History asked for at most. */
const HISTORY_BARS_MAX = 1_000;
/** Whole bars kept for factors that come later, if the present ones need fewer. */
const BARS_KEPT_MIN = 300;

export interface ClosedBar {
  readonly timeframe: Timeframe;
  bar: Bar;
}

/** A factor's place in its series; its state is another one after the series broke or was warmed. */
export interface Fed {
  readonly factor: Factor;
  state: FactorState;
  /** Has not seen history: it starts where our own bars start. */
  cold: boolean;
  /** What it was before a hole that is not yet filled; `ts` is where the last bar begins that it has seen. */
  rest: { readonly state: FactorState; readonly ts: number; readonly cold: boolean } | undefined;
}

interface Parts {
  readonly inputs: Inputs;
  make(factor: Factor): FactorState;
}

/**
 * A bar that was not watched from its start, or a missing one, breaks the series: its factors start anew and are
 * missing until history has filled the hole, whereupon they go on as if there had been none, or enough new bars have
 * closed.
 */
export class Series {
  readonly timeframe: Timeframe;
  readonly builder: BarBuilder;
  readonly closes: Closes;
  /** Bars of history that would serve; 0 when no factor needs any. */
  barsNeeded = 0;
  #parts: Parts;
  #places = new Map<string, Fed>();
  #fed: readonly Fed[] = [];
  /** Whole bars of our own, the newest last. */
  #kept: Bar[] = [];
  #newestTs = Number.NaN;
  #told: ClosedBar | undefined;

  constructor(timeframe: Timeframe, parts: Parts) {
    this.timeframe = timeframe;
    this.#parts = parts;
    this.builder = new BarBuilder(timeframe, parts.inputs.now);
    this.closes = new Closes(TIMEFRAME_MS[timeframe]);
  }

  /** A new state that has seen nothing. */
  make(factor: Factor): FactorState {
    return this.#parts.make(factor);
  }

  get fed(): readonly Fed[] {
    return this.#fed;
  }

  /** Which factors to feed from now on; those that stay keep their state, new ones see the bars kept. */
  choose(factors: readonly Factor[]): void {
    const before = this.#places;
    const fresh = (factor: Factor): Fed => ({ factor, state: this.#grown(factor, []), cold: true, rest: undefined });
    this.#places = new Map(factors.map((factor) => [factor.id, before.get(factor.id) ?? fresh(factor)]));
    this.#fed = [...this.#places.values()];
    const wanted = this.#fed.map(({ factor }) => factor.family.bars(factor.params));
    this.barsNeeded = Math.min(HISTORY_BARS_MAX, Math.max(0, ...wanted));
  }

  place(id: string): Fed | undefined {
    return this.#places.get(id);
  }

  /** History would make missing factors known, or put behind factors that started late what came before them. */
  get wantsHistory(): boolean {
    return this.#kept.length < this.barsNeeded && this.#fed.some((fed) => fed.cold);
  }

  /** Closes what the watermark has passed; the newest whole bar closed goes to `closed`. */
  advance(now: number, closed: ClosedBar[]): void {
    const before = this.#newestTs;
    this.builder.advance(now, (bar, whole) => {
      if (whole) this.take(bar);
      else this.#break();
    });
    const bar = this.#kept.at(-1);
    if (bar === undefined || this.#newestTs === before) return;
    this.#told ??= { timeframe: this.timeframe, bar };
    this.#told.bar = bar;
    closed.push(this.#told);
  }

  /** Feeds a whole bar; one that does not follow the newest breaks the series first. */
  take(bar: Bar): void {
    if (!Number.isNaN(this.#newestTs) && bar.openTs !== this.#newestTs + this.builder.ms) this.#break();
    this.#newestTs = bar.openTs;
    this.#kept.push(bar);
    this.closes.push(bar.openTs, bar.close);
    // Cut in batches: shifting a full array at every bar would copy it each time.
    const keep = Math.max(BARS_KEPT_MIN, this.barsNeeded);
    if (this.#kept.length > 1.5 * keep) this.#kept.splice(0, this.#kept.length - keep);
    for (const { state } of this.#fed) state.onBar?.(bar);
  }

  /**
   * Feeds closed bars of history, oldest first, to the factors that have not seen any, then our own bars again. Bars
   * that overlap ours are left out; false when what is left does not reach up to ours.
   */
  warm(bars: readonly Bar[]): boolean {
    const oursTs = this.#kept[0]?.openTs ?? this.#openTs;
    const before = withoutHole(bars.filter((bar) => bar.endTs <= oursTs));
    const newest = before.at(-1);
    if (newest === undefined || (oursTs !== Number.POSITIVE_INFINITY && newest.endTs !== oursTs)) return false;
    for (const fed of this.#fed) {
      if (!fed.cold) continue;
      if (!this.#goOn(fed, before)) {
        fed.state = this.#grown(fed.factor, before);
        fed.cold = false;
      }
      fed.rest = undefined;
    }
    this.#refill(before);
    if (this.#kept.length === 0) this.#newestTs = newest.openTs;
    return true;
  }

  /** The market goes unwatched from here on, until the next event. */
  interrupt(): void {
    this.#break();
    this.builder.stop();
  }

  /** Called at the first event after a pause: where no whole bar was missed there is no hole to fill. */
  resume(): void {
    let newestTs = Number.NaN;
    for (const fed of this.#fed) {
      if (fed.rest === undefined || fed.rest.ts + this.builder.ms !== this.#openTs) continue;
      newestTs = fed.rest.ts;
      this.#goOn(fed, []);
      fed.rest = undefined;
    }
    if (!Number.isNaN(newestTs)) this.#newestTs = newestTs;
  }

  keep(memory: Memory): void {
    this.#newestTs = memory.number(this.#newestTs);
    const count = memory.number(this.#kept.length);
    this.#kept = Array.from({ length: count }, (_, at) => keepBar(memory, this.#kept[at] ?? NO_BAR));
    this.builder.keep(memory);
    this.closes.keep(memory);
  }

  /** Where the bar of the watermark begins, with or without a trade in it; infinite before the first event. */
  get #openTs(): number {
    if (this.builder.endTs !== Number.POSITIVE_INFINITY) return this.builder.openTs;
    const { now } = this.#parts.inputs;
    const { ms } = this.builder;
    return Number.isNaN(now) ? Number.POSITIVE_INFINITY : Math.floor(now / ms) * ms;
  }

  #break(): void {
    const ts = this.#newestTs;
    const isEnough = this.#kept.length >= this.barsNeeded;
    this.#newestTs = Number.NaN;
    this.#kept = [];
    for (const fed of this.#fed) {
      const { state, cold } = fed;
      if (!Number.isNaN(ts)) fed.rest ??= { state, ts, cold: cold && !isEnough };
      fed.state = this.#grown(fed.factor, []);
      fed.cold = true;
    }
  }

  /** Takes up what rests, if `before` and our own bars follow it without a hole. */
  #goOn(fed: Fed, before: readonly Bar[]): boolean {
    const { rest } = fed;
    if (rest === undefined) return false;
    const missed = [...before, ...this.#kept].filter(({ openTs }) => openTs > rest.ts);
    const next = missed[0]?.openTs ?? this.#openTs;
    if (next !== rest.ts + this.builder.ms) return false;
    for (const bar of missed) rest.state.onBar?.(bar);
    fed.state = rest.state;
    fed.cold = rest.cold;
    return true;
  }

  #refill(before: readonly Bar[]): void {
    if (this.#kept.length > 0) this.closes.clear();
    for (const { openTs, close } of [...before, ...this.#kept]) {
      if (!(openTs <= this.closes.newestTs)) this.closes.push(openTs, close);
    }
  }

  /** A new state that has seen this history and then our own bars. */
  #grown(factor: Factor, history: readonly Bar[]): FactorState {
    const state = this.make(factor);
    for (const bar of history) state.onBar?.(bar);
    for (const bar of this.#kept) state.onBar?.(bar);
    return state;
  }
}

/** The longest tail in which every bar begins where the one before it ends. */
function withoutHole(bars: readonly Bar[]): readonly Bar[] {
  let start = bars.length - 1;
  while (start > 0 && bars[start - 1]!.endTs === bars[start]!.openTs) start--;
  return bars.slice(Math.max(start, 0));
}
