/** A trained model in the numbers that its file holds: 32-bit floats about a centre, so that both say the same. */

import { sigmoid } from "../stats/log-loss.ts";
import { type LogisticFit, logOdds } from "../stats/logistic.ts";
import type { Platt } from "../stats/platt.ts";
import { logisticOnnx } from "./onnx-logistic.ts";

/** ln(p/(1 − p)) = bias + Σ weights·(inputs − centre), every number a 32-bit float. */
export interface TrainedModel {
  readonly weights: readonly number[];
  readonly centre: readonly number[];
  readonly bias: number;
}

/** The fit with its standardising folded in, and calibrated: slope·z + shift. */
export function trainedModel({ model, means }: LogisticFit, { slope, shift }: Platt): TrainedModel {
  const centre = means.map(Math.fround);
  return {
    weights: model.weights.map((w) => Math.fround(slope * w)),
    centre,
    // Every mean is a number, so that there is a score there.
    bias: Math.fround(slope * (logOdds(model, centre) as number) + shift),
  };
}

/** Of a row of 32-bit floats. */
export function probability({ weights, centre, bias }: TrainedModel, inputs: readonly number[]): number {
  let z = bias;
  for (const [j, w] of weights.entries()) z += w * (inputs[j]! - centre[j]!);
  return sigmoid(z);
}

export const trainedOnnx = ({ weights, centre, bias }: TrainedModel): Uint8Array => logisticOnnx(weights, bias, centre);
