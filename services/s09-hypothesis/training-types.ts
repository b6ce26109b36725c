/** The shapes that trainings are asked for with, and what they work with. */
import { z } from "@hono/zod-openapi";
import { ModelId } from "../../shared/domain/model.ts";
import { Training, TrainingId, TrainingStatus } from "../../shared/domain/training.ts";
import type { JobPorts } from "../../shared/job-queue.ts";
import type { Inference } from "../../shared/kit/ports.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import type { Models } from "./models.ts";

export interface TrainingPorts extends JobPorts {
  inference: Inference;
  models: Pick<Models, "keep">;
}

export const TrainingRef = z.object({ training_id: TrainingId });

export const TrainingsRequest = inOrder(
  z.object({ model_id: ModelId.optional(), status: TrainingStatus.optional(), ...Period, ...Paging }),
);
export type TrainingsRequest = z.output<typeof TrainingsRequest>;
export const TrainingsAnswer = ListOf(Training);
export type TrainingsAnswer = z.output<typeof TrainingsAnswer>;
