/** What people can ask about trainings: one to be done, how far it has come, its end, and the curves of its model. */
import { ModelCurves, NewTraining, Training } from "../../shared/domain/training.ts";
import { type Role, type Verb, verb } from "../../shared/kit/service.ts";
import { TrainingRef, TrainingsAnswer, TrainingsRequest } from "./training-types.ts";
import type { Trainings } from "./trainings.ts";
import { ModelNamed } from "./types.ts";

const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];

export const trainingVerbs = (trainings: Trainings): Verb[] => [
  verb({
    name: "trainModel",
    summary:
      "Train a logistic model on labelled signals, measure it on the newest, and register it. Answers a training",
    rest: "POST /models/train",
    roles: RESEARCH,
    once: "body",
    input: NewTraining,
    output: Training,
    status: () => 202,
    run: (request, { principal }) => trainings.accept(request, principal.id),
  }),
  verb({
    name: "listTrainings",
    summary: "Trainings, newest first",
    rest: "GET /trainings",
    input: TrainingsRequest,
    output: TrainingsAnswer,
    run: (request) => trainings.list(request),
  }),
  verb({
    name: "getTraining",
    summary: "How far a training has come, what it was measured at, or why it failed",
    rest: "GET /trainings/{training_id}",
    input: TrainingRef,
    output: Training,
    run: async ({ training_id }) => (await trainings.queue.row(training_id)).value,
  }),
  verb({
    name: "cancelTraining",
    summary: "End a training; nothing of it is kept",
    rest: "POST /trainings/{training_id}/cancel",
    roles: RESEARCH,
    once: "body",
    input: TrainingRef,
    output: Training,
    run: ({ training_id }, { principal }) => trainings.queue.cancel(training_id, principal.id),
  }),
  verb({
    name: "getModelCurves",
    summary: "What lies behind the figures of a model trained here: reliability, ROC, scores, folds, weights",
    rest: "GET /models/{model_id}/{hash}/curves",
    input: ModelNamed,
    output: ModelCurves,
    run: (named) => trainings.curves(named),
  }),
];
