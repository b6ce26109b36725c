/** Everything that the report of an experiment is made from. */
import type { Experiment, Trial } from "../../domain/experiment.ts";
import type { ReportImprint } from "../backtest/facts.ts";

export interface ExperimentFacts {
  readonly experiment: Pick<
    Experiment,
    "exp_id" | "title" | "status" | "design" | "result" | "message" | "hypothesis_id"
  >;
  readonly trials: readonly Trial[];
}
export type { ReportImprint };
