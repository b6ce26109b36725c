/** What S12 keeps: users, their sessions, the audit log. */
import { z } from "@hono/zod-openapi";
import { OpsEvent } from "../streams.ts";
import { collection } from "./declare.ts";
import { killCopy } from "./kill.ts";

export const User = z.object({
  username: z.string(),
  password_hash: z.string(),
  role: z.enum(["viewer", "researcher", "trader", "risk", "admin"]),
  disabled: z.boolean(),
  /** Tokens of an older generation are refused: it grows at logout, role change and new password. */
  generation: z.number().int(),
  created_at: z.number(),
});
export type User = z.output<typeof User>;
export const users = collection({ name: "users", owner: "s12", schema: User, key: (u) => u.username });
/** A sign-in; the key is a hash of the token, which itself is stored nowhere. */
export const sessions = collection({
  name: "sessions",
  owner: "s12",
  schema: z.object({
    id: z.string(),
    username: z.string(),
    generation: z.number().int(),
    created_at: z.number(),
    expires_at: z.number(),
  }),
  key: (s) => s.id,
  indexes: [["expires_at"]],
  retentionDays: 1,
  retentionField: "expires_at",
});
export const auditLog = collection({
  name: "audit_log",
  owner: "s12",
  schema: OpsEvent.extend({ audit_id: z.string() }),
  key: (a) => a.audit_id,
  indexes: [["ts"], ["actor", "ts"]],
  search: ["what", "ref", "actor"],
});

export const killState = killCopy("s12", "kill_state");

/** Something a person must allow before it is done; bound by hash to what was asked. */
export const Approval = z
  .object({
    approval_id: z.string(),
    kind: z.enum(["TRANSFER"]),
    /** What would be done, whole: this is what is hashed. */
    subject: z.record(z.string(), z.unknown()),
    hash: z.string(),
    requested_by: z.string(),
    state: z.enum(["PENDING", "APPROVED", "REFUSED", "EXPIRED", "DONE", "FAILED"]),
    /** A person's name, or "policy". */
    decided_by: z.string().optional(),
    decided_at: z.number().optional(),
    /** Who asked has approved it too, which only `approvals: single` allows. */
    self_approved: z.boolean().optional(),
    /** Who took it back after it was approved; where it had started already, it is done all the same. */
    withdrawn_by: z.string().optional(),
    withdrawn_at: z.number().optional(),
    /** What came of it. */
    outcome: z.string().optional(),
    expires_at: z.number(),
    created_at: z.number(),
    updated_at: z.number(),
  })
  .openapi("Approval");
export type Approval = z.output<typeof Approval>;
export const approvals = collection({
  name: "approvals",
  owner: "s12",
  schema: Approval,
  key: (a) => a.approval_id,
  indexes: [["created_at"], ["state", "created_at"]],
});
