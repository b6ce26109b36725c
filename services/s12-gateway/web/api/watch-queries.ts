/** What the pages of health and audit ask the gateway: alerts and the audit log page by page, and how far streams lag. */
import { queryOptions } from "@tanstack/react-query";
import type { OpsEvent } from "../../../../shared/streams.ts";
import { type Asked, askedOf, periodOf } from "../state/asked.ts";
import { type Lag, lagsOf } from "../state/lags.ts";
import { chimera } from "./chimera.ts";
import { now } from "./now.ts";
import { pagesQuery, pathWith } from "./report-queries.ts";
import type { AlertRow } from "./shapes.ts";

export const SEVERITIES = ["INFO", "WARN", "ERROR", "FATAL"] as const;
export const ALERT_STATES = ["OPEN", "ACKED", "RESOLVED"] as const;

export const alertsPagesQuery = (asked: Asked) =>
  pagesQuery<AlertRow>(
    "alerts-pages",
    pathWith("/alerts", {
      severity: askedOf(asked.severity, SEVERITIES),
      state: askedOf(asked.state, ALERT_STATES),
      source: asked.source,
      code: asked.what,
      text: asked.q,
      ...periodOf(asked),
    }),
  );

export interface AuditRow extends OpsEvent {
  audit_id: string;
}
export const auditPath = (asked: Asked): string =>
  pathWith("/audit", { actor: asked.actor, what: asked.what, ...periodOf(asked) });
/** The end of the chain of hashes, and up to where it is kept elsewhere too. */
export const auditHeadQuery = queryOptions({
  queryKey: ["audit-head"],
  queryFn: ({ signal }) => chimera.getAuditHead({}, { signal }),
  refetchInterval: 30_000,
  retry: false,
});
export const auditPagesQuery = (asked: Asked) => pagesQuery<AuditRow>("audit-pages", auditPath(asked));

const LAG_WINDOW_MS = 60_000;
export const LAGS_EVERY_MS = 10_000;
/** As of the last scrape: what each group of each stream has still to hear. */
export const lagsQuery = queryOptions({
  queryKey: ["lags"],
  queryFn: async ({ signal }): Promise<Lag[]> => {
    const asked = { metric: "chimera_stream_pending", from_ts: now() - LAG_WINDOW_MS, step: LAG_WINDOW_MS };
    return lagsOf((await chimera.getMetrics(asked, { signal })).series);
  },
  refetchInterval: LAGS_EVERY_MS,
});
