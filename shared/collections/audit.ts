/** What the audit log is made of: entries chained by hash, and the head of the chain. */
import { z } from "@hono/zod-openapi";
import { OpsEvent } from "../streams.ts";
import { collection } from "./declare.ts";

export const AuditEntry = OpsEvent.extend({
  audit_id: z.string(),
  /** Its place in the chain, from 1; entries from before there was a chain have none. */
  seq: z.number().int().optional(),
  /** The hash of the entry before it; of the first, what the entries without a place amount to. */
  prev_hash: z.string().optional(),
  /** SHA-256 of everything above as canonical JSON, followed by `prev_hash`; hex. */
  hash: z.string().optional(),
}).openapi("AuditEntry");
export type AuditEntry = z.output<typeof AuditEntry>;

/** An entry's fields in the order of a table's columns. */
export const AUDIT_COLUMNS = [
  ...(["ts", "seq", "actor", "what", "ref", "outcome", "source", "from", "second", "trace_id"] as const),
  ...(["before", "after", "owner", "owner_seq", "audit_id", "prev_hash", "hash"] as const),
];

export const AuditHead = z
  .object({
    id: z.literal("head"),
    /** Of the newest entry; 0 while there is none. */
    seq: z.number().int(),
    hash: z.string(),
    /** What the entries from before there was a chain amount to, and how many there are. */
    start_hash: z.string(),
    old_entries: z.number().int(),
    updated_at: z.number(),
  })
  .openapi("AuditHead");
export type AuditHead = z.output<typeof AuditHead>;
export const auditHeads = collection({
  name: "audit_heads",
  about: "The head of the audit log's chain: one document, written with every entry",
  owner: "s12",
  schema: AuditHead,
  key: (head) => head.id,
});

/** A head as it is kept in Blobs, one a line. */
export const AuditAnchor = z.object({ seq: z.number().int().nonnegative(), hash: z.string(), ts: z.number() });
export type AuditAnchor = z.output<typeof AuditAnchor>;
