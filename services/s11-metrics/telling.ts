/** Who is told of an alert, when and in which row: decided here, written in the alert's own commit. */

import { isAtLeast } from "../../shared/alert-rules.ts";
import { put } from "../../shared/changes.ts";
import { type AlertRecord, channels as channelRecords, deliveries } from "../../shared/collections/operations.ts";
import type { Channel, Delivery, Severity } from "../../shared/domain/alerting.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import { matches } from "./silences.ts";

export const CHANNELS_MAX = 50;
/** As many alerts as one message can be of. */
export const ALERTS_PER_MESSAGE_MAX = 200;
/** Of one code so many messages go at once; what comes within the minute after is told together. */
const ALONE_MAX = 3;
const STORM_MS = 60_000;
/** Of the messages that wait so many are looked through, the newest first. */
const WAITING_MAX = 1_000;
/** Codes told by a channel about channels: not over one that is failing itself. */
const OF_CHANNELS = ["CHANNEL_FAILING", "CHANNEL_BACK"];

export interface Pace {
  /** An open alert that comes again is told again after so long. */
  alertAgainMs: number;
  /** As long as nobody has acknowledged a FATAL one. */
  fatalAgainMs: number;
}
/** One that was seen, or was over, and comes again. */
const REOPENED_MS = 300_000;

const rank = (severity: Severity): number => ["INFO", "WARN", "ERROR", "FATAL"].indexOf(severity);

/** Why channels are told of an alert that came just now; undefined: they are not. `before`: as it was kept until then. */
export function decideTelling(
  { severity }: Pick<AlertRecord, "severity">,
  before: AlertRecord | undefined,
  { now, pace }: { now: number; pace: Pace },
): Delivery["cause"] | undefined {
  if (!before || before.told_at === undefined || rank(severity) > rank(before.severity)) return "ALERT";
  const isOpen = before.state === "OPEN";
  const gap = severity === "FATAL" ? pace.fatalAgainMs : isOpen ? pace.alertAgainMs : REOPENED_MS;
  if (now - before.told_at < gap) return undefined;
  return isOpen ? "REPEAT" : "ALERT";
}

/** True for a channel that is to be told. `severity`: higher than the alert's own where nobody has seen it in time. */
export function isTold(channel: Channel, alert: Pick<AlertRecord, "severity" | "source" | "code">, severity: Severity) {
  if (!channel.enabled || !isAtLeast(severity, channel.severity_min)) return false;
  if (OF_CHANNELS.includes(alert.code) && channel.last?.ok === false) return false;
  return channel.match === undefined || matches(channel.match, alert);
}

export interface Telling {
  alert: AlertRecord;
  cause: Delivery["cause"];
  /** Counts as this severe for the choice of channels. */
  as?: Severity;
}
export interface TellerParts {
  store: Store;
  clock: Clock;
  /** On its way just now: nothing is added to it any more. */
  isBusy(delivery_id: string): boolean;
}
export type Teller = ReturnType<typeof createTeller>;

export function createTeller({ store, clock, isBusy }: TellerParts) {
  /** When the next message of this code may go: of many within a minute the later ones wait, and become one. */
  async function dueAt({ channel_id, code }: Pick<Delivery, "channel_id" | "code">, drafts: readonly Draft[]) {
    const now = clock.now();
    const where = { channel_id, code: code ?? null, created_at: { gt: now - STORM_MS } };
    const sort = { field: "created_at", order: "asc" } as const;
    const { items } = await store.query(deliveries, { where, sort, limit: ALONE_MAX });
    const made = drafts.filter(
      ({ value, rev }) => rev === null && value.channel_id === channel_id && value.code === code,
    );
    if (items.length + made.length < ALONE_MAX) return now;
    return (items[0]?.value.created_at ?? now) + STORM_MS;
  }

  async function draftFor(channel_id: string, { alert, cause }: Telling, drafts: readonly Draft[]): Promise<Draft> {
    const { severity, code, alert_id } = alert;
    const now = clock.now();
    const value: Delivery = {
      // The same moment makes the same name: what is written again after a race is no second message.
      delivery_id: deliveryId(channel_id, cause, alert_id, String(now)),
      ...{ channel_id, alert_ids: [], cause, severity, code, state: "WAITING", tries: 0, created_at: now },
    };
    return { value: { ...value, next_try_at: await dueAt(value, drafts) }, rev: null, isChanged: false };
  }

  /** Puts the alert into a message that waits, or into a new one. */
  async function add(drafts: Draft[], channel_id: string, telling: Telling): Promise<void> {
    const { alert_id, code, severity } = telling.alert;
    const mine = drafts.filter(({ value }) => value.channel_id === channel_id && value.code === code);
    // Of a channel that is away for hours the one message that waits says it all.
    const isSaid = mine.some(({ value }) => value.alert_ids.includes(alert_id));
    if (isSaid && telling.cause === "REPEAT") return;
    // What was tried may have arrived: what is added to it could be taken for a repeat.
    const open = mine.filter(
      ({ value }) => value.tries === 0 && value.cause === telling.cause && !isBusy(value.delivery_id),
    );
    const same = open.find(({ value }) => value.alert_ids.includes(alert_id));
    if (same && isAtLeast(same.value.severity, severity)) return;
    const waiting = same ?? open.find(({ value }) => value.alert_ids.length < ALERTS_PER_MESSAGE_MAX);
    const draft = waiting ?? (await draftFor(channel_id, telling, drafts));
    if (!waiting) drafts.push(draft);
    draft.value = {
      ...draft.value,
      alert_ids: same ? same.value.alert_ids : [...draft.value.alert_ids, alert_id],
      severity: isAtLeast(severity, draft.value.severity) ? severity : draft.value.severity,
    };
    draft.isChanged = true;
  }

  return {
    /** What to commit with the alerts, so that neither is ever there without the other. */
    async ops(tellings: readonly Telling[]): Promise<Op[]> {
      if (tellings.length === 0) return [];
      const channels = (await store.query(channelRecords, { limit: CHANNELS_MAX })).items;
      if (channels.length === 0) return [];
      const codes = [...new Set(tellings.map(({ alert }) => alert.code))];
      const where = { state: "WAITING", code: { in: codes } };
      const sort = { field: "created_at", order: "desc" } as const;
      const waiting = (await store.query(deliveries, { where, sort, limit: WAITING_MAX })).items;
      const drafts: Draft[] = waiting.map(({ value, rev }) => ({ value, rev, isChanged: false }));
      for (const telling of tellings) {
        const { alert, as = alert.severity } = telling;
        for (const { value } of channels) if (isTold(value, alert, as)) await add(drafts, value.channel_id, telling);
      }
      return drafts.filter(({ isChanged }) => isChanged).map(({ value, rev }) => put(deliveries, value, rev));
    },
  };
}

const ID_CHARACTERS = 24;
export const deliveryId = (...of: string[]): string => digest("delivery", ...of).slice(0, ID_CHARACTERS);

interface Draft {
  value: Delivery;
  /** null: it is new. */
  rev: string | null;
  isChanged: boolean;
}
