/** What the parts of the label service share: settings, ports, and the shapes of its questions and answers. */
import { z } from "@hono/zod-openapi";
import { type GapCode, type Label, LabelHorizon, LabelJob } from "../../shared/collections/labels.ts";
import type { exchange } from "../../shared/contracts.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Clients } from "../../shared/kit/service.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import { LABEL_CLASSES } from "../../shared/trading/labels/outcome.ts";
import { tryingAgain } from "../../shared/trying-again.ts";

export const Settings = z.object({
  settleMs: z
    .number()
    .int()
    .min(60_000)
    .default(120_000)
    .describe("A label is due so long after its horizon, when the last minute's bar has closed for certain"),
  ...tryingAgain(
    { first: "a missing label is tried again", last: "a missing label is left to a backfill" },
    { retryMs: 900_000, retryMsMax: 86_400_000 },
  ),
  missingAlertMs: z
    .number()
    .int()
    .min(0)
    .default(7_200_000)
    .describe("How long after it was due a label may be missing before that is alerted"),
  coverageMin: z.number().min(0).max(1).default(0.95).describe("Share of the last day's labels that must be there"),
  jobsWaitingMax: z.number().int().min(1).default(20).describe("Backfills that may wait for the one under way"),
});
export type Settings = z.output<typeof Settings>;

export type Callees = { exchange: typeof exchange };

export interface Ports {
  readonly account: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: Store;
  readonly exchange: Clients<Callees>["exchange"];
}

/** A label before it is known whether it is new: without its revision and the time of computing. */
export type Computed = Omit<Label, "revision" | "computed_at">;
/** What was found about one signal at one horizon: a label, or why there is none. */
export type Finding =
  | { readonly label: Computed; readonly gap?: undefined }
  | { readonly label?: undefined; readonly gap: { readonly code: GapCode; readonly detail: string } };

const SIGNALS_MAX = 1_000;
export const BackfillRequest = inOrder(
  z.object({
    horizon_h: LabelHorizon,
    /** Of the signals, epoch ms; without them, the last seven days up to what is due. */
    from_ts: z.number().min(0).optional(),
    to_ts: z.number().min(0).optional(),
    signal_ids: z.array(z.string().min(1).max(128)).min(1).max(SIGNALS_MAX).optional(),
    /** True: labels that are there are computed again; one that comes out the same is left as it is. */
    force: z.boolean().default(false),
  }),
);
export type BackfillRequest = z.output<typeof BackfillRequest>;

export const JobRef = z.object({ job_id: z.string().max(64) });
export const JobsQuery = z.object({ ...Paging, state: LabelJob.shape.state.optional() });
export const JobsPage = ListOf(LabelJob);

const Horizon = z.coerce.number().pipe(LabelHorizon).default(12);
const Flag = z.enum(["true", "false"]).transform((text) => text === "true");
/** What labels can be chosen by; `from_ts` and `to_ts` bound the signal's time. */
const Choice = {
  horizon_h: Horizon,
  instrument: InstrumentId.optional(),
  strategy_id: z.string().max(64).optional(),
  class: z.enum(LABEL_CLASSES).optional(),
  counterfactual: Flag.optional(),
  regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).optional(),
  rule: z.string().max(64).optional(),
  reason: z.string().max(64).optional(),
};
export const LabelsQuery = inOrder(z.object({ ...Paging, ...Period, ...Choice }));
export type LabelsQuery = z.output<typeof LabelsQuery>;

export const GROUPS = ["all", "rule", "regime", "reason", "direction", "strategy", "instrument"] as const;
export const SummaryQuery = inOrder(z.object({ ...Period, ...Choice, by: z.enum(GROUPS).optional() }));
export type SummaryQuery = z.output<typeof SummaryQuery>;
export const SummaryRow = z
  .object({
    by: z.enum(GROUPS),
    key: z.string(),
    count: z.number().int(),
    pos: z.number().int(),
    neutral: z.number().int(),
    neg: z.number().int(),
    counterfactual: z.number().int(),
    /** Of roi_net; quartiles linear between the nearest ranks. */
    mean: z.number(),
    min: z.number(),
    q1: z.number(),
    median: z.number(),
    q3: z.number(),
    max: z.number(),
    net_usdt: z.number(),
    /** Labels in each span between `edges`: below the first, between two, at or above the last. */
    histogram: z.array(z.number().int()),
  })
  .openapi("LabelSummaryRow");
export type SummaryRow = z.output<typeof SummaryRow>;
export const SummaryAnswer = z.object({
  horizon_h: LabelHorizon,
  labels: z.number().int(),
  /** True: there were more than are read at once, and these are the newest. */
  is_part: z.boolean(),
  /** Where there is no label yet: when the horizon of the oldest signal ends, epoch ms; the first label comes then. */
  first_due_at: z.number().optional(),
  edges: z.array(z.number()),
  items: z.array(SummaryRow),
});

export const CoverageQuery = inOrder(z.object(Period));
export const CoverageRow = z
  .object({
    /** YYYY-MM-DD of the signals, UTC. */
    day: z.string(),
    horizon_h: LabelHorizon,
    signals: z.number().int(),
    /** Those whose horizon has passed. */
    due: z.number().int(),
    labelled: z.number().int(),
    counterfactual: z.number().int(),
    /** They wanted no side: there is nothing to label. */
    without_side: z.number().int(),
    missing: z.number().int(),
    /** Of the missing, as last looked at; UNSEEN: not looked at yet. */
    reasons: z.record(z.string(), z.number().int()),
  })
  .openapi("LabelCoverageRow");
export type CoverageRow = z.output<typeof CoverageRow>;
export const CoverageAnswer = z.object({ items: z.array(CoverageRow) });
