/** What S12 keeps: users, their sessions, the keys that sign for them, the audit log. */
import { z } from "@hono/zod-openapi";
import { AuditEntry } from "./audit.ts";
import { collection } from "./declare.ts";
import { killCopy } from "./kill.ts";

export const SecondFactor = z.object({
  /** The secret of the codes, sealed. */
  sealed_secret: z.string(),
  /** The step (30 s) of the newest code that was used: no code of it or before it counts again. */
  last_step: z.number().int(),
});
export type SecondFactor = z.output<typeof SecondFactor>;
/** A credential of WebAuthn; nothing of it is secret. */
export const Passkey = z.object({
  /** The credential's id, base64url. */
  passkey_id: z.string(),
  /** COSE, base64url. */
  public_key: z.string(),
  /** How many signatures the authenticator said it had made; 0 of one that does not count. */
  counter: z.number().int(),
  transports: z.array(z.string()),
  /** The host at whose page it was made: it works there alone. */
  rp_id: z.string(),
  name: z.string(),
  created_at: z.number(),
  last_used_at: z.number().optional(),
});
export type Passkey = z.output<typeof Passkey>;
export const User = z.object({
  username: z.string(),
  password_hash: z.string(),
  role: z.enum(["viewer", "researcher", "trader", "risk", "admin"]),
  disabled: z.boolean(),
  /** Tokens of an older generation are refused: it grows at role change, disabling and new password. */
  generation: z.number().int(),
  created_at: z.number(),
  /** The password was given by somebody else: nothing but changing it is allowed. */
  must_change_password: z.boolean().optional(),
  second_factor: SecondFactor.optional(),
  /** Asked for and not yet proven by a first code. */
  second_factor_offered: z.object({ sealed_secret: z.string(), expires_at: z.number() }).optional(),
  passkeys: z.array(Passkey).optional(),
  /** What authenticators file the user's passkeys under; random, so that they learn no name from it. */
  passkey_owner: z.string().optional(),
  /** Hashes of the recovery codes that are left; there are some while there is a second factor. */
  recovery: z.array(z.string()).optional(),
  /** Networks from which they have signed in, the newest first: strangers' guesses do not lock them out there. */
  places: z.array(z.string()).optional(),
});
export type User = z.output<typeof User>;
export const users = collection({
  name: "users",
  about: "Who may sign in, with role, second factor and passkeys; passwords as hashes",
  owner: "s12",
  schema: User,
  key: (u) => u.username,
});
/** A sign-in, from its first token to its last: what is stored of a token is its hash. */
export const Session = z.object({
  /** Told to its person; no token can be made of it. */
  id: z.string(),
  username: z.string(),
  /** The user's when they signed in: it ends as soon as the user's has grown. */
  generation: z.number().int(),
  created_at: z.number(),
  /** When it ends unless it is refreshed; never later than `ends_at`. */
  expires_at: z.number(),
  /** When it ends however much it is used. */
  ends_at: z.number(),
  /** To the refresh. */
  last_seen_at: z.number(),
  /** When password and second factor were last given. */
  confirmed_at: z.number(),
  /** Of the one refresh token that is good. */
  refresh_hash: z.string(),
  /** How the good one was made from the one before: the same again from the same token. */
  rotation: z.object({ from_hash: z.string(), salt: z.string(), at: z.number() }).optional(),
  /** The address they came from and the program they came with, at the sign-in. */
  from: z.string().optional(),
  agent: z.string().optional(),
});
export type Session = z.output<typeof Session>;
export const sessions = collection({
  name: "sessions",
  about: "Sign-ins from their first token to their last; tokens as hashes",
  owner: "s12",
  schema: Session,
  key: (s) => s.id,
  indexes: [["expires_at"], ["username"]],
  retentionDays: 1,
  retentionField: "expires_at",
});
/** What access tokens are signed with (Ed25519). */
export const SigningKey = z.object({
  kid: z.string(),
  /** The public part, base64url. */
  x: z.string(),
  /** The private part; missing where nothing can be sealed, and then it was in one process's memory alone. */
  sealed_seed: z.string().optional(),
  created_at: z.number(),
  /** When the last token that it signed has ended; missing while it signs. */
  ends_at: z.number().optional(),
});
export type SigningKey = z.output<typeof SigningKey>;
export const signingKeys = collection({
  name: "signing_keys",
  about: "The keys that access tokens are signed with, sealed",
  owner: "s12",
  schema: SigningKey,
  key: (k) => k.kid,
  indexes: [["ends_at"]],
  retentionDays: 1,
  retentionField: "ends_at",
});
/** What a program of a person comes in with; only a hash of it is stored. */
export const ApiKey = z.object({
  key_id: z.string(),
  username: z.string(),
  name: z.string(),
  hash: z.string(),
  role: User.shape.role,
  read_only: z.boolean(),
  /** What it may do of what its role allows; all of that unless set. */
  scopes: z.array(z.string()).optional(),
  created_at: z.number(),
  expires_at: z.number(),
  /** To the minute. */
  last_used_at: z.number().optional(),
});
export type ApiKey = z.output<typeof ApiKey>;
export const apiKeys = collection({
  name: "api_keys",
  about: "Keys that programs of people come in with; as hashes",
  owner: "s12",
  schema: ApiKey,
  key: (k) => k.key_id,
  indexes: [["username"], ["expires_at"]],
  retentionDays: 30,
  retentionField: "expires_at",
});
export const auditLog = collection({
  name: "audit_log",
  about: "Every change that anybody made, chained by hash",
  owner: "s12",
  schema: AuditEntry,
  key: (a) => a.audit_id,
  indexes: [["ts"], ["actor", "ts"], ["what", "ts"], ["seq"]],
  search: ["what", "ref", "actor"],
});

export const killState = killCopy("s12", "kill_state", "The state of the kill switch; its epoch only grows");

/** Something a person must allow before it is done; bound by hash to what was asked. */
export const Approval = z
  .object({
    approval_id: z.string(),
    kind: z.enum(["TRANSFER", "KILL_OFF", "LIVE_ARM", "PROMOTE", "USER", "API_KEY", "ACT"]),
    /** What would be done, whole: this is what is hashed. Of all but a transfer: method, path and body of the request. */
    subject: z.record(z.string(), z.unknown()),
    hash: z.string(),
    /** The same in words. */
    detail: z.string().optional(),
    /** The answer holds a secret: once approved it is done when who asked collects it, and kept nowhere. */
    collect: z.boolean().optional(),
    requested_by: z.string(),
    /** The address they asked from. */
    requested_from: z.string().optional(),
    state: z.enum(["PENDING", "APPROVED", "REFUSED", "EXPIRED", "DONE", "FAILED"]),
    /** A person's name, or "policy". */
    decided_by: z.string().optional(),
    decided_at: z.number().optional(),
    /** Who asked has approved it too, which only `approvals: single` allows. */
    self_approved: z.boolean().optional(),
    /** Who took it back after it was approved; where it had started already, it is done all the same. */
    withdrawn_by: z.string().optional(),
    withdrawn_at: z.number().optional(),
    /** When another service was first asked to do it: from then on it may have been done. */
    started_at: z.number().optional(),
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
  about: "What a second person must allow, bound by hash to what was asked",
  owner: "s12",
  schema: Approval,
  key: (a) => a.approval_id,
  indexes: [["created_at"], ["state", "created_at"]],
});
