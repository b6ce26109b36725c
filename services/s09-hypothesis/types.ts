/** The shapes that the hypothesis orchestrator is asked with and answers with. */
import { z } from "@hono/zod-openapi";
import { MODEL_FEATURES_MAX, ModelCard, ModelHash, ModelId } from "../../shared/domain/model.ts";
import { ListOf, Paging } from "../../shared/paging.ts";

/** As base64 it fits the largest body there is, with room for the rest. */
export const MODEL_BYTES_MAX = 700_000;
const BASE64_MAX = Math.ceil(MODEL_BYTES_MAX / 3) * 4;

export const NewModel = z
  .object({
    model_id: ModelId,
    features: ModelCard.shape.features,
    reference: z
      .array(z.number())
      .max(MODEL_FEATURES_MAX)
      .optional()
      .openapi({ description: "What each input is on average; contributions are told against it (zeros)" }),
    label_horizon: ModelCard.shape.label_horizon,
    window: ModelCard.shape.window,
    metrics: ModelCard.shape.metrics,
    note: ModelCard.shape.note,
    onnx: z
      .base64()
      .min(4)
      .max(BASE64_MAX)
      .openapi({ description: `The file in base64, at most ${MODEL_BYTES_MAX} bytes` }),
  })
  .refine(({ features, reference }) => reference === undefined || reference.length === features.length, {
    path: ["reference"],
    message: "has another length than features",
  })
  .refine(({ features }) => new Set(features).size === features.length, {
    path: ["features"],
    message: "names one twice",
  })
  .refine(({ window }) => window === undefined || window.from_ts < window.to_ts, {
    path: ["window", "to_ts"],
    message: "is not after from_ts",
  })
  .openapi("NewModel");
export type NewModel = z.output<typeof NewModel>;

export const ModelNamed = z.object({ model_id: ModelId, hash: ModelHash });
export type ModelNamed = z.output<typeof ModelNamed>;

export const ModelListRequest = z.object({ model_id: ModelId.optional(), ...Paging });
export type ModelListRequest = z.output<typeof ModelListRequest>;
export const ModelListAnswer = ListOf(ModelCard);
export type ModelListAnswer = z.output<typeof ModelListAnswer>;
