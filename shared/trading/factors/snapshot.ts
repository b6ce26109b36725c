/** What a factor engine knows, as plain JSON, so that a restart goes on where the last run ended. */
import type { InstrumentId } from "../../domain/instrument.ts";
import type { Timeframe } from "../../domain/market.ts";
import type { FactorState } from "./factor.ts";
import type { Inputs } from "./inputs.ts";
import { type Cell, type Kept, restore, save } from "./memory.ts";
import type { Factor } from "./registry.ts";
import type { Series } from "./series.ts";

/** Raised when what is written down changes its form; a snapshot of another format is not read. */
export const SNAPSHOT_FORMAT = 1;

interface StateSnapshot {
  readonly id: string;
  /** Of the factor's family: a state of another version is left out, and its factor starts anew. */
  readonly version: number;
  readonly cells: readonly Cell[];
}

/** `cold` as in `Fed`; `rest` is what it was before a hole that is not filled yet. */
interface FedSnapshot extends StateSnapshot {
  readonly cold: boolean;
  readonly rest?: { readonly ts: number; readonly cold: boolean; readonly cells: readonly Cell[] };
}

interface SeriesSnapshot {
  readonly timeframe: Timeframe;
  readonly cells: readonly Cell[];
  readonly fed: readonly FedSnapshot[];
}

/** A window of trades or of mids, by its length. */
interface WindowSnapshot {
  readonly ms: number;
  readonly cells: readonly Cell[];
}

export interface EngineSnapshot {
  readonly format: number;
  readonly instrument: InstrumentId;
  /** The newest book, ticker, funding and trade. */
  readonly inputs: readonly Cell[];
  readonly trade_windows: readonly WindowSnapshot[];
  readonly mid_trails: readonly WindowSnapshot[];
  readonly series: readonly SeriesSnapshot[];
  /** States of factors without a timeframe. */
  readonly states: readonly StateSnapshot[];
}

export interface Living {
  readonly factor: Factor;
  readonly state: FactorState;
}

interface Parts {
  readonly inputs: Inputs;
  readonly series: ReadonlyMap<Timeframe, Series>;
  readonly states: ReadonlyMap<string, Living>;
}

export function snapshotOf(instrument: InstrumentId, { inputs, series, states }: Parts): EngineSnapshot {
  return {
    format: SNAPSHOT_FORMAT,
    instrument,
    inputs: save(inputs),
    trade_windows: windowsOf(inputs.tradeWindows),
    mid_trails: windowsOf(inputs.trails),
    series: [...series.values()].map(seriesSnapshot),
    states: [...states.values()].map(({ factor, state }) => stateSnapshot(factor, state)),
  };
}

/** Throws RangeError where it is damaged or of another format; what was half restored is to be thrown away. */
export function restoreParts(parts: Parts, kept: EngineSnapshot): void {
  if (kept.format !== SNAPSHOT_FORMAT) throw new RangeError(`a snapshot of format ${kept.format}`);
  restore(parts.inputs, kept.inputs);
  restoreWindows(parts.inputs.tradeWindows, kept.trade_windows);
  restoreWindows(parts.inputs.trails, kept.mid_trails);
  for (const one of kept.series) {
    const series = parts.series.get(one.timeframe);
    if (series !== undefined) restoreSeries(series, one);
  }
  for (const { id, version, cells } of kept.states) {
    const mine = parts.states.get(id);
    if (mine?.factor.family.version === version) restore(mine.state, cells);
  }
}

const windowsOf = (windows: ReadonlyMap<number, Kept>): WindowSnapshot[] =>
  [...windows].map(([ms, window]) => ({ ms, cells: save(window) }));

function restoreWindows(windows: ReadonlyMap<number, Kept>, kept: readonly WindowSnapshot[]): void {
  for (const { ms, cells } of kept) {
    const mine = windows.get(ms);
    if (mine !== undefined) restore(mine, cells);
  }
}

const stateSnapshot = (factor: Factor, state: FactorState): StateSnapshot => ({
  id: factor.id,
  version: factor.family.version,
  cells: save(state),
});

const seriesSnapshot = (series: Series): SeriesSnapshot => ({
  timeframe: series.timeframe,
  cells: save(series),
  fed: series.fed.map(({ factor, state, cold, rest }) => ({
    ...stateSnapshot(factor, state),
    cold,
    ...(rest !== undefined && { rest: { ts: rest.ts, cold: rest.cold, cells: save(rest.state) } }),
  })),
});

function restoreSeries(series: Series, kept: SeriesSnapshot): void {
  restore(series, kept.cells);
  for (const { id, version, cells, cold, rest } of kept.fed) {
    const fed = series.place(id);
    if (fed?.factor.family.version !== version) continue;
    restore(fed.state, cells);
    fed.cold = cold;
    if (rest === undefined) continue;
    const state = series.make(fed.factor);
    restore(state, rest.cells);
    fed.rest = { state, ts: rest.ts, cold: rest.cold };
  }
}
