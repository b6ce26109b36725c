/** Alerts as they are kept, silences, and the channels that carry them out of the system. */
import { z } from "@hono/zod-openapi";

export const Severity = z.enum(["INFO", "WARN", "ERROR", "FATAL"]);
export type Severity = z.output<typeof Severity>;

/** What an alert must be to be meant; what is absent is any. */
export const AlertMatch = z.strictObject({
  severities: z.array(Severity).max(4).optional(),
  sources: z.array(z.string().max(16)).max(20).optional(),
  codes: z.array(z.string().max(64)).max(100).optional(),
});
export type AlertMatch = z.output<typeof AlertMatch>;

/** Alerts that match are kept and shown, and told to nobody until then. FATAL ones cannot be silenced as a whole. */
export const Silence = z
  .object({
    silence_id: z.string(),
    match: AlertMatch,
    from_ts: z.number(),
    until_ts: z.number(),
    author: z.string(),
    note: z.string().max(400).optional(),
    created_at: z.number(),
    /** Ended before its time. */
    ended_at: z.number().optional(),
  })
  .openapi("Silence");
export type Silence = z.output<typeof Silence>;

export const ChannelKind = z.enum(["EMAIL", "SMS", "WEBHOOK", "TELEGRAM", "SLACK"]);
export type ChannelKind = z.output<typeof ChannelKind>;

const Address = z.string().min(1).max(2_000);
const Target = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("EMAIL"),
    host: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535).default(587),
    /** TLS from the first byte; else STARTTLS is required. */
    tls: z.boolean().default(false),
    user: z.string().max(255).optional(),
    from: z.email().max(255),
    to: z.array(z.email().max(255)).min(1).max(20),
  }),
  /** As Twilio's Messages resource takes it; `url` is up to and with the account. */
  z.strictObject({
    kind: z.literal("SMS"),
    url: Address,
    user: z.string().max(255),
    from: z.string().max(32),
    to: z.array(z.string().max(32)).min(1).max(10),
  }),
  /** Signed after Standard Webhooks. */
  z.strictObject({ kind: z.literal("WEBHOOK"), url: Address }),
  z.strictObject({
    kind: z.literal("TELEGRAM"),
    url: Address.default("https://api.telegram.org"),
    chat_id: z.string().max(64),
  }),
  z.strictObject({ kind: z.literal("SLACK") }),
]);
/** Where a channel leads. Secrets are taken and never told again. */
export const ChannelTarget = Target.openapi({ example: { kind: "WEBHOOK", url: "https://hooks.example/chimera" } });
export type ChannelTarget = z.output<typeof ChannelTarget>;

/** Without its secret (password, token, signing key, Slack's whole address), of which only the last characters are told. */
export const Channel = z
  .object({
    channel_id: z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, "small letters, digits and hyphens, at most 48"),
    title: z.string().max(120),
    enabled: z.boolean(),
    target: ChannelTarget,
    has_secret: z.boolean(),
    secret_hint: z.string().optional(),
    /** What it is told of; default by kind: WARN up to webhooks and chats, ERROR up to email, FATAL to SMS. */
    severity_min: Severity,
    match: AlertMatch.optional(),
    /** Messages an hour; what is over is told together in one. */
    per_hour_max: z.number().int().min(1).max(1_000),
    author: z.string(),
    created_at: z.number(),
    updated_at: z.number(),
    /** How the last message fared. */
    last: z.object({ ts: z.number(), ok: z.boolean(), detail: z.string() }).optional(),
  })
  .openapi("Channel");
export type Channel = z.output<typeof Channel>;

/** One message to one channel. */
export const Delivery = z
  .object({
    delivery_id: z.string(),
    channel_id: z.string(),
    alert_ids: z.array(z.string()).max(200),
    /** TEST: by the button. ESCALATION: nobody acknowledged it. DIGEST: those over the limit. */
    cause: z.enum(["ALERT", "REPEAT", "ESCALATION", "DIGEST", "RESOLVED", "TEST"]),
    severity: Severity,
    /** Of the alerts, where all have the same. */
    code: z.string().optional(),
    state: z.enum(["WAITING", "SENT", "GIVEN_UP"]),
    /** Of several receivers, those that have it already: they do not get it twice. */
    reached: z.array(z.string()).optional(),
    tries: z.number().int(),
    next_try_at: z.number().optional(),
    /** Of the last try: the answer's status or the error, without secrets. */
    detail: z.string().optional(),
    created_at: z.number(),
    sent_at: z.number().optional(),
  })
  .openapi("Delivery");
export type Delivery = z.output<typeof Delivery>;
