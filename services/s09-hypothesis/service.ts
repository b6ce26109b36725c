/** S9, the hypothesis orchestrator: keeps the models that strategies may use, and puts hypotheses to the past. */
import { z } from "@hono/zod-openapi";
import {
  experimentDetails,
  experiments as rows,
  hypotheses as statements,
  trials,
} from "../../shared/collections/experiments.ts";
import { models as cards } from "../../shared/collections/models.ts";
import { modelCurves, trainings as trained } from "../../shared/collections/trainings.ts";
import { exchange } from "../../shared/contracts.ts";
import { ModelCard } from "../../shared/domain/model.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import { defineService, every, verb } from "../../shared/kit/service.ts";
import { ExperimentRunner } from "./experiment-runner.ts";
import { Experiments } from "./experiments.ts";
import { experimentVerbs, hypothesisVerbs } from "./experiments.verbs.ts";
import { Hypotheses } from "./hypotheses.ts";
import { Models } from "./models.ts";
import { Trainings } from "./trainings.ts";
import { trainingVerbs } from "./trainings.verbs.ts";
import { ModelListAnswer, ModelListRequest, ModelNamed, NewModel } from "./types.ts";

const JOBS_MS = 1_000;
const WORKERS_MAX = 64;

const Settings = z.object({
  workersCount: z
    .number()
    .int()
    .min(0)
    .max(WORKERS_MAX)
    .default(0)
    .describe("Threads that trials of an experiment are spread over; 0: as many as there are processors"),
});

export default defineService({
  id: "s09",
  name: "s09-hypothesis",
  title: "Hypothesis Orchestrator",
  port: 8089,
  settings: Settings,
  calls: { exchange },
  emits: [],
  usesConfig: false,
  usesBlobs: true,
  owns: [cards, trained, modelCurves, statements, rows, experimentDetails, trials],
  setup({ settings, store, blobs, clock, random, inference, workers, calls, metrics, audit }) {
    const models = new Models({ store, blobs, clock, inference, audit });
    const trainings = new Trainings({ store, clock, inference, models, audit });
    const ports = { store, blobs, clock, random, audit };
    const trialsEnded = metrics.counter("trials_total", "Trials of experiments by how they ended", ["status"]);
    const runner = new ExperimentRunner({
      ...{ store, blobs, clock, workers, task: trialTask, exchange: calls.exchange, latency: ASSUMED_LATENCY },
      workersCount: settings.workersCount,
      ended: (status) => trialsEnded.inc({ status }),
    });
    const experiments = new Experiments(ports, (exp_id) => runner.changed(exp_id));
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
        ...trainingVerbs(trainings),
        ...experimentVerbs(experiments),
        ...hypothesisVerbs(new Hypotheses(ports)),
      ],
      jobs: [
        every(JOBS_MS, "trainings", async () => {
          while (await trainings.step());
        }),
        every(JOBS_MS, "experiments", async () => {
          while (await runner.step());
        }),
      ],
      stop: () => runner.stop(),
    };
  },
});
