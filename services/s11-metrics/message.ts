/** What a message says of its alerts: a subject, words, where to look; long for mail, short for a phone. */
import { ruleOf, runbookOf } from "../../shared/alert-rules.ts";
import type { AlertRecord } from "../../shared/collections/operations.ts";
import type { Delivery } from "../../shared/domain/alerting.ts";

/** Alerts that are told one by one; of more the number is told. */
const SHOWN_MAX = 10;
const LINE_CHARACTERS_MAX = 500;
const SUBJECT_CHARACTERS_MAX = 120;
export const SMS_CHARACTERS_MAX = 300;
/** Telegram and Slack take about as much. */
export const CHAT_CHARACTERS_MAX = 3_500;

export interface Message {
  subject: string;
  /** Lines of plain text. */
  text: string;
  /** One or two lines, for a phone. */
  short: string;
  /** For programs: after Standard Webhooks, "Payload structure". */
  payload: { type: string; timestamp: string; data: Record<string, unknown> };
}
export interface Occasion {
  delivery: Delivery;
  /** Of the delivery's alerts those that are there, the most severe first. */
  alerts: readonly AlertRecord[];
  /** Where people open the page, without a slash at its end. */
  publicUrl: string | undefined;
  /** Which installation it is. */
  where: string;
}

/** Never half a character: a chat refuses the whole message for one. */
export const cut = (text: string, most: number): string =>
  (text.length <= most ? text : `${text.slice(0, most - 1).replace(HALF, "")}…`).toWellFormed();
const HALF = /[\uD800-\uDBFF]$/;
/** One line, without what moves a terminal's cursor. */
const plain = (text: string): string => cut(text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " "), LINE_CHARACTERS_MAX);
const iso = (ts: number): string => new Date(ts).toISOString();

const WORDS: Readonly<Record<Delivery["cause"], string>> = {
  ALERT: "",
  REPEAT: "still: ",
  ESCALATION: "nobody has seen: ",
  DIGEST: "together: ",
  RESOLVED: "over: ",
  TEST: "test: ",
};

export const linkTo = (publicUrl: string | undefined, alert_id: string): string | undefined =>
  publicUrl === undefined ? undefined : `${publicUrl.replace(/\/$/, "")}/status?open=alert:${alert_id}`;

export function messageOf(occasion: Occasion): Message {
  const { delivery, alerts, publicUrl, where } = occasion;
  const { cause, severity } = delivery;
  if (cause === "TEST") return testMessage(occasion);
  const count = delivery.alert_ids.length;
  const codes = [...new Set(alerts.map(({ code }) => code))];
  const [first] = alerts;
  const what = count === 1 && first ? `${first.code}: ${first.message}` : `${count} alerts: ${codes.join(", ")}`;
  const subject = cut(`[${where}] ${severity} ${WORDS[cause]}${plain(what)}`, SUBJECT_CHARACTERS_MAX);
  const shown = alerts.slice(0, SHOWN_MAX);
  const rest = count - shown.length;
  const page = publicUrl === undefined ? [] : [`All alerts: ${publicUrl.replace(/\/$/, "")}/status?id=alerts`];
  const lines = [
    ...shown.flatMap((alert) => [...linesOf(alert, publicUrl), ""]),
    ...(rest > 0 ? [`and ${rest} more`, ""] : []),
    ...page,
  ];
  const link = count === 1 && first ? linkTo(publicUrl, first.alert_id) : undefined;
  return {
    subject,
    text: lines.join("\n").trim(),
    short: cut(`${subject}${link === undefined ? "" : ` ${link}`}`, SMS_CHARACTERS_MAX),
    payload: payloadOf(occasion, { summary: subject, alerts: shown.map((alert) => shownOf(alert, publicUrl)), count }),
  };
}

function linesOf(alert: AlertRecord, publicUrl: string | undefined): string[] {
  const { severity, code, source, message, action_taken, count, ts, alert_id, state } = alert;
  const rule = ruleOf(code);
  const link = linkTo(publicUrl, alert_id);
  const times = count === 1 ? "" : `, ${count} times`;
  return [
    `${severity} ${code} from ${source.toUpperCase()} at ${iso(ts)}${times}${state === "RESOLVED" ? ", over" : ""}`,
    plain(message),
    ...(action_taken === undefined ? [] : [`Done: ${plain(action_taken)}`]),
    ...(rule ? [`What it means: ${rule.means}`, `What to do: ${rule.act}`] : []),
    ...(link === undefined ? [] : [link]),
    ...(rule ? [`Runbook: ${runbookOf(rule)}`] : []),
  ];
}

/** An alert as programs are told of it. */
function shownOf(alert: AlertRecord, publicUrl: string | undefined): Record<string, unknown> {
  const { alert_id, severity, source, code, message, action_taken, ts, first_ts, count, state, runbook } = alert;
  return {
    ...{ alert_id, severity, source, code, message, ts, first_ts, count, state },
    ...{ action_taken, runbook, url: linkTo(publicUrl, alert_id) },
  };
}

const payloadOf = ({ delivery, where }: Occasion, data: Record<string, unknown>): Message["payload"] => ({
  type: delivery.cause === "TEST" ? "test" : `alert.${delivery.cause.toLowerCase()}`,
  timestamp: iso(delivery.created_at),
  data: { delivery_id: delivery.delivery_id, severity: delivery.severity, installation: where, ...data },
});

function testMessage(occasion: Occasion): Message {
  const { where, delivery } = occasion;
  const subject = `[${where}] test: this channel works`;
  const text = `Somebody pressed the test button of the channel ${delivery.channel_id} at ${iso(delivery.created_at)}.`;
  return { subject, text, short: subject, payload: payloadOf(occasion, { summary: subject, alerts: [], count: 0 }) };
}
