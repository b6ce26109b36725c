/** What S9 keeps of models trained here: each training with how far it has come, and the curves of what came of it. */
import { ModelCurves, Training } from "../domain/training.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";
import { modelKey } from "./models.ts";

export const trainings = collection({
  name: "trainings",
  about: "Trainings of models, with their figures",
  owner: "s09",
  schema: Training,
  key: ({ training_id }) => training_id,
  indexes: [["created_at"], ["status", "created_at"], ["model_id", "created_at"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});

export const modelCurves = collection({
  name: "model_curves",
  about: "What the pictures of a model are drawn from; for ever, as the models are",
  owner: "s09",
  schema: ModelCurves,
  key: ({ model_id, hash }) => modelKey(model_id, hash),
});
