/** What people can ask about features of the past: what was kept, and recomputations with their progress. */
import { FeatureJob } from "../../shared/collections/features.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Role, type Verb, verb } from "../../shared/kit/service.ts";
import { readKept } from "./kept-features.ts";
import type { RecomputeJobs } from "./recompute-jobs.ts";
import {
  HistoryRequest,
  JobRef,
  JobsPage,
  JobsRequest,
  KeptFeaturesAnswer,
  RecomputeAnswer,
  RecomputeRequest,
} from "./types.ts";

const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];

/** `/features/jobs` stands before `/features/{instrument}`, which would take it for an instrument. */
export const featureVerbs = ({ store, jobs }: { store: Store; jobs: RecomputeJobs }): Verb[] => [
  verb({
    name: "recomputeFeatures",
    summary: "Compute the factors of bars again from history: what is missing, or with force all. Answers a job",
    rest: "POST /features/recompute",
    roles: RESEARCH,
    once: "header",
    input: RecomputeRequest,
    output: RecomputeAnswer,
    status: () => 202,
    async run(request, { principal }) {
      const { job_id, total } = await jobs.accept(request, principal.id);
      return { job_id, accepted: total };
    },
  }),
  verb({
    name: "listFeatureJobs",
    summary: "Recomputations of features, newest first",
    rest: "GET /features/jobs",
    input: JobsRequest,
    output: JobsPage,
    run: (asked) => jobs.queue.list(asked),
  }),
  verb({
    name: "getFeatureJob",
    summary: "How far a recomputation of features has come",
    rest: "GET /features/jobs/{job_id}",
    input: JobRef,
    output: FeatureJob,
    run: async ({ job_id }) => (await jobs.queue.row(job_id)).value,
  }),
  verb({
    name: "cancelFeatureJob",
    summary: "End a recomputation of features; what it has written stays",
    rest: "POST /features/jobs/{job_id}/cancel",
    roles: RESEARCH,
    once: "header",
    input: JobRef,
    output: FeatureJob,
    run: ({ job_id }, { principal }) => jobs.queue.cancel(job_id, principal.id),
  }),
  verb({
    name: "getFeatureHistory",
    summary: "Features of an instrument as the bars of a window closed, oldest first",
    rest: "GET /features/{instrument}/history",
    input: HistoryRequest,
    output: KeptFeaturesAnswer,
    run: (request) => readKept(store, request),
  }),
];
