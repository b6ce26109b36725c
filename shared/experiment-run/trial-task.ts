/** The task by which workers run trials: the market, models and programs made ready once, then trial after trial. */
import { backtest } from "../backtest/backtest.ts";
import type { TrialAnswer, TrialRequest } from "../experiment/trial-request.ts";
import type { Task } from "../kit/workers.ts";
import { loadModels } from "./ask-model.ts";
import { runTrial } from "./run-trial.ts";
import type { TrialGround } from "./trial-ground.ts";

export const trialTask: Task<TrialGround, TrialRequest, TrialAnswer> = {
  name: "trial",
  module: import.meta.url,
  async prepare(ground, { inference, programs: runner }) {
    const models = await loadModels(ground.models, inference);
    const programs = new Map(ground.programs.map(([hash, source]) => [hash, runner.load(source)]));
    return {
      run: (request, duty) => runTrial(ground, request, { engine: backtest, ask: models.ask, programs, ...duty }),
      release: () => models.release(),
    };
  },
};
