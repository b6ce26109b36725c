/** What S9 keeps of experiments: hypotheses, each experiment with its design and result, every trial as it ended. */
import { z } from "@hono/zod-openapi";
import { ExperimentDesign, ExperimentResult, ExperimentRow, Hypothesis, Trial } from "../domain/experiment.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const hypotheses = collection({
  name: "hypotheses",
  about: "Statements that experiments can refute",
  owner: "s09",
  schema: Hypothesis,
  key: ({ hypothesis_id }) => hypothesis_id,
  indexes: [["created_at"], ["family", "created_at"], ["status", "created_at"]],
});

/** What is written again and again while it runs: without the bundle and without the result. */
export const experiments = collection({
  name: "experiments",
  about: "Each experiment as it stands: state, progress, verdict",
  owner: "s09",
  schema: ExperimentRow,
  key: ({ exp_id }) => exp_id,
  indexes: [["created_at"], ["status", "created_at"], ["hypothesis_id", "created_at"]],
});

/** Written twice: when it is accepted, with its bundle as it was then, and when it has ended. */
export const ExperimentDetail = z.object({
  exp_id: z.string(),
  design: ExperimentDesign,
  result: ExperimentResult.optional(),
  /** SHA-256 of the market that its trials ran on. */
  tape_hash: z.string().optional(),
  /** Of the best run, for `tradesBlob`. */
  trade_pages: z.number().int().optional(),
});
export type ExperimentDetail = z.output<typeof ExperimentDetail>;
export const experimentDetails = collection({
  name: "experiment_details",
  about: "The design of each experiment with its bundle as it was, and its result",
  owner: "s09",
  schema: ExperimentDetail,
  key: ({ exp_id }) => exp_id,
});

export const trials = collection({
  name: "experiment_trials",
  about: "Every trial of an experiment as it ended",
  owner: "s09",
  schema: Trial,
  key: ({ exp_id, trial }) => trialKey(exp_id, trial),
  indexes: [
    ["exp_id", "trial"],
    ["exp_id", "score"],
  ],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
export const trialKey = (exp_id: string, trial: number): string => `${exp_id}/${trial}`;

/** A trial's curve, trades and decisions, for those of which more than the summary counts. */
export const trialBlob = (exp_id: string, trial: number): string => `experiments/${exp_id}/trial-${trial}.json`;
/** The best run's trades, `TRADES_A_PAGE` in each, from page 0. */
export const tradesBlob = (exp_id: string, page: number): string => `experiments/${exp_id}/trades-${page}.json`;
export const TRADES_A_PAGE = 500;
