/** What the parts of the autopsy service share: settings, ports, and the shapes of its questions and answers. */
import { z } from "@hono/zod-openapi";
import { AutopsyReport } from "../../shared/collections/autopsy.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { Side } from "../../shared/domain/order.ts";
import type { Blobs, Op, Store } from "../../shared/kit/ports.ts";
import type { PricePorts } from "../../shared/minute-prices.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import { tryingAgain } from "../../shared/trying-again.ts";
import { AutopsyFacts } from "./facts.ts";

export const Settings = z.object({
  settleMs: z
    .number()
    .int()
    .min(60_000)
    .default(120_000)
    .describe("A report is made so long after its trade closed, when the last minute's bar has closed for certain"),
  ...tryingAgain(
    { first: "a report that could not be made", last: "a report is left to who asks for it" },
    { retryMs: 60_000, retryMsMax: 21_600_000 },
  ),
  catchUpDays: z
    .number()
    .int()
    .min(0)
    .default(30)
    .describe("Trades that closed longer ago get no report by themselves"),
});
export type Settings = z.output<typeof Settings>;

export interface Ports extends PricePorts {
  readonly settings: Settings;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly build: { readonly version: string; readonly git_commit: string };
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

const TradeId = z.string().min(1).max(128);
export const TradeNamed = z.object({ trade_id: TradeId });
export const AutopsyRequest = z.object({
  trade_id: TradeId,
  /** True: made again although nothing has changed, with the newest cost curve. */
  force_rebuild: z.boolean().default(false),
});
export const AutopsyAnswer = z
  .object({
    trade_id: z.string(),
    report_id: z.string(),
    /** Of the report itself, as the gateway serves it. */
    url: z.string(),
    /** What it says, in two or three sentences. */
    tl_dr: z.string(),
    /** SHA-256 of the file. */
    hash: z.string(),
    revision: z.number().int(),
    /** False: it was there already, and its inputs are what they were. */
    is_new: z.boolean(),
  })
  .openapi("AutopsyAnswer");
export type AutopsyAnswer = z.output<typeof AutopsyAnswer>;

/** `from_ts` and `to_ts` bound the time at which trades closed. */
export const ReportsQuery = inOrder(
  z.object({
    ...Paging,
    ...Period,
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(64).optional(),
    side: Side.optional(),
    state: AutopsyReport.shape.state.optional(),
  }),
);
export type ReportsQuery = z.output<typeof ReportsQuery>;
export const ReportsPage = ListOf(AutopsyReport);
export const ReportWithFacts = z.object({ report: AutopsyReport, facts: AutopsyFacts.optional() });
