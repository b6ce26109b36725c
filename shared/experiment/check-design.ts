/** What an experiment is about to do, worked out from its design before anything runs; what cannot be done is refused. */
import type { Bundle } from "../domain/bundle.ts";
import type { ExperimentDesign } from "../domain/experiment.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { TIMEFRAME_MS } from "../domain/market.ts";
import { type FieldError, refuse } from "../errors.ts";
import { parseFactor } from "../trading/factors/registry.ts";
import { type Axis, axesOf } from "./axis.ts";
import { foldsOf, type TimeFold } from "./folds.ts";
import { requireGridFits } from "./search.ts";
import { type SearchKind, searchKind, trialsAtMost } from "./search-kinds.ts";

/** A design whose bundle was looked up and copied. */
export type ResolvedDesign = ExperimentDesign & { readonly bundle: Bundle };

export interface Checked {
  readonly design: ResolvedDesign;
  readonly instruments: readonly InstrumentId[];
  readonly axes: readonly Axis[];
  /** Undefined: nothing is searched. */
  readonly kind: SearchKind | undefined;
  readonly folds: readonly TimeFold[];
}

/** The last moment that a date can name. Source: ECMA-262, "Time Values and Time Range". */
const TS_MAX = 8_640_000_000_000_000;
const WINDOW_MS_MIN = 60_000;
const WINDOW_MS_MAX = 20 * 366 * 86_400_000;
const INSTRUMENTS_MAX = 20;
/** Of all windows or folds together. */
const TRIALS_MAX = 50_000;
/** Of all instruments together: what fits into memory with room for the rest. */
const BARS_MAX = 20_000_000;
/** With fewer the first part of the look-ahead check holds none. */
const CHECKED_BARS_MIN = 4;

/** Refuses with INVALID, by field of the design: no window, no instrument, wrong params, folds that do not fit. */
export function checkDesign(design: ResolvedDesign): Checked {
  const { bundle, params = [] } = design;
  const instruments = instrumentsOf(design);
  const errors = [
    ...[...windowErrors(design), ...methodErrors(design), ...factorErrors(design)],
    ...instrumentErrors(design, instruments),
  ];
  if (errors.length === 0) errors.push(...sizeErrors(design, instruments.length));
  if (errors.length > 0) refuse("INVALID", "The experiment cannot be run so.", { errors });
  const kind = searchKind(design);
  const axes = kind === undefined ? [] : axesOf(bundle, params, kind === "grid");
  if (kind === "grid") requireGridFits(axes, design.search);
  const folds = foldsOf(design);
  if (kind !== undefined) requireTrialsFit(trialsAtMost(axes, design) * Math.max(1, folds.length));
  return { design, instruments, axes, kind, folds };
}

function requireTrialsFit(trials: number): void {
  if (trials <= TRIALS_MAX) return;
  const message = `makes ${trials} trials over all windows, at most ${TRIALS_MAX}`;
  refuse("INVALID", "The experiment cannot be run so.", { errors: [{ field: "search.trials_max", message }] });
}

function instrumentsOf({ bundle, data }: ResolvedDesign): InstrumentId[] {
  return data.instruments ? [...new Set(data.instruments)] : instrumentsTraded(bundle);
}

/** All that enabled strategies trade and the bundle has enabled; in the order of their first mention. */
export function instrumentsTraded(bundle: Bundle): InstrumentId[] {
  const traded = bundle.strategies.flatMap(({ enabled, instruments }) => (enabled ? instruments : []));
  const enabled = new Set(bundle.instruments.flatMap((each) => (each.enabled ? [each.instrument] : [])));
  return [...new Set(traded)].filter((instrument) => enabled.has(instrument));
}

function windowErrors({ window: { from, to } }: ResolvedDesign): FieldError[] {
  if (!(from >= 0)) return [{ field: "window.from", message: "is epoch milliseconds, at least 0" }];
  if (!(to <= TS_MAX)) return [{ field: "window.to", message: "is epoch milliseconds, and no date has so many" }];
  if (!(to - from >= WINDOW_MS_MIN)) return [{ field: "window.to", message: "is not a minute after from" }];
  return to - from > WINDOW_MS_MAX ? [{ field: "window.to", message: "is more than 20 years after from" }] : [];
}

function sizeErrors({ data, window, checks }: ResolvedDesign, instruments: number): FieldError[] {
  const each = (window.to - window.from) / TIMEFRAME_MS[data.timeframe];
  if (data.form === "bars" && checks && each < CHECKED_BARS_MIN) {
    const message = `cut the window off at its quarter: it takes ${CHECKED_BARS_MIN} bars at least, or checks: false`;
    return [{ field: "checks", message }];
  }
  const bars = each * instruments;
  if (data.form !== "bars" || bars <= BARS_MAX) return [];
  const message = `makes ${Math.round(bars)} bars, at most ${BARS_MAX}: take longer bars, a shorter window or fewer instruments`;
  return [{ field: "data.timeframe", message }];
}

function factorErrors({ bundle }: ResolvedDesign): FieldError[] {
  return bundle.factors.flatMap((id, i) =>
    parseFactor(id) === undefined ? [{ field: `bundle.factors.${i}`, message: `${id} is no factor` }] : [],
  );
}

function methodErrors({ method, params = [] }: ResolvedDesign): FieldError[] {
  if (method === "BACKTEST" && params.length > 0) {
    return [{ field: "params", message: "are searched by GRID, RANDOM, GENETIC, WALK_FORWARD or PURGED_KFOLD" }];
  }
  const isSearch = method === "GRID" || method === "RANDOM" || method === "GENETIC";
  return isSearch && params.length === 0 ? [{ field: "params", message: `${method} needs at least one` }] : [];
}

function instrumentErrors({ bundle, data }: ResolvedDesign, instruments: readonly InstrumentId[]): FieldError[] {
  if (!bundle.strategies.some(({ enabled }) => enabled)) {
    return [{ field: "bundle.strategies", message: "none is enabled: nothing would be traded" }];
  }
  if (instruments.length === 0) {
    return [{ field: "bundle.instruments", message: "none that a strategy trades is enabled" }];
  }
  if (instruments.length > INSTRUMENTS_MAX) {
    return [{ field: "data.instruments", message: `${instruments.length}, at most ${INSTRUMENTS_MAX}: name some` }];
  }
  const known = new Set(bundle.instruments.map(({ instrument }) => instrument));
  return (data.instruments ?? []).flatMap((instrument, i) =>
    known.has(instrument) ? [] : [{ field: `data.instruments.${i}`, message: `${instrument} is not in the bundle` }],
  );
}
