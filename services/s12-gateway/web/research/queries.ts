/** What the research pages ask: experiments with their trials and trades, hypotheses, models, their curves, trainings. */
import { queryOptions } from "@tanstack/react-query";
import type {
  Experiment,
  ExperimentRow,
  ExperimentStatus,
  Hypothesis,
  Trial,
} from "../../../../shared/domain/experiment.ts";
import type { ModelCard } from "../../../../shared/domain/model.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { ModelCurves, Training, TrainingStatus } from "../../../../shared/domain/training.ts";
import { get, getAll } from "../api/http.ts";
import { pagesQuery, pathWith } from "../api/report-queries.ts";
import { type Asked, askedOf } from "../state/asked.ts";

const RUNNING_MS = 1_500;
const RESTING_MS = 20_000;
const TRIALS_MS = 4_000;
const TRIAL_MS = 5;
export const METHODS = ["BACKTEST", "WALK_FORWARD", "PURGED_KFOLD", "GRID", "RANDOM", "GENETIC"] as const;
export const EXPERIMENT_STATUSES = ["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED"] as const;

export const isGoing = ({ status }: { status: ExperimentStatus | TrainingStatus }): boolean =>
  status === "QUEUED" || status === "RUNNING";
/** Looked at often while anything of it goes on. */
const pace = (all: readonly { status: ExperimentStatus | TrainingStatus }[] | undefined): number =>
  all?.some(isGoing) ? RUNNING_MS : RESTING_MS;

/** Only what the address asks for. */
export const experimentsPath = (asked: Asked): string =>
  pathWith("/experiments", {
    status: askedOf(asked.state, EXPERIMENT_STATUSES),
    method: askedOf(asked.what, METHODS),
    hypothesis_id: asked.q,
  });
export const experimentsQuery = (asked: Asked) => ({
  ...pagesQuery<ExperimentRow>("experiments", experimentsPath(asked)),
  refetchInterval: ({ state }: { state: { data: { pages: { items: ExperimentRow[] }[] } | undefined } }) =>
    pace(state.data?.pages.flatMap(({ items }) => items)),
});

const pathOf = (exp_id: string, rest = ""): string => pathWith(`/experiments/${encodeURIComponent(exp_id)}${rest}`, {});
export const experimentQuery = (exp_id: string) =>
  queryOptions({
    queryKey: ["experiment", exp_id],
    queryFn: ({ signal }) => get<Experiment>(pathOf(exp_id), signal),
    refetchInterval: ({ state }) => (state.data && !isGoing(state.data) ? false : RUNNING_MS),
  });
/** All of them: maps and tables are made from all. `running`: asked again as more are done. */
export const trialsQuery = (exp_id: string, running: boolean) =>
  queryOptions({
    queryKey: ["experiment-trials", exp_id, running],
    queryFn: async () => (await getAll(pathOf(exp_id, "/trials"))) as Trial[],
    placeholderData: (before: Trial[] | undefined) => before,
    // The more there are, the longer they take to read.
    refetchInterval: ({ state }) => (running ? TRIALS_MS + TRIAL_MS * (state.data?.length ?? 0) : false),
    staleTime: running ? 0 : Number.POSITIVE_INFINITY,
  });
export const experimentTradesPath = (exp_id: string): string => pathOf(exp_id, "/trades");
export const experimentTradesQuery = (exp_id: string) => ({
  ...pagesQuery<Trade>("experiment-trades", experimentTradesPath(exp_id)),
  refetchInterval: false as const,
});

export const hypothesesQuery = queryOptions({
  queryKey: ["hypotheses"],
  queryFn: async () => (await getAll(pathWith("/hypotheses", {}))) as Hypothesis[],
  refetchInterval: RESTING_MS,
});
export const hypothesisQuery = (id: string) =>
  queryOptions({
    queryKey: ["hypothesis", id],
    queryFn: ({ signal }) => get<Hypothesis>(pathWith(`/hypotheses/${encodeURIComponent(id)}`, {}), signal),
    refetchInterval: RESTING_MS,
  });

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: async () => (await getAll(pathWith("/models", {}))) as ModelCard[],
  refetchInterval: RESTING_MS,
});
const modelPath = (id: string, hash: string, rest = ""): string =>
  pathWith(`/models/${encodeURIComponent(id)}/${encodeURIComponent(hash)}${rest}`, {});
export const modelQuery = (id: string, hash: string) =>
  queryOptions({
    queryKey: ["model", id, hash],
    queryFn: ({ signal }) => get<ModelCard>(modelPath(id, hash), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
export const curvesQuery = (id: string, hash: string) =>
  queryOptions({
    queryKey: ["model-curves", id, hash],
    queryFn: ({ signal }) => get<ModelCurves>(modelPath(id, hash, "/curves"), signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
export const trainingsQuery = queryOptions({
  queryKey: ["trainings"],
  queryFn: async () => (await getAll(pathWith("/trainings", {}))) as Training[],
  refetchInterval: ({ state }) => pace(state.data),
});
export const trainingQuery = (id: string) =>
  queryOptions({
    queryKey: ["training", id],
    queryFn: ({ signal }) => get<Training>(pathWith(`/trainings/${encodeURIComponent(id)}`, {}), signal),
    refetchInterval: ({ state }) => (state.data && !isGoing(state.data) ? false : RUNNING_MS),
  });

/** Bundles on record, newest first. */
export const bundlesQuery = queryOptions({
  queryKey: ["bundles-kept"],
  queryFn: async () =>
    (await getAll(pathWith("/bundles", {}))) as {
      bundle_id: string;
      rev: number;
      status: string;
      created_at: number;
    }[],
  staleTime: RESTING_MS,
});
