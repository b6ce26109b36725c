/** The inbox over REST: alerts by filters, seen and resolved one by one or many at once; silences; rules. */
import { z } from "@hono/zod-openapi";
import { ALERT_RULES, kindsFor, runbookOf } from "../../shared/alert-rules.ts";
import { AlertRecord, alertsKept, silences as silenceRecords } from "../../shared/collections/operations.ts";
import { AlertMatch, ChannelKind, Severity, Silence } from "../../shared/domain/alerting.ts";
import { asProblem, FAILURES } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf, placeOf } from "../../shared/paging.ts";
import type { Inbox } from "./alerts.ts";
import type { Silences } from "./silences.ts";

/** Found by text, so many are looked through. */
const FOUND_MAX = 500;
const MANY_MAX = 200;
const ACTS = ["trader", "risk", "admin"] as const;

const AlertId = z.string().min(1).max(64);
const Note = z.string().max(400).optional();
const State = z.enum(["OPEN", "ACKED", "RESOLVED"]);
/** One or several with commas between them. */
const listOf = <T extends z.ZodEnum | z.ZodString>(one: T) =>
  z
    .string()
    .max(200)
    .transform((text) => text.split(",").filter((each) => each !== ""))
    .pipe(z.array(one).min(1).max(20) as unknown as z.ZodType<z.output<T>[], string[]>)
    .optional();

const ListInput = inOrder(
  z.object({
    ...Paging,
    ...Period,
    severity: listOf(Severity).openapi({ type: "string", description: "One, or several with commas between them" }),
    source: z.string().max(16).optional(),
    code: listOf(z.string().max(64)).openapi({ type: "string", description: "One, or several with commas between" }),
    state: State.optional(),
    text: z.string().min(2).max(200).optional().openapi({ description: "Words of the message, code or source" }),
  }),
);
type Asked = z.output<typeof ListInput>;

/** The tests of a query that a row is found by, and that what a search found is held against. */
const testsOf = ({ severity, source, code, state }: Asked) => ({
  severity: severity && { in: severity },
  code: code && { in: code },
  ...{ source, state },
});

async function found(store: Store, asked: Asked): Promise<{ items: AlertRecord[] }> {
  const { text = "", severity, source, code, state, from_ts = 0, to_ts = Number.MAX_VALUE, limit } = asked;
  const rows = await store.search(alertsKept, text, FOUND_MAX);
  const items = rows
    .map(({ value }) => value)
    .filter((each) => severity?.includes(each.severity) ?? true)
    .filter((each) => code?.includes(each.code) ?? true)
    .filter((each) => (source === undefined || each.source === source) && (state === undefined || each.state === state))
    .filter(({ ts }) => ts >= from_ts && ts <= to_ts);
  return { items: items.sort((a, b) => b.ts - a.ts).slice(0, limit) };
}

const Rule = z
  .object({
    code: z.string(),
    severities: z.array(Severity),
    sources: z.array(z.string()),
    means: z.string(),
    done: z.string(),
    look: z.string(),
    act: z.string(),
    runbook: z.string(),
    /** Kinds of channels that are told, by severity, unless a channel says otherwise; the inbox has every alert. */
    channels: z.partialRecord(Severity, z.array(ChannelKind)),
  })
  .openapi("AlertRule");

export const alertVerbs = (store: Store, inbox: Inbox): Verb[] => [
  verb({
    name: "listAlerts",
    summary: "Alerts, newest first; by text: at most 500 of those that fit best, on one page",
    rest: "GET /alerts",
    input: ListInput,
    output: ListOf(AlertRecord),
    run: async (asked) =>
      asked.text === undefined
        ? pageOf(await store.query(alertsKept, newestFirst(asked, "ts", testsOf(asked))))
        : found(store, asked),
  }),
  verb({
    name: "listAlertRules",
    summary: "Every alert there is: what it means, what is done by itself, what to do, who is told",
    rest: "GET /alerts/rules",
    input: z.object({}),
    output: z.object({ items: z.array(Rule) }),
    run: () => ({
      items: ALERT_RULES.map((rule) => ({
        ...{ code: rule.code, severities: [...rule.severities], sources: [...rule.sources], means: rule.means },
        ...{ done: rule.done, look: rule.look, act: rule.act, runbook: runbookOf(rule) },
        channels: Object.fromEntries(rule.severities.map((severity) => [severity, kindsFor(severity)])),
      })),
    }),
  }),
  verb({
    name: "acknowledgeAlert",
    summary: "Mark an alert as seen",
    rest: "POST /alerts/{id}/ack",
    roles: ACTS,
    once: "body",
    input: z.object({ id: AlertId, note: Note }),
    output: AlertRecord,
    run: ({ id, note }, { principal }) => inbox.acknowledge(id, { actor: principal.id, note }),
  }),
  verb({
    name: "acknowledgeAlerts",
    summary: "Mark alerts as seen; answers of each how it went",
    rest: "POST /alerts/ack",
    roles: ACTS,
    once: "body",
    input: z.object({ alert_ids: z.array(AlertId).min(1).max(MANY_MAX), note: Note }),
    output: z.object({
      items: z.array(z.object({ alert_id: AlertId, state: State.optional(), error: z.string().optional() })),
    }),
    async run({ alert_ids, note }, { principal }) {
      const items = [];
      for (const alert_id of new Set(alert_ids)) {
        items.push(
          await inbox.acknowledge(alert_id, { actor: principal.id, note }).then(
            ({ state }) => ({ alert_id, state }),
            (error: unknown) => ({ alert_id, error: saidOf(error) }),
          ),
        );
      }
      return { items };
    },
  }),
  verb({
    name: "resolveAlert",
    summary: "Say that what an alert told of is over",
    rest: "POST /alerts/{id}/resolve",
    roles: ACTS,
    once: "body",
    input: z.object({ id: AlertId, note: Note }),
    output: AlertRecord,
    run: ({ id, note }, { principal }) => inbox.resolve(id, { actor: principal.id, note }),
  }),
];

function saidOf(error: unknown): string {
  const { status, message, code } = asProblem(error);
  return status < 500 ? message : FAILURES[code].title;
}

export const silenceVerbs = (store: Store, silences: Silences): Verb[] => [
  verb({
    name: "listSilences",
    summary: "Silences, newest first, also those that are over",
    rest: "GET /silences",
    input: z.object(Paging),
    output: ListOf(Silence),
    run: async (asked) =>
      pageOf(await store.query(silenceRecords, { sort: { field: "created_at", order: "desc" }, ...placeOf(asked) })),
  }),
  verb({
    name: "makeSilence",
    summary: "Tell nobody of alerts that match, for at most 7 days; FATAL ones only by their code",
    rest: "POST /silences",
    roles: ["risk", "admin"],
    input: z.object({
      match: AlertMatch,
      from_ts: z.number().positive().optional(),
      until_ts: z.number().positive(),
      note: Note,
    }),
    output: Silence,
    run: (wanted, { principal }) => silences.make(wanted, principal.id),
  }),
  verb({
    name: "endSilence",
    summary: "End a silence before its time",
    rest: "DELETE /silences/{id}",
    roles: ["risk", "admin"],
    once: "body",
    input: z.object({ id: z.string().min(1).max(64) }),
    output: Silence,
    run: ({ id }, { principal }) => silences.end(id, principal.id),
  }),
];
