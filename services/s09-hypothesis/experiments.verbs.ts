/** What people can ask about experiments and hypotheses. */
import { Experiment, ExperimentRow, Hypothesis } from "../../shared/domain/experiment.ts";
import { type Role, type Verb, verb } from "../../shared/kit/service.ts";
import {
  ExperimentAccepted,
  ExperimentNamed,
  ExperimentsPage,
  ExperimentsQuery,
  ExperimentTradesPage,
  ExperimentTradesQuery,
  HypothesesPage,
  HypothesesQuery,
  HypothesisNamed,
  NewHypothesis,
  RunExperiment,
  TrialsPage,
  TrialsQuery,
} from "./experiment-types.ts";
import type { Experiments } from "./experiments.ts";
import type { Hypotheses } from "./hypotheses.ts";

const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];

export const experimentVerbs = (experiments: Experiments): Verb[] => [
  verb({
    name: "runExperiment",
    summary: "Queue an experiment of a hypothesis or of a design; its bundle is copied as it is now",
    rest: "POST /experiments/run",
    roles: RESEARCH,
    once: "header",
    input: RunExperiment,
    output: ExperimentAccepted,
    status: () => 202,
    async run(request, { principal }) {
      const { exp_id, status } = await experiments.accept(request, principal.id);
      return { exp_id, status };
    },
  }),
  verb({
    name: "listExperiments",
    summary: "Experiments with how far they are and what came of them, newest first",
    rest: "GET /experiments",
    input: ExperimentsQuery,
    output: ExperimentsPage,
    run: (query) => experiments.list(query),
  }),
  verb({
    name: "getExperiment",
    summary: "One experiment with its design and, once it is done, its result",
    rest: "GET /experiments/{exp_id}",
    input: ExperimentNamed,
    output: Experiment,
    run: ({ exp_id }) => experiments.read(exp_id),
  }),
  verb({
    name: "listTrials",
    summary: "An experiment's trials, in the order of the search or best first",
    rest: "GET /experiments/{exp_id}/trials",
    input: TrialsQuery,
    output: TrialsPage,
    run: (query) => experiments.trials(query),
  }),
  verb({
    name: "listExperimentTrades",
    summary: "The trades of an experiment's best run, in order of opening",
    rest: "GET /experiments/{exp_id}/trades",
    input: ExperimentTradesQuery,
    output: ExperimentTradesPage,
    run: (query) => experiments.trades(query),
  }),
  verb({
    name: "cancelExperiment",
    summary: "End an experiment; trials that are done stay",
    rest: "POST /experiments/{exp_id}/cancel",
    roles: RESEARCH,
    once: "body",
    input: ExperimentNamed,
    output: ExperimentRow,
    run: ({ exp_id }, { principal }) => experiments.cancel(exp_id, principal.id),
  }),
];

export const hypothesisVerbs = (hypotheses: Hypotheses): Verb[] => [
  verb({
    name: "recordHypothesis",
    summary: "Put a hypothesis on record before it is looked at; it does not change afterwards",
    rest: "POST /hypotheses",
    roles: RESEARCH,
    once: "body",
    input: NewHypothesis,
    output: Hypothesis,
    run: (request, { principal }) => hypotheses.record(request, principal.id),
  }),
  verb({
    name: "listHypotheses",
    summary: "Hypotheses with what experiments say of them, newest first",
    rest: "GET /hypotheses",
    input: HypothesesQuery,
    output: HypothesesPage,
    run: (query) => hypotheses.list(query),
  }),
  verb({
    name: "getHypothesis",
    summary: "One hypothesis",
    rest: "GET /hypotheses/{hypothesis_id}",
    input: HypothesisNamed,
    output: Hypothesis,
    run: ({ hypothesis_id }) => hypotheses.read(hypothesis_id),
  }),
];
