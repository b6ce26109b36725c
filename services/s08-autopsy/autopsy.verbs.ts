/** What people can ask about reports: have one made, list them, read one's facts, and the report itself. */
import { z } from "@hono/zod-openapi";
import { type AutopsyReport, autopsyReports } from "../../shared/collections/autopsy.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Role, type Verb, verb } from "../../shared/kit/service.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import type { Reports } from "./reports.ts";
import {
  AutopsyAnswer as Answer,
  ReportsQuery as Asked,
  type AutopsyAnswer,
  AutopsyRequest,
  ReportsPage,
  ReportWithFacts,
  TradeNamed,
} from "./types.ts";

const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];
const CSV = itemsAsCsv<AutopsyReport>(
  ...(["trade_id", "instrument", "strategy_id", "side", "opened_at", "closed_at", "state", "exit_reason"] as const),
  ...(["net_usdt", "roi_net", "cost_share", "regime", "summary", "config_rev", "report_id", "hash"] as const),
  ...(["revision", "made_at", "missing", "holes"] as const),
);

/** A page that may run nothing, load nothing and post nothing, whoever opens it and wherever. */
export const REPORT_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'self'",
  "x-content-type-options": "nosniff",
};

export interface VerbParts {
  readonly store: Store;
  readonly reports: Reports;
  /** One after another with what the service makes by itself. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

export const autopsyVerbs = ({ store, reports, inTurn }: VerbParts): Verb[] => [
  verb({
    name: "makeAutopsy",
    summary: "Make the report of a closed trade; the same again while nothing has changed, unless it is forced",
    rest: "POST /autopsy/{trade_id}",
    roles: RESEARCH,
    once: "body",
    input: AutopsyRequest,
    output: Answer,
    async run({ trade_id, force_rebuild: isForced }, { principal }) {
      const { report, isNew } = await inTurn(() => reports.make(trade_id, { isForced, actor: principal.id }));
      return answerOf(report, isNew);
    },
  }),
  verb({
    name: "listAutopsies",
    summary: "Reports of closed trades, newest close first, with those that cannot be made yet and why",
    rest: "GET /autopsies",
    input: Asked,
    output: ReportsPage,
    csv: CSV,
    async run({ instrument, strategy_id, side, state, ...asked }) {
      const query = newestFirst(asked, "closed_at", { instrument, strategy_id, side, state });
      return pageOf(await store.query(autopsyReports, query));
    },
  }),
  verb({
    name: "readAutopsy",
    summary: "One report's figures and all the facts that it was made from",
    rest: "GET /autopsy/{trade_id}",
    input: TradeNamed,
    output: ReportWithFacts,
    async run({ trade_id }) {
      const report = (await reports.row(trade_id)).value;
      const facts = await reports.facts(report);
      return { report, ...(facts && { facts }) };
    },
  }),
  verb({
    name: "showAutopsy",
    summary: "The report itself: one HTML file with pictures and without scripts, to read, print or keep",
    rest: "GET /autopsy/{trade_id}/report",
    input: TradeNamed,
    output: z.string().openapi({ description: "HTML, as text/html" }),
    async run({ trade_id }) {
      const { value } = await reports.row(trade_id);
      const page = await reports.page(value);
      return new Response(new Uint8Array(page), { headers: { ...REPORT_HEADERS, etag: `"${value.hash}"` } }) as never;
    },
  }),
];

function answerOf(report: AutopsyReport, is_new: boolean): AutopsyAnswer {
  const { trade_id, report_id = "", summary, hash = "", revision = 0 } = report;
  const url = `/api/v1/autopsy/${encodeURIComponent(trade_id.toWellFormed())}/report`;
  return { trade_id, report_id, url, tl_dr: summary, hash, revision, is_new };
}
