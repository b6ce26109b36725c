/** What S9 keeps of models; the files themselves are blobs, named by their hash. */
import { ModelCard } from "../domain/model.ts";
import { collection } from "./declare.ts";

export const models = collection({
  name: "models",
  about: "Every registered model: its inputs, training, figures and the hash that its file is named by",
  owner: "s09",
  schema: ModelCard,
  key: ({ model_id, hash }) => modelKey(model_id, hash),
  indexes: [["created_at"], ["model_id", "created_at"]],
});
export const modelKey = (model_id: string, hash: string): string => `${model_id}@${hash}`;
export const modelBlob = (hash: string): string => `models/${hash}.onnx`;
