/** The audit log: every change anywhere in the system, once, in the order it was heard. */
import { z } from "@hono/zod-openapi";
import { put } from "../../shared/changes.ts";
import { auditLog } from "../../shared/collections/people.ts";
import type { Message, Op, Store } from "../../shared/kit/ports.ts";
import { Paging } from "../../shared/kit/rest.ts";
import { verb } from "../../shared/kit/service.ts";
import type { OpsEvent } from "../../shared/streams.ts";

const Entry = auditLog.schema as unknown as z.ZodType<OpsEvent & { audit_id: string }>;

/** One commit per message: its id is the entry's key, so that a repeat changes nothing. */
export const auditEntry = (event: Readonly<OpsEvent>, message: Message<OpsEvent>): Op[] => [
  put(auditLog, { audit_id: message.id, ...event }),
];

export const auditVerb = (store: Store) =>
  verb({
    name: "listAudit",
    summary: "Who changed what, newest first",
    rest: "GET /audit",
    input: z.object(Paging),
    output: z.object({ items: z.array(Entry), next_cursor: z.string().optional() }),
    async run({ limit, cursor }) {
      const page = await store.query(auditLog, {
        sort: { field: "ts", order: "desc" },
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      const items = page.items.map((row) => row.value);
      return { items, ...(page.next_cursor !== undefined && { next_cursor: page.next_cursor }) };
    },
  });
