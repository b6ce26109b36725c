/** S9, the hypothesis orchestrator: keeps the models that strategies may use. */
import { z } from "@hono/zod-openapi";
import { models as cards } from "../../shared/collections/models.ts";
import { ModelCard } from "../../shared/domain/model.ts";
import { defineService, verb } from "../../shared/kit/service.ts";
import { Models } from "./models.ts";
import { ModelListAnswer, ModelListRequest, ModelNamed, NewModel } from "./types.ts";

export default defineService({
  id: "s09",
  name: "s09-hypothesis",
  title: "Hypothesis Orchestrator",
  port: 8089,
  settings: z.object({}),
  calls: {},
  emits: [],
  usesConfig: false,
  owns: [cards],
  setup({ store, blobs, clock, inference, audit }) {
    const models = new Models({ store, blobs, clock, inference, audit });
    return {
      verbs: [
        verb({
          name: "registerModel",
          summary: "Keep a model in ONNX, after a trial run; a bundle's strategies may name it from then on",
          rest: "POST /models",
          roles: ["researcher", "risk", "admin"],
          once: "body",
          input: NewModel,
          output: ModelCard,
          run: (request, { principal }) => models.register(request, principal.id),
        }),
        verb({
          name: "listModels",
          summary: "Registered models, newest first",
          rest: "GET /models",
          input: ModelListRequest,
          output: ModelListAnswer,
          run: (request) => models.list(request),
        }),
        verb({
          name: "getModel",
          summary: "One registered model",
          rest: "GET /models/{model_id}/{hash}",
          input: ModelNamed,
          output: ModelCard,
          run: (named) => models.get(named),
        }),
      ],
    };
  },
});
