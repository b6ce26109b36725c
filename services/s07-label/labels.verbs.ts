/** What people can ask about labels: backfills with their progress, lists, coverage, and how labels are spread. */
import { z } from "@hono/zod-openapi";
import { Label, LabelJob } from "../../shared/collections/labels.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { type Role, type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf } from "../../shared/paging.ts";
import { coverageByDay } from "./coverage.ts";
import type { Jobs } from "./jobs.ts";
import { labelsOfSignal, readLabels, summarise } from "./reading.ts";
import type { Sweep } from "./sweep.ts";
import {
  BackfillRequest,
  CoverageAnswer,
  CoverageQuery,
  type CoverageRow,
  JobRef,
  JobsPage,
  JobsQuery,
  LabelsQuery,
  SummaryAnswer,
  SummaryQuery,
  type SummaryRow,
} from "./types.ts";

const LABELS_CSV = itemsAsCsv<Label>(
  ...(["signal_id", "horizon_h", "ts", "instrument", "strategy_id", "side", "class", "roi_net"] as const),
  ...(["counterfactual", "reason", "not_traded", "rules", "regime", "qty", "entry_price", "exit_price"] as const),
  ...(["exit_at", "exit_reason", "open_qty", "mark_price", "margin_usdt", "gross_usdt", "fees_usdt"] as const),
  ...(["funding_usdt", "net_usdt", "trade_id", "fills", "t0", "until", "config_rev", "revision"] as const),
  ...(["computed_at"] as const),
);
const COVERAGE_CSV = itemsAsCsv<CoverageRow>(
  ...(["day", "horizon_h", "signals", "due", "labelled", "counterfactual", "without_side", "missing"] as const),
  "reasons",
);
const SUMMARY_CSV = itemsAsCsv<SummaryRow>(
  ...(["by", "key", "count", "pos", "neutral", "neg", "counterfactual", "mean", "min", "q1", "median"] as const),
  ...(["q3", "max", "net_usdt", "histogram"] as const),
);
const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];

export interface VerbParts {
  store: Store;
  clock: Clock;
  jobs: Jobs;
  sweep: Sweep;
}

/** Fixed paths stand before `/labels/{signal_id}`, which would take them for a signal. */
export const labelVerbs = (parts: VerbParts): Verb[] => [...jobVerbs(parts), ...readingVerbs(parts)];

const jobVerbs = ({ jobs }: VerbParts): Verb[] => [
  verb({
    name: "backfillLabels",
    summary: "Label what is due and missing; with force, what is there again. Answers a job",
    rest: "POST /labels/backfill",
    roles: RESEARCH,
    once: "header",
    input: BackfillRequest,
    output: LabelJob,
    status: () => 202,
    run: (request, { principal }) => jobs.accept(request, principal.id),
  }),
  verb({
    name: "listLabelJobs",
    summary: "Backfills, newest first",
    rest: "GET /labels/jobs",
    input: JobsQuery,
    output: JobsPage,
    run: (asked) => jobs.queue.list(asked),
  }),
  verb({
    name: "readLabelJob",
    summary: "How far a backfill has come, and which signals failed and why",
    rest: "GET /labels/jobs/{job_id}",
    input: JobRef,
    output: LabelJob,
    run: async ({ job_id }) => (await jobs.queue.row(job_id)).value,
  }),
  verb({
    name: "cancelLabelJob",
    summary: "End a backfill; what it has written stays",
    rest: "POST /labels/jobs/{job_id}/cancel",
    roles: RESEARCH,
    once: "body",
    input: JobRef,
    output: LabelJob,
    run: ({ job_id }, { principal }) => jobs.queue.cancel(job_id, principal.id),
  }),
];

const readingVerbs = ({ store, clock, sweep }: VerbParts): Verb[] => [
  verb({
    name: "listLabels",
    summary: "What signals earned by one horizon, newest first; a short page with a cursor has more",
    rest: "GET /labels",
    input: LabelsQuery,
    output: ListOf(Label),
    csv: LABELS_CSV,
    run: (query) => readLabels(store, query),
  }),
  verb({
    name: "readLabelCoverage",
    summary: "By day and horizon: signals due, labelled and missing, with why; of seven days unless asked otherwise",
    rest: "GET /labels/coverage",
    input: CoverageQuery,
    output: CoverageAnswer,
    csv: COVERAGE_CSV,
    run: async (span) => ({ items: await coverageByDay({ store, clock }, span, (h) => sweep.dueTs(h)) }),
  }),
  verb({
    name: "summariseLabels",
    summary: "How labels of one horizon are spread, by rule, regime, reason, direction, strategy and instrument",
    rest: "GET /labels/summary",
    input: SummaryQuery,
    output: SummaryAnswer,
    csv: SUMMARY_CSV,
    run: (query) => summarise(store, query),
  }),
  verb({
    name: "readLabels",
    summary: "One signal's labels at every horizon that has passed",
    rest: "GET /labels/{signal_id}",
    input: z.object({ signal_id: z.string().max(128) }),
    output: z.object({ signal_id: z.string(), items: z.array(Label) }),
    async run({ signal_id }) {
      const items = await labelsOfSignal(store, signal_id);
      return items.length > 0 ? { signal_id, items } : refuse("NOT_FOUND", `Signal ${signal_id} has no label.`);
    },
  }),
];
