/** The shapes that experiments and hypotheses are asked for with. */
import { z } from "@hono/zod-openapi";
import {
  ExperimentDesign,
  ExperimentId,
  ExperimentRow,
  ExperimentStatus,
  ExperimentTrades,
  Hypothesis,
  HypothesisId,
  Trial,
} from "../../shared/domain/experiment.ts";
import { ListOf, Paging } from "../../shared/paging.ts";

export const RunExperiment = z
  .object({
    hypothesis_id: HypothesisId.optional(),
    design: ExperimentDesign.optional(),
    title: z.string().max(200).optional(),
    note: z.string().max(2_000).optional(),
  })
  .refine(({ hypothesis_id, design }) => (hypothesis_id === undefined) !== (design === undefined), {
    path: ["design"],
    message: "is given, or else hypothesis_id: one of the two",
  })
  .openapi("RunExperiment");
export type RunExperiment = z.output<typeof RunExperiment>;
export const ExperimentAccepted = z
  .object({ exp_id: ExperimentId, status: ExperimentStatus })
  .openapi("ExperimentAccepted");
export type ExperimentAccepted = z.output<typeof ExperimentAccepted>;

export const ExperimentNamed = z.object({ exp_id: ExperimentId });
export const ExperimentsQuery = z.object({
  status: ExperimentStatus.optional(),
  hypothesis_id: HypothesisId.optional(),
  ...Paging,
});
export type ExperimentsQuery = z.output<typeof ExperimentsQuery>;
export const ExperimentsPage = ListOf(ExperimentRow);

/** `trial`: in the order of the search. `score`: best first. */
export const TrialsQuery = z.object({
  exp_id: ExperimentId,
  sort: z.enum(["trial", "score"]).default("trial"),
  role: Trial.shape.role.optional(),
  ...Paging,
});
export type TrialsQuery = z.output<typeof TrialsQuery>;
export const TrialsPage = ListOf(Trial);

export const ExperimentTradesQuery = z.object({ exp_id: ExperimentId, cursor: z.string().max(20).optional() });
export type ExperimentTradesQuery = z.output<typeof ExperimentTradesQuery>;
export const ExperimentTradesPage = ExperimentTrades.openapi("ExperimentTrades");

export const NewHypothesis = Hypothesis.pick({ hypothesis_id: true, title: true, statement: true, design: true })
  .extend({ family: Hypothesis.shape.family })
  .openapi("NewHypothesis");
export type NewHypothesis = z.output<typeof NewHypothesis>;
export const HypothesisNamed = z.object({ hypothesis_id: HypothesisId });
export const HypothesesQuery = z.object({
  family: z.string().max(48).optional(),
  status: Hypothesis.shape.status.optional(),
  ...Paging,
});
export type HypothesesQuery = z.output<typeof HypothesesQuery>;
export const HypothesesPage = ListOf(Hypothesis);
