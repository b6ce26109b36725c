/** What can be asked of the audit log: its entries, by who and what and when, and the head of its chain. */
import { z } from "@hono/zod-openapi";
import { AUDIT_COLUMNS, AuditEntry, AuditHead } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf } from "../../shared/paging.ts";
import type { AuditLog } from "./audit.ts";

const Text = z.string().min(1).max(200).optional();
const Filters = inOrder(
  z.object({ ...Paging, ...Period, actor: Text, what: Text, ref: Text, source: Text, trace_id: Text }),
);

const listAudit = (store: Store) =>
  verb({
    name: "listAudit",
    summary: "Who changed what, from where, before and after; newest first",
    rest: "GET /audit",
    input: Filters,
    output: ListOf(AuditEntry),
    csv: itemsAsCsv<AuditEntry>(...AUDIT_COLUMNS),
    run: async ({ actor, what, ref, source, trace_id, ...asked }) =>
      pageOf(await store.query(auditLog, newestFirst(asked, "ts", { actor, what, ref, source, trace_id }))),
  });

const getAuditHead = (audit: AuditLog) =>
  verb({
    name: "getAuditHead",
    summary: "The head of the audit log's hash chain, and how far it is kept in Blobs too",
    rest: "GET /audit/head",
    input: z.object({}),
    output: AuditHead.omit({ id: true }).extend({ anchored_seq: z.number().int() }),
    async run() {
      const head = (await audit.head()) ?? refuse("NOT_FOUND", "No entry has been chained yet.");
      const { id: _, ...rest } = head;
      return { ...rest, anchored_seq: audit.anchoredSeq };
    },
  });

export const auditVerbs = (audit: AuditLog, store: Store) => [listAudit(store), getAuditHead(audit)];
