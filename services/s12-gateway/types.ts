/** Shapes of the gateway's own verbs. */
import { z } from "@hono/zod-openapi";

export const Role = z.enum(["viewer", "researcher", "trader", "risk", "admin"]);

export const Login = z.object({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
});
export const LoginAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  /** Seconds. */
  expires_in: z.number().int(),
});

export const KillRequest = z
  .object({
    enable: z.boolean(),
    mode: z.enum(["HALT", "CANCEL", "FLATTEN"]).default("CANCEL"),
    reason: z.string().min(1).max(200),
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

export const ServiceState = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  port: z.number().int(),
  status: z.enum(["OK", "DEGRADED", "ERROR", "DOWN"]),
  ready: z.boolean(),
  config_rev: z.number().int(),
  uptime_ms: z.number(),
  checks: z.array(
    z.object({ name: z.string(), critical: z.boolean(), status: z.string(), error: z.string().optional() }),
  ),
});
export type ServiceState = z.output<typeof ServiceState>;
