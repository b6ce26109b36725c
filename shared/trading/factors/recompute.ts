/** Factors of bars computed once more from whole bars, by the same engine that follows the market live. */
import type { FeatureValues } from "../../domain/decision.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { TIMEFRAME_MS, type Timeframe } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import { createFactorEngine, type FactorEngine } from "./engine.ts";
import { parseFactor } from "./registry.ts";

/** What one instrument's factors of one timeframe look at. */
export interface Course {
  readonly instrument: InstrumentId;
  readonly window: Timeframe;
  /** Those of other timeframes, and those without one, are left out: bars do not tell them. */
  readonly factors: readonly string[];
}

/** Bars of an instrument that a course needs, and how many before the first moment. */
export interface BarsNeeded {
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
  readonly warmUp: number;
}

/** Oldest first; holes break a series as they do live. */
export interface Span extends Omit<BarsNeeded, "warmUp"> {
  readonly bars: readonly Bar[];
}

export interface Moment {
  /** The bar's end, epoch ms. */
  readonly ts: number;
  readonly values: FeatureValues;
}

/** So many times the bars that a factor asks for live, after which even the last bits have forgotten the beginning. */
const WARM_UPS = 2.5;
const WARM_UP_MAX = 1_500;

interface Engines {
  readonly own: FactorEngine;
  readonly all: ReadonlyMap<InstrumentId, FactorEngine>;
}

/** The given factors that belong to a timeframe. */
export const factorsOfWindow = (ids: readonly string[], window: Timeframe): string[] =>
  ids.filter((id) => parseFactor(id)?.params.timeframe === window);

/** What factors of one instrument want another to compute, by that one. */
export function wantedOfPeers(ids: readonly string[], instrument: InstrumentId): Map<InstrumentId, Set<string>> {
  const wanted = new Map<InstrumentId, Set<string>>();
  const want = (peer: InstrumentId, id: string) => {
    if (peer !== instrument) wanted.set(peer, (wanted.get(peer) ?? new Set()).add(id));
  };
  for (const factor of ids.flatMap((id) => parseFactor(id) ?? [])) {
    if (factor.of !== undefined) want(factor.of, factor.id);
    if (factor.pair === undefined) continue;
    for (const id of factor.family.usesOfPeer?.(factor.params) ?? []) want(factor.pair, id);
  }
  return wanted;
}

function enginesOf({ instrument, window, factors }: Course): Engines {
  const ids = factorsOfWindow(factors, window);
  const peers = new Map<InstrumentId, FactorEngine>();
  for (const [peer, wanted] of wantedOfPeers(ids, instrument)) peers.set(peer, createFactorEngine([...wanted], peer));
  const own = createFactorEngine(ids, instrument, {
    timeframes: [window],
    lookup: (peer, id) => peers.get(peer)?.value(id) ?? Number.NaN,
    closes: (peer, timeframe) => peers.get(peer)?.closes(timeframe),
  });
  // Others first: at the end of a bar they have closed theirs.
  return { own, all: new Map([...peers, [instrument, own]]) };
}

export const barsNeeded = (course: Course): BarsNeeded[] =>
  [...enginesOf(course).all].flatMap(([instrument, engine]) =>
    engine.timeframes.map((timeframe) => ({
      instrument,
      timeframe,
      warmUp: Math.min(WARM_UP_MAX, Math.ceil(WARM_UPS * engine.barsNeeded(timeframe))),
    })),
  );

/** Values at the end of every bar of the course's window that begins from `fromTs` on and before `toTs`. */
export function recompute(course: Course, spans: readonly Span[], between: { fromTs: number; toTs: number }): Moment[] {
  const { own, all } = enginesOf(course);
  const order = [...all.keys()];
  const steps = spans
    .flatMap(({ instrument, timeframe, bars }) => bars.map((bar) => ({ instrument, timeframe, bar })))
    .sort(
      (a, b) =>
        a.bar.endTs - b.bar.endTs ||
        TIMEFRAME_MS[a.timeframe] - TIMEFRAME_MS[b.timeframe] ||
        order.indexOf(a.instrument) - order.indexOf(b.instrument),
    );
  const moments: Moment[] = [];
  for (const [at, { instrument, timeframe, bar }] of steps.entries()) {
    all.get(instrument)?.onClosedBar(timeframe, bar);
    const isDone = steps[at + 1]?.bar.endTs !== bar.endTs;
    if (!isDone || !closes(own, course.window, bar.endTs)) continue;
    const openTs = bar.endTs - TIMEFRAME_MS[course.window];
    if (openTs >= between.fromTs && openTs < between.toTs) moments.push({ ts: bar.endTs, values: own.values() });
  }
  return moments;
}

const closes = (engine: FactorEngine, window: Timeframe, endTs: number): boolean =>
  (engine.closes(window)?.newestTs ?? Number.NaN) + TIMEFRAME_MS[window] === endTs;
