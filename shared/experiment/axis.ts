/** One thing that a search turns, as the values that it can take: the points of a grid, or draws from a range. */
import type { Bundle } from "../domain/bundle.ts";
import type { ParamSet, SearchParam } from "../domain/experiment.ts";
import { type FieldError, refuse } from "../errors.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { paramErrors, tryParams } from "./params.ts";

type Value = ParamSet[string];

export type Axis = { readonly path: string } & (
  | { readonly kind: "points"; readonly points: readonly Value[] }
  | {
      readonly kind: "range";
      readonly min: number;
      readonly max: number;
      readonly scale: "linear" | "log";
      /** Whole numbers alone. */
      readonly isWhole: boolean;
    }
);

/** Along one axis. */
const POINTS_MAX = 10_000;
/** What is drawn has so many digits: more would say nothing, and be read by people. */
const DIGITS = 6;
const GRID_DIGITS = 12;
/** No whole number, wherever a range begins. */
const FRACTION = 0.371;

/** Refuses with INVALID, by field, params that do not fit this bundle. `isGrid`: every range needs its steps. */
export function axesOf(bundle: Bundle, params: readonly SearchParam[], isGrid: boolean): Axis[] {
  const shape = params.flatMap((param, i) => shapeErrors(param, `params.${i}`, isGrid));
  if (shape.length > 0) refuse("INVALID", "A parameter cannot be searched so.", { errors: shape });
  const axes = params.map((param) => axisOf(bundle, param));
  const errors = paramErrors(bundle, params, (param) => ends(axes[params.indexOf(param)]!));
  if (errors.length > 0) refuse("INVALID", "A parameter does not fit the bundle.", { errors });
  return axes;
}

/** How many sets of values there are; infinite where one is drawn from a range. */
export const combinations = (axes: readonly Axis[]): number =>
  axes.reduce((all, axis) => all * (axis.kind === "points" ? axis.points.length : Number.POSITIVE_INFINITY), 1);

/** The set at this place of the grid, whose last axis turns first. */
export function pointAt(axes: readonly Axis[], place: number): ParamSet {
  const set: [string, Value][] = [];
  let rest = place;
  for (const axis of axes.toReversed()) {
    const points = axis.kind === "points" ? axis.points : [];
    set.push([axis.path, points[rest % points.length] as Value]);
    rest = Math.floor(rest / points.length);
  }
  return Object.fromEntries(set.reverse());
}

export function draw(axis: Axis, chance: Chance): Value {
  if (axis.kind === "points") return axis.points[Math.floor(chance.next() * axis.points.length)] as Value;
  const { min, max, scale } = axis;
  const at = chance.next();
  return fitted(axis, scale === "log" ? min * (max / min) ** at : min + at * (max - min));
}

/** A value not far from this one: at most a fifth of the axis away. */
export function nudge(axis: Axis, value: Value, chance: Chance): Value {
  const by = (chance.next() - 0.5) * 0.4;
  if (axis.kind === "points") {
    const { points } = axis;
    const steps = Math.max(1, Math.round(Math.abs(by) * points.length)) * Math.sign(by);
    const at = Math.min(Math.max(points.indexOf(value) + steps, 0), points.length - 1);
    return points[at] as Value;
  }
  const { min, max, scale } = axis;
  const moved = scale === "log" ? Number(value) * (max / min) ** by : Number(value) + by * (max - min);
  return fitted(axis, Math.min(Math.max(moved, min), max));
}

function fitted(axis: Axis & { kind: "range" }, value: number): number {
  const told = axis.isWhole ? Math.round(value) : Number(value.toPrecision(DIGITS));
  return Math.min(Math.max(told, axis.min), axis.max);
}

function axisOf(bundle: Bundle, param: SearchParam): Axis {
  const { path } = param;
  if ("values" in param) return { path, kind: "points", points: [...new Set(param.values)] };
  const { min, max, step, scale } = param;
  if (step !== undefined) return { path, kind: "points", points: stepsOf({ min, max, step, scale }) };
  return { path, kind: "range", min, max, scale, isWhole: takesWholeOnly(bundle, path, [min, max]) };
}

interface Steps {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly scale: "linear" | "log";
}

/** Of a log scale `step` is the factor between two values. */
function stepsOf({ min, max, step, scale }: Steps): number[] {
  const points: number[] = [];
  for (let k = 0; points.length <= POINTS_MAX; k++) {
    const value = Number((scale === "log" ? min * step ** k : min + k * step).toPrecision(GRID_DIGITS));
    if (value > max) break;
    points.push(value);
  }
  return points;
}

/** The schema is asked: it takes both ends and nothing between two whole numbers. */
function takesWholeOnly(bundle: Bundle, path: string, [min, max]: readonly [number, number]): boolean {
  if (!Number.isInteger(min) || !Number.isInteger(max) || min === max) return false;
  const takes = (value: number): boolean => tryParams(bundle, { [path]: value }).errors.length === 0;
  return takes(min) && takes(max) && !takes(min + FRACTION);
}

/** What the schema is tried with. */
const ends = (axis: Axis): Value[] => (axis.kind === "points" ? [...axis.points] : [axis.min, axis.max]);

function shapeErrors(param: SearchParam, field: string, isGrid: boolean): FieldError[] {
  if ("values" in param) return [];
  const { min, max, step, scale } = param;
  if (!(min <= max)) return [{ field: `${field}.max`, message: "is below min" }];
  if (scale === "log" && !(min > 0)) return [{ field: `${field}.min`, message: "is above zero on a log scale" }];
  if (step === undefined)
    return isGrid ? [{ field: `${field}.step`, message: "is needed for a grid, or values in its place" }] : [];
  if (scale === "log" && !(step > 1)) {
    return [{ field: `${field}.step`, message: "is the factor between two values on a log scale, above 1" }];
  }
  const count = scale === "log" ? Math.log(max / min) / Math.log(step) : (max - min) / step;
  return count < POINTS_MAX ? [] : [{ field: `${field}.step`, message: `makes more than ${POINTS_MAX} values` }];
}
