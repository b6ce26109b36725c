/** What all trials of an experiment share: handed to each worker once, the market as shared memory. */
import type { FillModel } from "../backtest/backtest-options.ts";
import type { TapeColumns } from "../backtest/tape.ts";
import type { Bundle } from "../domain/bundle.ts";
import type { ExperimentDesign } from "../domain/experiment.ts";
import type { ModelCard } from "../domain/model.ts";
import type { Latency } from "../engine/latency.ts";
import { periodOf, sampleOf } from "../experiment/periods.ts";

export interface GroundModel {
  readonly card: Pick<ModelCard, "model_id" | "hash" | "features" | "reference">;
  readonly onnx: Uint8Array;
}

export interface TrialGround {
  readonly bundle: Bundle;
  readonly tape: TapeColumns;
  readonly seed: number;
  readonly wallets: ExperimentDesign["wallets"];
  readonly fill: FillModel;
  readonly latency: Latency;
  readonly period_ms: number;
  readonly sample_ms: number;
  readonly objective: ExperimentDesign["objective"];
  readonly trades_min: number;
  readonly models: readonly GroundModel[];
  /** Source by hash, of strategies that are programs. */
  readonly programs: readonly (readonly [hash: string, source: string])[];
}

type Given = Pick<TrialGround, "bundle" | "tape" | "latency" | "models" | "programs">;

/** Returns of all its trials are of periods of one length, so that they can be compared. */
export const groundOf = (design: ExperimentDesign, { tape, ...given }: Given): TrialGround => ({
  ...groundWithoutTape(design, given),
  tape,
});

/** For a market that is read where the trials run. */
export function groundWithoutTape(
  { seed, wallets, fill, objective, search, window }: ExperimentDesign,
  given: Omit<Given, "tape">,
): Omit<TrialGround, "tape"> {
  const period_ms = periodOf(window.to - window.from);
  const { trades_min } = search;
  return { ...given, seed, wallets, fill, objective, trades_min, period_ms, sample_ms: sampleOf(period_ms) };
}
