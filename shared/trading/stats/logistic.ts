/** Logistic regression, the baseline that other models are held against: standardised, L2, the same every time. */
import { refuse } from "../../errors.ts";
import { logisticOnnx } from "../model/onnx-logistic.ts";
import { atOnce, type InParts, rowParts } from "./in-parts.ts";
import { minimiseInParts, sigmoid } from "./log-loss.ts";
import { momentsOf } from "./moments.ts";

/** What a model learns from: inputs in a fixed order, and whether it came true. */
export interface Sample {
  readonly inputs: readonly (number | null)[];
  readonly positive: boolean;
}

export interface LogisticOptions {
  /** λ of λ/2·Σw² on standardised inputs, beside the sum of the losses; 1. At least `L2_MIN`. */
  readonly l2?: number;
  /** How much a positive and a negative count, 1 if not said; "balanced": n/(2·n of the kind), both kinds alike. */
  readonly class_weights?: "balanced" | { readonly positive: number; readonly negative: number };
}

/** ln(p/(1 − p)) = bias + Σ weights·inputs, in the inputs' own units: the standardising is folded in. */
export interface LogisticModel {
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface LogisticFit {
  readonly model: LogisticModel;
  /** Of each input over the rows used: what contributions are told against. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** Per deviation of the input: comparable with each other. 0 for an input that never varied. */
  readonly standardised: readonly number[];
  readonly rows: number;
  /** Left out because an input had no value. */
  readonly rows_left_out: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** What it costs to standardise an input, in multiplications. */
const STANDARDISING = 10;

/** Below it equal inputs could no longer be told apart from rounding, nor separable ones be kept from infinity. */
export const L2_MIN = 1e-6;

/**
 * Ridge logistic regression (le Cessie and van Houwelingen 1992): with any λ > 0 there is one answer, finite also
 * where the classes are separable or inputs depend on each other, which then share the weight.
 *
 * **Missing values**: a row in which any input is null, NaN or infinite is left out and counted, as a model has no say
 * in trading when an input has no value. Refuses with INVALID: no rows or only one class left, rows of unequal width,
 * λ or class weights out of range.
 */
export const fitLogistic = (samples: readonly Sample[], options?: LogisticOptions): LogisticFit =>
  atOnce(fitLogisticInParts(samples, options));

/** The same fit for many rows, which take seconds. */
export function* fitLogisticInParts(
  samples: readonly Sample[],
  { l2 = 1, class_weights }: LogisticOptions = {},
): InParts<LogisticFit> {
  if (!(l2 >= L2_MIN && l2 < Number.POSITIVE_INFINITY)) refuse("INVALID", `λ is at least ${L2_MIN}: ${l2}`);
  const used = wholeRows(samples);
  const { counts, targets } = weighed(used, class_weights);
  const columns: ReturnType<typeof spreadOf>[] = [];
  for (const j of used[0]!.inputs.keys()) {
    columns.push(spreadOf(used.map(({ inputs }) => inputs[j]!)));
    yield;
  }
  const rows: number[][] = [];
  for (const [from, to] of rowParts(used.length, columns.length * STANDARDISING)) {
    for (let i = from; i < to; i++) {
      rows.push(used[i]!.inputs.map((x, j) => (x - columns[j]!.mean) / columns[j]!.scale));
    }
    yield;
  }
  const { weights: standardised, bias, iterations, converged } = yield* minimiseInParts({ rows, targets, counts, l2 });
  const weights = standardised.map((w, j) => w / columns[j]!.scale);
  return {
    model: { weights, bias: weights.reduce((rest, w, j) => rest - w * columns[j]!.mean, bias) },
    means: columns.map(({ mean }) => mean),
    deviations: columns.map(({ deviation }) => deviation),
    standardised,
    rows: used.length,
    rows_left_out: samples.length - used.length,
    iterations,
    converged,
  };
}

interface WholeSample {
  readonly inputs: readonly number[];
  readonly positive: boolean;
}

const isWhole = (sample: Sample): sample is WholeSample => sample.inputs.every((x) => Number.isFinite(x));

function wholeRows(samples: readonly Sample[]): WholeSample[] {
  const width = samples[0]?.inputs.length;
  const odd = samples.findIndex(({ inputs }) => inputs.length !== width);
  if (odd >= 0) refuse("INVALID", `Row ${odd + 1} has ${samples[odd]!.inputs.length} inputs, the first ${width}.`);
  const used = samples.filter(isWhole);
  for (const kind of [true, false]) {
    if (!used.some(({ positive }) => positive === kind)) {
      refuse(
        "INVALID",
        `No ${kind ? "positive" : "negative"} among ${used.length} rows in which every input has a value.`,
      );
    }
  }
  return used;
}

function weighed(used: readonly WholeSample[], weights: LogisticOptions["class_weights"]) {
  const positives = used.filter(({ positive }) => positive).length;
  const { positive, negative } =
    weights === "balanced"
      ? { positive: used.length / (2 * positives), negative: used.length / (2 * (used.length - positives)) }
      : (weights ?? { positive: 1, negative: 1 });
  for (const weight of [positive, negative]) {
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
      refuse("INVALID", `A class weight is above zero: ${weight}`);
  }
  return {
    counts: used.map((row) => (row.positive ? positive : negative)),
    targets: used.map((row) => Number(row.positive)),
  };
}

/** What a 32-bit float holds, with room for its square in a double. */
const INPUT_MAX = 1e38;

/** A column that does not vary, but for rounding, becomes 0 in every row, and its weight 0. */
function spreadOf(column: readonly number[]) {
  if (column.some((x) => Math.abs(x) > INPUT_MAX)) refuse("INVALID", `An input is beyond ±${INPUT_MAX}.`);
  const { mean, deviation } = momentsOf(column);
  return deviation > 0
    ? { mean, deviation, scale: deviation }
    : { mean, deviation: 0, scale: Number.POSITIVE_INFINITY };
}

/** In log-odds; undefined where an input has no value. */
export function logOdds({ weights, bias }: LogisticModel, inputs: Sample["inputs"]): number | undefined {
  let z = bias;
  for (const [j, weight] of weights.entries()) {
    const x = inputs[j];
    if (typeof x !== "number" || !Number.isFinite(x)) return undefined;
    z += weight * x;
  }
  return z;
}

/** The probability of a positive; undefined where an input has no value: such a row is not guessed at. */
export function probabilityOf(model: LogisticModel, inputs: Sample["inputs"]): number | undefined {
  const z = logOdds(model, inputs);
  return z === undefined ? undefined : sigmoid(z);
}

/** The same model with other log-odds, slope·z + shift, such as Platt's calibration: still a logistic model. */
export const rescaled = ({ weights, bias }: LogisticModel, { slope, shift }: { slope: number; shift: number }) => ({
  weights: weights.map((w) => slope * w),
  bias: slope * bias + shift,
});

/** The ONNX file: floats `[rows, inputs]` in, probabilities `[rows, 1]` out, raw inputs in the order of training. */
export const toOnnx = ({ weights, bias }: LogisticModel): Uint8Array => logisticOnnx(weights, bias);

/** Half a unit in the last of the 24 bits of a 32-bit float. */
const SINGLE = 2 ** -24;

/**
 * How far the probability of a row of this size may be off in ONNX's 32-bit floats, at most: every weight, input,
 * product and sum is rounded, and p moves by a quarter of what the log-odds move by. It grows with inputs far from zero
 * beside their spread, such as prices: those are better taken as differences or returns.
 */
export function singlePrecisionError({ weights, bias }: LogisticModel, inputs: readonly number[]): number {
  const sizes = weights.map((w, j) => Math.abs(w * inputs[j]!));
  const all = sizes.reduce((sum, size) => sum + size, Math.abs(bias));
  return SINGLE * (4 + ((weights.length + 4) * all) / 4);
}
