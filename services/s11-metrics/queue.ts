/** The messages that wait for a channel: which is next, which go together, when one is tried again or given up. */
import type { Delivery, Severity } from "../../shared/domain/alerting.ts";
import { ALERTS_PER_MESSAGE_MAX, deliveryId } from "./telling.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const FIRST_WAIT_MS = 10 * SECOND_MS;
const REST_MS = 5 * SECOND_MS;
const REST_MS_MAX = 5 * MINUTE_MS;
/** Over the limit a FATAL one goes all the same, together with all that waits, so often. */
const FATAL_GAP_MS = MINUTE_MS;

const isGrave = (severity: Severity): boolean => severity === "FATAL" || severity === "ERROR";

/** After so many tries in vain; `chance` in [0, 1) spreads it, so that many do not come again at once. */
export function decideWait(severity: Severity, tries: number, chance: number): number {
  const most = isGrave(severity) ? 10 * MINUTE_MS : 30 * MINUTE_MS;
  return Math.min(most, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20)) * (0.75 + chance / 2);
}
/** How long a channel is left alone after so many failures in a row, whatever waits for it. */
export const decideRest = (failures: number, chance: number): number =>
  Math.min(REST_MS_MAX, REST_MS * 2 ** Math.min(failures - 1, 20)) * (0.75 + chance / 2);

/** When a message is old news: it is given up, and stays in the inbox. */
export const givenUpAt = ({ severity, created_at, cause }: Delivery): number =>
  created_at + (cause === "TEST" ? 0 : isGrave(severity) ? 24 * HOUR_MS : 6 * HOUR_MS);

export interface Standing {
  now: number;
  /** Messages sent within the last hour. */
  sent: number;
  per_hour_max: number;
  /** When the last one was sent, epoch ms; 0: never. */
  last_sent_at: number;
  /** The channel has failed, and is left alone until then. */
  rest_until: number;
}
/** `one`: as it is. `together`: these become one. Undefined: nothing goes now. */
export type Next = { one: Delivery } | { together: Delivery[] } | undefined;

const RANK: readonly Severity[] = ["FATAL", "ERROR", "WARN", "INFO"];
const first = (a: Delivery, b: Delivery): number =>
  RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || a.created_at - b.created_at;

/** `due`: those of one channel whose time has come. */
export function decideNext(due: readonly Delivery[], standing: Standing): Next {
  const { now, sent, per_hour_max, last_sent_at, rest_until } = standing;
  const able = rest_until > now ? due.filter(({ severity, tries }) => severity === "FATAL" && tries === 0) : [...due];
  const sorted = able.sort(first);
  if (sorted.length === 0) return undefined;
  if (sent < per_hour_max - 1) return { one: sorted[0] as Delivery };
  // The hour's last message is for all that wait.
  if (sent < per_hour_max) return group(sorted);
  // A FATAL one takes along what waits: repeated again and again it would keep the rest from ever going.
  return sorted[0]?.severity === "FATAL" && now - last_sent_at >= FATAL_GAP_MS ? group(sorted) : undefined;
}

/** As many as one message can be of. */
function group(rows: readonly Delivery[]): Next {
  const together: Delivery[] = [];
  let count = 0;
  for (const row of rows) {
    count += row.alert_ids.length;
    if (together.length > 0 && count > ALERTS_PER_MESSAGE_MAX) break;
    together.push(row);
  }
  return together.length === 1 ? { one: together[0] as Delivery } : { together };
}

/** One message of several; those it is made of are gone with it. */
export function digestOf(rows: readonly Delivery[], now: number): Delivery {
  const [head] = [...rows].sort(first) as [Delivery];
  const alert_ids = [...new Set(rows.flatMap((row) => row.alert_ids))];
  const delivery_id = deliveryId("DIGEST", ...rows.map((row) => row.delivery_id));
  return {
    ...{ delivery_id, channel_id: head.channel_id, alert_ids, cause: "DIGEST", severity: head.severity },
    // The newest one's time: none is given up before its own is over.
    ...{ state: "WAITING", tries: 0, next_try_at: now, created_at: Math.max(...rows.map((row) => row.created_at)) },
  };
}
