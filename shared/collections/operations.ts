/** What S11 keeps: alerts and metrics. */
import { z } from "@hono/zod-openapi";
import { Alert } from "../streams.ts";
import { collection } from "./declare.ts";

export const AlertRecord = Alert.extend({
  count: z.number().int(),
  first_ts: z.number(),
  state: z.enum(["OPEN", "ACKED", "RESOLVED"]),
  acked_by: z.string().optional(),
  runbook: z.string().optional(),
}).openapi("AlertRecord");
export type AlertRecord = z.output<typeof AlertRecord>;
export const alertsKept = collection({
  name: "alerts",
  owner: "s11",
  schema: AlertRecord,
  key: (a) => a.alert_id,
  indexes: [["ts"], ["severity", "ts"], ["state", "ts"]],
  search: ["message", "code", "source"],
});
/** One scrape of one service: every series (metric with its labels) and its value. */
export const Scrape = z.object({
  id: z.string(),
  service: z.string(),
  ts: z.number(),
  values: z.record(z.string(), z.number()),
});
export type Scrape = z.output<typeof Scrape>;
export const metricsTimeseries = collection({
  name: "metrics_timeseries",
  owner: "s11",
  schema: Scrape,
  key: (s) => s.id,
  indexes: [["ts"]],
  retentionDays: 2,
  retentionField: "ts",
});
