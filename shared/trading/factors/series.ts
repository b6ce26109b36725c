/** One timeframe of one instrument: its bars and the factors they feed, without holes. */
import type { Timeframe } from "../../domain/market.ts";
import { type Bar, BarBuilder } from "./bars.ts";
import type { FactorState } from "./factor.ts";
import type { Inputs } from "./inputs.ts";
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
}

/**
 * A bar that was not watched from its start, or a missing one, breaks the series: its factors start anew and are
 * missing until enough new bars have closed or history has filled the hole.
 */
export class Series {
  readonly timeframe: Timeframe;
  readonly builder: BarBuilder;
  /** Bars of history that would serve; 0 when no factor needs any. */
  barsNeeded = 0;
  #inputs: Inputs;
  #places = new Map<string, Fed>();
  #fed: readonly Fed[] = [];
  /** Whole bars of our own, the newest last. */
  #kept: Bar[] = [];
  #newestTs = Number.NaN;
  #told: ClosedBar | undefined;

  constructor(timeframe: Timeframe, inputs: Inputs) {
    this.timeframe = timeframe;
    this.#inputs = inputs;
    this.builder = new BarBuilder(timeframe, inputs.now);
  }

  /** Which factors to feed from now on; those that stay keep their state, new ones see the bars kept. */
  choose(factors: readonly Factor[]): void {
    const before = this.#places;
    this.#places = new Map(
      factors.map((factor) => [
        factor.id,
        before.get(factor.id) ?? { factor, state: this.#grown(factor, []), cold: true },
      ]),
    );
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
      if (whole) this.#take(bar);
      else this.#break();
    });
    const bar = this.#kept.at(-1);
    if (bar === undefined || this.#newestTs === before) return;
    this.#told ??= { timeframe: this.timeframe, bar };
    this.#told.bar = bar;
    closed.push(this.#told);
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
      fed.state = this.#grown(fed.factor, before);
      fed.cold = false;
    }
    if (this.#kept.length === 0) this.#newestTs = newest.openTs;
    return true;
  }

  /** Where the bar of the watermark begins, with or without a trade in it; infinite before the first event. */
  get #openTs(): number {
    if (this.builder.endTs !== Number.POSITIVE_INFINITY) return this.builder.openTs;
    const { now } = this.#inputs;
    const { ms } = this.builder;
    return Number.isNaN(now) ? Number.POSITIVE_INFINITY : Math.floor(now / ms) * ms;
  }

  #take(bar: Bar): void {
    if (!Number.isNaN(this.#newestTs) && bar.openTs !== this.#newestTs + this.builder.ms) this.#break();
    this.#newestTs = bar.openTs;
    this.#kept.push(bar);
    // Cut in batches: shifting a full array at every bar would copy it each time.
    const keep = Math.max(BARS_KEPT_MIN, this.barsNeeded);
    if (this.#kept.length > 1.5 * keep) this.#kept.splice(0, this.#kept.length - keep);
    for (const { state } of this.#fed) state.onBar?.(bar);
  }

  #break(): void {
    this.#newestTs = Number.NaN;
    this.#kept = [];
    for (const fed of this.#fed) {
      fed.state = this.#grown(fed.factor, []);
      fed.cold = true;
    }
  }

  /** A new state that has seen this history and then our own bars. */
  #grown(factor: Factor, history: readonly Bar[]): FactorState {
    const state = factor.family.make(factor.params, this.#inputs);
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
