/** Trials as a map: the mean of a figure at each pair of values of two parameters, over all the others. */
import type { ParamSet, RunSummary, Trial } from "../../domain/experiment.ts";

export const HEAT_METRICS = [
  "score",
  "sharpe",
  "net_usdt",
  "max_drawdown",
  "profit_factor",
  "hit_rate",
  "trades",
] as const;
export type HeatMetric = (typeof HEAT_METRICS)[number];
export type Value = ParamSet[string];

/** Steps of the colour scale. */
export const HEAT_STEPS = 9;
/** More values than this are put into so many spans of equal width. */
const COLUMNS_MAX = 20;

export interface Axis {
  readonly path: string;
  /** What stands at each place; a span is told by its middle. */
  readonly labels: readonly string[];
}
export interface HeatCell {
  readonly column: number;
  readonly row: number;
  /** Null where no trial was, or none had the figure. */
  readonly mean: number | null;
  readonly trials: number;
  /** Of the colour scale, from 0. */
  readonly step: number;
}
export interface HeatMap {
  readonly x: Axis;
  /** Missing: one parameter alone, which is drawn as a line. */
  readonly y: Axis | undefined;
  readonly cells: readonly HeatCell[];
  readonly low: number;
  readonly high: number;
}

/** Parameters that took more than one value, in the order in which trials name them. */
export function turnedParams(trials: readonly Trial[]): string[] {
  const values = new Map<string, Set<Value>>();
  for (const { params } of trials) {
    for (const [path, value] of Object.entries(params)) {
      const known = values.get(path) ?? new Set();
      values.set(path, known.add(value));
    }
  }
  return [...values].filter(([, known]) => known.size > 1).map(([path]) => path);
}

export function figureOf(trial: Trial, metric: HeatMetric): number | null {
  if (metric === "score") return trial.score;
  const value: RunSummary[keyof RunSummary] | undefined = trial.summary?.[metric];
  return value === undefined || value === null ? null : Number(value);
}

interface Asked {
  x: string;
  y?: string | undefined;
  metric: HeatMetric;
}

/** Undefined where no trial names the parameter, or none has the figure. */
export function heatMapOf(trials: readonly Trial[], { x, y, metric }: Asked): HeatMap | undefined {
  const across = placesOf(trials, x);
  const down = y === undefined ? undefined : placesOf(trials, y);
  const sums = new Map<string, { column: number; row: number; sum: number; count: number; trials: number }>();
  for (const trial of trials) {
    const column = across.placeOf(trial.params[x]);
    const row = y === undefined ? 0 : down!.placeOf(trial.params[y]);
    if (column === undefined || row === undefined) continue;
    const key = `${column}/${row}`;
    const cell = sums.get(key) ?? { column, row, sum: 0, count: 0, trials: 0 };
    const figure = figureOf(trial, metric);
    cell.trials++;
    if (figure !== null && Number.isFinite(figure)) [cell.sum, cell.count] = [cell.sum + figure, cell.count + 1];
    sums.set(key, cell);
  }
  const means = [...sums.values()].flatMap(({ sum, count }) => (count > 0 ? [sum / count] : []));
  if (means.length === 0) return undefined;
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const cells = [...sums.values()]
    .map(({ sum, count, ...cell }) => {
      const mean = count > 0 ? sum / count : null;
      return { column: cell.column, row: cell.row, trials: cell.trials, mean, step: stepOf(mean, low, high) };
    })
    .sort((a, b) => a.row - b.row || a.column - b.column);
  return { x: { path: x, labels: across.labels }, y: down && { path: y!, labels: down.labels }, cells, low, high };
}

export function stepOf(value: number | null, low: number, high: number): number {
  if (value === null || high <= low) return Math.floor(HEAT_STEPS / 2);
  return Math.min(HEAT_STEPS - 1, Math.floor(((value - low) / (high - low)) * HEAT_STEPS));
}

interface Places {
  readonly labels: readonly string[];
  placeOf(value: Value | undefined): number | undefined;
}

/** Values in order; of many numbers, spans of equal width. */
function placesOf(trials: readonly Trial[], path: string): Places {
  const values = [...new Set(trials.flatMap(({ params }) => (params[path] === undefined ? [] : [params[path]])))];
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length === values.length && numbers.length > COLUMNS_MAX) return spansOf(numbers);
  const sorted = values.toSorted((a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)),
  );
  return {
    labels: sorted.map(valueText),
    placeOf: (value) => (value === undefined ? undefined : sorted.indexOf(value)),
  };
}

function spansOf(numbers: readonly number[]): Places {
  const count = Math.floor(COLUMNS_MAX / 2);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const width = (high - low) / count;
  return {
    labels: Array.from({ length: count }, (_, i) => valueText(low + (i + 0.5) * width)),
    placeOf: (value) =>
      typeof value === "number" ? Math.min(count - 1, Math.floor((value - low) / width)) : undefined,
  };
}

const DIGITS = 4;
/** A number in as many digits as tell it apart; the rest as it is. */
export const valueText = (value: Value): string =>
  typeof value === "number" ? String(Number(value.toPrecision(DIGITS))) : String(value);

export const paramsText = (params: ParamSet): string =>
  Object.entries(params)
    .map(([path, value]) => `${shortPath(path)} = ${valueText(value)}`)
    .join(", ");

/** The end of a path, by which people know it: `strategies.rsi-dip.position.break_even_roe` → `break_even_roe`. */
export function shortPath(path: string): string {
  const parts = path.split(".");
  const tail = parts.at(-1) ?? path;
  if (/^(\d+|v|vf)$/.test(tail)) return parts.slice(-3).join(".");
  // A value of its own for each regime.
  return /^[A-Z]+$/.test(tail) ? parts.slice(-2).join(".") : tail;
}
