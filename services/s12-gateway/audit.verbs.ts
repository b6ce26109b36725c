/** What can be asked of the audit log: its entries, by who and what and when, and the head of its chain. */
import { z } from "@hono/zod-openapi";
import { AUDIT_COLUMNS, AuditEntry, AuditHead } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Query, Store } from "../../shared/kit/ports.ts";
import { inOrder, Paging, Period } from "../../shared/kit/rest.ts";
import { verb } from "../../shared/kit/service.ts";
import type { AuditLog } from "./audit.ts";

const Text = z.string().min(1).max(200).optional();
const Filters = inOrder(
  z.object({ ...Paging, ...Period, actor: Text, what: Text, ref: Text, source: Text, trace_id: Text }),
);
const Page = z.object({ items: z.array(AuditEntry), next_cursor: z.string().optional() });

const listAudit = (store: Store) =>
  verb({
    name: "listAudit",
    summary: "Who changed what, from where, before and after; newest first",
    rest: "GET /audit",
    input: Filters,
    output: Page,
    csv: itemsAsCsv<AuditEntry>(...AUDIT_COLUMNS),
    async run({ limit, cursor, from_ts, to_ts, ...equal }) {
      const query: Query = {
        where: {
          ...equal,
          ...((from_ts !== undefined || to_ts !== undefined) && {
            ts: { ...(from_ts !== undefined && { gte: from_ts }), ...(to_ts !== undefined && { lte: to_ts }) },
          }),
        } as NonNullable<Query["where"]>,
        sort: { field: "ts", order: "desc" },
        limit,
      };
      const page = await store.query(auditLog, cursor === undefined ? query : { ...query, cursor });
      const items = page.items.map((row) => row.value);
      return { items, ...(page.next_cursor !== undefined && { next_cursor: page.next_cursor }) };
    },
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
