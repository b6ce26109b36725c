/** How a message goes out, by the channel's kind: mail, text message, signed webhook, Telegram, Slack. */
import { createHmac } from "node:crypto";
import type { Channel, ChannelTarget, Delivery } from "../../shared/domain/alerting.ts";
import { type Outside, OutsideError, type OutsideRequest } from "../../shared/kit/outside.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { CHAT_CHARACTERS_MAX, cut, type Message } from "./message.ts";

const DETAIL_CHARACTERS_MAX = 200;

export interface SenderParts {
  outside: Outside;
  clock: Clock;
  allowed: readonly string[];
  timeoutMs: number;
}
export interface Parcel {
  channel: Pick<Channel, "channel_id" | "target">;
  secret: string | undefined;
  delivery: Pick<Delivery, "delivery_id" | "reached">;
  message: Message;
}
/** `reached`: of several receivers, those that have it, also when it failed for others. */
export interface Outcome {
  ok: boolean;
  /** Without secrets. */
  detail: string;
  reached?: string[];
}
export type Sender = ReturnType<typeof createSender>;

type Of<K extends ChannelTarget["kind"]> = Extract<ChannelTarget, { kind: K }>;
type Request = Pick<OutsideRequest, "url" | "headers" | "body">;

export function createSender(parts: SenderParts) {
  const { outside, allowed, timeoutMs } = parts;

  /** By the status alone: what else an answer says is for people to read. */
  async function post(request: Request): Promise<Outcome> {
    const { status, body } = await outside.send({ ...request, method: "POST", timeoutMs, allowed });
    const ok = status >= 200 && status < 300;
    return { ok, detail: ok || body === "" ? `HTTP ${status}` : `HTTP ${status}: ${body}` };
  }

  async function mail(target: Of<"EMAIL">, { secret, delivery, message }: Parcel): Promise<Outcome> {
    const { host, port, tls, user, from, to } = target;
    const { answer, refused } = await outside.mail({
      ...{ host, port, tls, from, to, subject: message.subject, text: message.text },
      ...(user !== undefined && { user, password: secret ?? "" }),
      message_id: `<${delivery.delivery_id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
      ...{ timeoutMs, allowed },
    });
    return { ok: true, detail: refused.length === 0 ? answer : `${answer}; refused: ${refused.join(", ")}` };
  }

  /** One request for each number: who has it does not get it again when another one failed. */
  async function texts(target: Of<"SMS">, { secret = "", delivery, message }: Parcel): Promise<Outcome> {
    const reached = [...(delivery.reached ?? [])];
    const failed: string[] = [];
    for (const to of target.to.filter((number) => !reached.includes(number))) {
      const told = await post(textMessage(target, to, { secret, body: message.short })).catch(outcomeOf);
      if (told.ok) reached.push(to);
      else failed.push(told.detail);
    }
    const [detail = `${reached.length} sent`] = failed;
    return { ok: failed.length === 0, detail, reached };
  }

  async function go(parcel: Parcel): Promise<Outcome> {
    const { target } = parcel.channel;
    const { message, secret = "" } = parcel;
    if (target.kind === "EMAIL") return mail(target, parcel);
    if (target.kind === "SMS") return texts(target, parcel);
    if (target.kind === "WEBHOOK") return post(webhook(target, parcel, parts.clock.now()));
    const text = cut(`${message.subject}\n\n${message.text}`, CHAT_CHARACTERS_MAX);
    return post(target.kind === "SLACK" ? slack(secret, text) : telegram(target, secret, text));
  }

  return {
    /** Never throws; takes as long as its time limit at most, for each receiver. */
    async send(parcel: Parcel): Promise<Outcome> {
      const outcome = await go(parcel).catch(outcomeOf);
      return { ...outcome, detail: withoutSecrets(outcome.detail, parcel) };
    },
  };
}

const json = (url: string, body: unknown, headers: Record<string, string> = {}): Request => ({
  url,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** Standard Webhooks 1.0, "Signature scheme": over id, timestamp (in seconds) and body, with dots between them. */
export function signatureOf(secret: string, ...[id, timestamp, body]: [id: string, timestamp: string, body: string]) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** The id is the same for each try, so that receivers know a repeat. */
function webhook(target: Of<"WEBHOOK">, { delivery, message, secret = "" }: Parcel, now: number): Request {
  const body = JSON.stringify(message.payload);
  const timestamp = String(Math.floor(now / 1_000));
  const id = `msg_${delivery.delivery_id}`;
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatureOf(secret, id, timestamp, body),
  };
  return { url: target.url, headers, body };
}

function textMessage({ url, user, from }: Of<"SMS">, to: string, told: { secret: string; body: string }): Request {
  return {
    url: `${url.replace(/\/$/, "")}/Messages.json`,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${Buffer.from(`${user}:${told.secret}`).toString("base64")}`,
    },
    body: new URLSearchParams({ From: from, To: to, Body: told.body }).toString(),
  };
}

const telegram = ({ url, chat_id }: Of<"TELEGRAM">, token: string, text: string): Request =>
  json(`${url.replace(/\/$/, "")}/bot${token}/sendMessage`, {
    ...{ chat_id, text, link_preview_options: { is_disabled: true } },
  });

/** Slack reads `<…>` and `&…;` as its own; the secret is the whole address. */
const slack = (address: string, text: string): Request =>
  json(address, { text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") });

const outcomeOf = (error: unknown): Outcome => ({
  ok: false,
  detail: error instanceof OutsideError ? error.message : "it could not be sent",
});

/** Who answers could say back what was sent: it is not kept. */
function withoutSecrets(detail: string, { secret, channel: { target } }: Parcel): string {
  const one = detail.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
  const said = secret === undefined || secret === "" ? [] : [secret, secret.replace(/^whsec_/, "")];
  const path = secret === undefined ? undefined : URL.parse(secret)?.pathname;
  const login = "user" in target ? Buffer.from(`${target.user}:${secret}`).toString("base64") : undefined;
  const hidden = [...said, path, login].filter((part) => part !== undefined && part.length > 1) as string[];
  return hidden.reduce((text, part) => text.replaceAll(part, "…"), one).slice(0, DETAIL_CHARACTERS_MAX);
}
