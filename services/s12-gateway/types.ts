/** Shapes of the gateway's own verbs. */
import { z } from "@hono/zod-openapi";
import { Assertion } from "./passkey-shapes.ts";
import { PASSWORD_CHARACTERS_MIN } from "./passwords.ts";
import { SCOPES } from "./scopes.ts";

export const Role = z.enum(["viewer", "researcher", "trader", "risk", "admin"]);

export const Username = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "small letters, digits, dot, hyphen and underscore, at most 63")
  .openapi({ example: "rita" });
const password = z.string().min(1).max(256);
const totp = z
  .string()
  .max(32)
  .optional()
  .openapi({ description: "Where there is a second factor: the app's code, or a recovery code" });

export const Proof = z.object({ password, totp, passkey: Assertion.optional() });
export const Login = Proof.extend({ username: z.string().min(1).max(64) });
export const NewPassword = Proof.extend({ new_password: z.string().min(PASSWORD_CHARACTERS_MIN).max(256) });
/** Seconds. */
export const Confirmed = z.object({ confirmed_for: z.number().int() });
/** What is optional is told to people alone, and not to a program with a key of theirs. */
export const Me = z.object({
  username: z.string(),
  role: Role,
  must_change_password: z.boolean().optional(),
  second_factor: z.boolean().optional().openapi({ description: "Whether a code or a passkey is asked for" }),
  app_codes: z.boolean().optional().openapi({ description: "Whether codes of an authenticator app are one" }),
  recovery_codes_left: z.number().int().optional(),
});

export const NewUser = z.object({ username: Username, role: Role });
export const UserAnswer = z
  .object({
    username: z.string(),
    role: Role,
    disabled: z.boolean(),
    must_change_password: z.boolean(),
    second_factor: z.boolean(),
    created_at: z.number(),
  })
  .openapi("User");
export const UserWithPassword = UserAnswer.extend({ one_time_password: z.string() }).openapi("UserWithPassword");

const DAYS_MAX = 365;
export const NewApiKey = z.object({
  name: z.string().trim().min(1).max(80).openapi({ example: "my dashboard" }),
  role: Role,
  read_only: z.boolean().default(false).openapi({ description: "Nothing but reading, whatever the role allows" }),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .optional()
    .openapi({
      description: "Which of what its role allows it may do; all of it unless given",
      example: ["read", "orders"],
    }),
  expires_in_days: z.number().int().min(1).max(DAYS_MAX),
});
export const ApiKeyAnswer = z
  .object({
    key_id: z.string(),
    username: z.string(),
    name: z.string(),
    role: Role,
    read_only: z.boolean(),
    scopes: z.array(z.string()).optional(),
    created_at: z.number(),
    expires_at: z.number(),
    last_used_at: z.number().optional(),
  })
  .openapi("ApiKey");
export const ApiKeyWithToken = ApiKeyAnswer.extend({ api_key: z.string() }).openapi("ApiKeyWithToken");

/** Times in seconds. */
export const LoginAnswer = z.object({
  access_token: z.string().openapi({ description: "A JWT; the keys that it is checked with are at /auth/jwks" }),
  token_type: z.literal("Bearer"),
  expires_in: z.number().int(),
  refresh_token: z.string().optional().openapi({ description: "For programs: good once, at /auth/refresh" }),
  refresh_expires_in: z.number().int(),
});
export const RefreshRequest = z.object({
  refresh_token: z.string().max(200).optional().openapi({ description: "Missing: the browser's cookie" }),
});
export const SessionAnswer = z
  .object({
    session_id: z.string(),
    created_at: z.number(),
    last_seen_at: z.number().openapi({ description: "When its tokens were last refreshed" }),
    from: z.string().optional().openapi({ description: "The address that the sign-in came from" }),
    agent: z.string().optional().openapi({ description: "The program that the sign-in came with" }),
    current: z.boolean(),
  })
  .openapi("Session");
export const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        kid: z.string(),
        alg: z.literal("EdDSA"),
        use: z.literal("sig"),
      }),
    ),
  })
  .openapi("KeySet");

export const KillRequest = z
  .object({
    enable: z.boolean(),
    mode: z.enum(["HALT", "CANCEL", "FLATTEN"]).default("CANCEL"),
    reason: z.string().min(1).max(200),
    epoch: z
      .number()
      .int()
      .optional()
      .openapi({ description: "To turn off no other than was looked at: refused when its epoch is another by then" }),
  })
  .openapi("KillRequest");
export type KillRequest = z.output<typeof KillRequest>;
export const KillAnswer = z
  .object({
    enabled: z.boolean(),
    mode: z.enum(["HALT", "CANCEL", "FLATTEN"]),
    epoch: z.number().int(),
    reason: z.string(),
    actor: z.string(),
    ts: z.number(),
    /** What is not yet done: services that have not stored it, entries in flight, positions not yet flat. */
    outstanding: z.array(z.string()),
  })
  .openapi("KillAnswer");
export type KillAnswer = z.output<typeof KillAnswer>;

export const TransferAnswer = z
  .object({
    transfer_id: z.string(),
    /** UNKNOWN: approved, and the exchange has not told yet what became of it. */
    status: z.enum(["PENDING_APPROVAL", "OK", "FAIL", "UNKNOWN"]),
    message: z.string().optional(),
  })
  .openapi("TransferAnswer");
export type TransferAnswer = z.output<typeof TransferAnswer>;

const Status = z.enum(["OK", "DEGRADED", "ERROR", "DOWN"]);
const checks = z.array(
  z.object({ name: z.string(), critical: z.boolean(), status: z.string(), error: z.string().optional() }),
);

/** One process of a service. */
export const ReplicaState = z.object({
  replica: z.number().int().openapi({ description: "Its number, from 1" }),
  status: Status,
  ready: z.boolean(),
  role: z
    .enum(["alone", "leads", "stands_by", "shares"])
    .optional()
    .openapi({ description: "leads and stands_by: of a whole service; shares: holds some of the shards" }),
  shards: z.array(z.number().int()).openapi({ description: "The shards that it holds, from 0" }),
  config_rev: z.number().int(),
  uptime_ms: z.number(),
  checks,
});
export type ReplicaState = z.output<typeof ReplicaState>;

const service = { id: z.string(), name: z.string(), title: z.string(), port: z.number().int() };
const shard_count = z
  .number()
  .int()
  .optional()
  .openapi({ description: "How many shards the service has; missing where all services run in one process" });

/** A service as a whole: status and checks of all its replicas. */
export const ServiceState = z.object({
  ...service,
  status: Status,
  ready: z.boolean().openapi({ description: "A replica that is ready holds it, each of its shards" }),
  config_rev: z.number().int(),
  uptime_ms: z.number(),
  checks,
  shard_count,
  shards_free: z.array(z.number().int()).openapi({ description: "Shards that no replica which answers holds" }),
  replicas: z.array(ReplicaState),
});
export type ServiceState = z.output<typeof ServiceState>;

/** A service as one of its replicas tells it. */
export const ServiceHealth = z.object({ ...service, ...ReplicaState.shape, shard_count });
