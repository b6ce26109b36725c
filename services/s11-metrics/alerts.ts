/** The alert inbox: repeats are counted, an alert stays until somebody has seen it or its end is told. */
import type { Ending } from "../../shared/alert-rules/rule.ts";
import { ruleOf, runbookOf } from "../../shared/alert-rules.ts";
import { done, put } from "../../shared/changes.ts";
import { type AlertRecord, alertsKept } from "../../shared/collections/operations.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import type { Clock, Message, Op, Store } from "../../shared/kit/ports.ts";
import type { Alert } from "../../shared/streams.ts";
import type { Silences } from "./silences.ts";
import { decideTelling, type Pace, type Teller, type Telling } from "./telling.ts";

const GROUP = "s11";
/** Somebody else wrote one of the documents in between: looked at anew, so often at once. */
const TRIES_MAX = 5;
/** As many are ended by one alert in one commit; the next one of its kind ends the rest. */
const ENDED_MAX = 200;
/** Older by more than clocks differ: it was taken late, and newer news of the same counts. */
const LATE_MS = 10_000;

export interface AlertParts {
  store: Store;
  clock: Clock;
  silences: Pick<Silences, "look">;
  teller: Teller;
  pace: Pace;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
  /** Messages have been written: whoever sends them may look. */
  wake(): void;
}
export type Inbox = ReturnType<typeof createInbox>;
export interface Word {
  actor: string;
  note?: string | undefined;
}

export function createInbox(parts: AlertParts) {
  const { store, clock, silences, teller, pace, audit, wake } = parts;

  /** Writes the alert, what it ends and who is to be told, all in one commit with the message's mark. */
  async function write(alert: Readonly<Alert>, message: Pick<Message, "stream" | "id">): Promise<void> {
    const row = await store.get(alertsKept, alert.alert_id);
    const before = row?.value;
    const rule = ruleOf(alert.code);
    const now = clock.now();
    const silencedUntil = await silences.look();
    const silenced_until = silencedUntil(alert);
    const value = recordOf(alert, before, { now, silenced_until });
    const isNews = silenced_until === undefined && !isLate(alert, before);
    const cause = isNews ? decideTelling(alert, before, { now, pace }) : undefined;
    const ended = rule?.ends ? await endedBy(value, rule.ends) : [];
    const over = ended
      .flatMap(({ telling }) => telling)
      .filter((telling) => silencedUntil(telling.alert) === undefined);
    const told = [...(cause ? [{ alert: value, cause }] : []), ...over];
    await store.commit([
      put(alertsKept, cause ? { ...value, told_at: now } : value, row?.rev ?? null),
      ...ended.map(({ put: op }) => op),
      ...(await teller.ops(told)),
      done(message, GROUP),
    ]);
    if (told.length > 0) wake();
  }

  /** The open alerts that `alert` tells the end of; who was told of them is told that too. */
  async function endedBy(alert: AlertRecord, ending: Ending): Promise<{ put: Op; telling: Telling[] }[]> {
    const where = { state: { in: ["OPEN", "ACKED"] }, code: { in: ending.codes }, source: alert.source };
    const sort = { field: "ts", order: "desc" } as const;
    const { items } = await store.query(alertsKept, { where, sort, limit: ENDED_MAX });
    return items
      .filter(({ value }) => value.alert_id !== alert.alert_id && !isLate(alert, value))
      .filter(({ value }) => isAbout(value, alert, ending))
      .map(({ value, rev }) => {
        const over: AlertRecord = { ...value, state: "RESOLVED", resolved_at: clock.now(), resolved_by: alert.code };
        // Of a change for another trouble that trouble's own message is enough.
        const isTold = value.told_at !== undefined && alert.severity === "INFO";
        return { put: put(alertsKept, over, rev), telling: isTold ? [{ alert: over, cause: "RESOLVED" }] : [] };
      });
  }

  /** What a person says of one alert. */
  async function change(alertId: string, how: (kept: AlertRecord) => AlertRecord, { actor, what }: Changed) {
    const row = (await store.get(alertsKept, alertId)) ?? refuse("NOT_FOUND", `There is no alert ${alertId}.`);
    const value = how(row.value);
    await store.commit([
      put(alertsKept, value, row.rev),
      audit({ actor, what: `alert.${what}`, ref: alertId, outcome: "ok" }),
    ]);
    return value;
  }

  return {
    /** A repeat after it was acknowledged opens it again; a message heard twice counts once. */
    async take(alert: Readonly<Alert>, message: Pick<Message, "stream" | "id">): Promise<void> {
      for (let tries = 1; ; tries++) {
        if (await store.isDone(message.stream, GROUP, message.id)) return;
        try {
          return await write(alert, message);
        } catch (error) {
          const isRace = error instanceof Problem && error.code === "CONFLICT";
          if (!isRace || tries === TRIES_MAX) throw error;
        }
      }
    },
    acknowledge: (alertId: string, { actor, note }: Word): Promise<AlertRecord> =>
      change(
        alertId,
        (kept) => ({
          ...kept,
          ...{ state: kept.state === "RESOLVED" ? "RESOLVED" : "ACKED", acked_by: actor, acked_at: clock.now() },
          ...(note !== undefined && { note }),
        }),
        { actor, what: "acknowledged" },
      ),
    resolve: (alertId: string, { actor, note }: Word): Promise<AlertRecord> =>
      change(
        alertId,
        (kept) => ({
          ...kept,
          ...{ state: "RESOLVED", resolved_by: actor, resolved_at: clock.now() },
          ...(note !== undefined && { note }),
        }),
        { actor, what: "resolved" },
      ),
  };
}
const isLate = ({ ts }: Readonly<Alert>, than: AlertRecord | undefined): boolean =>
  than !== undefined && ts < than.ts - LATE_MS;

/** The alert as it is kept from now on. */
function recordOf(alert: Readonly<Alert>, before: AlertRecord | undefined, seen: Seen): AlertRecord {
  if (before && isLate(alert, before)) return { ...before, count: before.count + 1 };
  const { now, silenced_until } = seen;
  const rule = ruleOf(alert.code);
  const wasOpen = before?.state === "OPEN";
  // Good news asks nothing of anybody.
  const isOver = rule?.ends !== undefined && alert.severity === "INFO";
  return {
    ...alert,
    first_ts: before?.first_ts ?? alert.ts,
    count: (before?.count ?? 0) + 1,
    ...(isOver
      ? { state: "RESOLVED", resolved_at: now, resolved_by: alert.code }
      : { state: "OPEN", opened_at: (wasOpen ? before.opened_at : undefined) ?? now }),
    ...(wasOpen && before.escalated_at !== undefined && { escalated_at: before.escalated_at }),
    ...(before?.told_at !== undefined && { told_at: before.told_at }),
    ...(silenced_until !== undefined && { silenced_until }),
    ...(rule && { runbook: runbookOf(rule) }),
  };
}
interface Seen {
  now: number;
  silenced_until: number | undefined;
}

interface Changed {
  actor: string;
  what: string;
}

/** Where the rule says how to find it: all that the open alert is about is in the message that tells the end. */
function isAbout(open: AlertRecord, end: AlertRecord, { about }: Ending): boolean {
  if (!about) return true;
  const ended = new Set(end.message.match(about) ?? []);
  return (open.message.match(about) ?? []).every((each) => ended.has(each));
}
