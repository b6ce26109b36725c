/** The alert inbox: repeats are counted, an alert stays until somebody has seen it. */
import { z } from "@hono/zod-openapi";
import { done, put } from "../../shared/changes.ts";
import { AlertRecord, alertsKept } from "../../shared/collections/operations.ts";
import { refuse } from "../../shared/errors.ts";
import type { Message, Op, Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, newestFirst, Paging, pageOf } from "../../shared/paging.ts";
import type { Alert } from "../../shared/streams.ts";

const GROUP = "s11";

export interface AlertParts {
  store: Store;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}
export type Inbox = ReturnType<typeof createInbox>;

export function createInbox({ store, audit }: AlertParts) {
  return {
    /** A repeat after it was acknowledged opens it again; a message heard twice counts once. */
    async take(alert: Readonly<Alert>, message: Pick<Message, "stream" | "id">): Promise<void> {
      if (await store.isDone(message.stream, GROUP, message.id)) return;
      const row = await store.get(alertsKept, alert.alert_id);
      const kept = row?.value;
      const value: AlertRecord = {
        ...alert,
        first_ts: kept?.first_ts ?? alert.ts,
        count: (kept?.count ?? 0) + 1,
        state: "OPEN",
      };
      await store.commit([put(alertsKept, value, row?.rev ?? null), done(message, GROUP)]);
    },
    async acknowledge(alertId: string, actor: string): Promise<AlertRecord> {
      const row = (await store.get(alertsKept, alertId)) ?? refuse("NOT_FOUND", `There is no alert ${alertId}.`);
      const value: AlertRecord = { ...row.value, state: "ACKED", acked_by: actor };
      await store.commit([
        put(alertsKept, value, row.rev),
        audit({ actor, what: "alert.acknowledged", ref: alertId, outcome: "ok" }),
      ]);
      return value;
    },
  };
}

const ListInput = z.object({
  ...Paging,
  severity: z.enum(["INFO", "WARN", "ERROR", "FATAL"]).optional(),
  source: z.string().max(16).optional(),
  state: z.enum(["OPEN", "ACKED", "RESOLVED"]).optional(),
  from_ts: z.coerce.number().optional(),
});

export const alertVerbs = (store: Store, inbox: Inbox): Verb[] => [
  verb({
    name: "listAlerts",
    summary: "Alerts, newest first",
    rest: "GET /alerts",
    input: ListInput,
    output: ListOf(AlertRecord),
    run: async ({ severity, source, state, ...asked }) =>
      pageOf(await store.query(alertsKept, newestFirst(asked, "ts", { severity, source, state }))),
  }),
  verb({
    name: "acknowledgeAlert",
    summary: "Mark an alert as seen",
    rest: "POST /alerts/{id}/ack",
    roles: ["trader", "risk", "admin"],
    once: "body",
    input: z.object({ id: z.string().max(64) }),
    output: AlertRecord,
    run: ({ id }, { principal }) => inbox.acknowledge(id, principal.id),
  }),
];
