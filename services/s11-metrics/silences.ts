/** Silences: alerts that match one are kept and shown, and told to nobody while it lasts. */
import { put } from "../../shared/changes.ts";
import { silences as records } from "../../shared/collections/operations.ts";
import type { AlertMatch, Silence } from "../../shared/domain/alerting.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Op, Random, Store } from "../../shared/kit/ports.ts";
import type { Alert } from "../../shared/streams.ts";

const DAY_MS = 86_400_000;
export const SILENCE_MS_MAX = 7 * DAY_MS;
/** More at a time would be a way to hear nothing any more. */
const SILENCES_MAX = 100;
/** With those that were ended before their time. */
const LOOKED_MAX = 1_000;
const ID_BYTES = 8;

export interface SilenceParts {
  store: Store;
  clock: Clock;
  random: Random;
  audit(entry: { actor: string; what: string; ref: string; after?: unknown; outcome: string }): Op;
}
export interface WantedSilence {
  match: AlertMatch;
  /** Now, unless it is to begin later. */
  from_ts?: number | undefined;
  until_ts: number;
  note?: string | undefined;
}
export type Silences = ReturnType<typeof createSilences>;

type Told = Pick<Alert, "severity" | "source" | "code">;

const has = <T>(wanted: readonly T[] | undefined, value: T): boolean => wanted === undefined || wanted.includes(value);

/** What is absent in the match is any. */
export const matches = ({ severities, sources, codes }: AlertMatch, alert: Told): boolean =>
  has(severities, alert.severity) && has(sources, alert.source) && has(codes, alert.code);

/** A FATAL alert is silenced by its code alone: never together with others that nobody has thought of. */
export const isSilencedBy = (match: AlertMatch, alert: Told): boolean =>
  matches(match, alert) && (alert.severity !== "FATAL" || match.codes !== undefined);

export function createSilences({ store, clock, random, audit }: SilenceParts) {
  /** Those that are not over. */
  async function standing(): Promise<Silence[]> {
    const where = { until_ts: { gt: clock.now() } };
    const { items } = await store.query(records, { where, limit: LOOKED_MAX });
    return items.map(({ value }) => value).filter(({ ended_at }) => ended_at === undefined);
  }

  /** Tells of an alert until when nobody is told of it; undefined: it is not silenced. As it is at this moment. */
  async function look(): Promise<(alert: Told) => number | undefined> {
    const now = clock.now();
    const begun = (await standing()).filter(({ from_ts }) => from_ts <= now);
    return (alert) => {
      const those = begun.filter(({ match }) => isSilencedBy(match, alert));
      return those.length === 0 ? undefined : Math.max(...those.map(({ until_ts }) => until_ts));
    };
  }

  return {
    look,
    async make({ match, from_ts, until_ts, note }: WantedSilence, author: string): Promise<Silence> {
      const now = clock.now();
      const from = Math.max(from_ts ?? now, now);
      if (until_ts <= from) refuse("INVALID", "until_ts: is over before it begins");
      if (until_ts - from > SILENCE_MS_MAX) refuse("INVALID", "until_ts: a silence lasts at most 7 days");
      if (match.severities?.includes("FATAL") && match.codes === undefined) {
        refuse("RULE", "FATAL alerts are silenced by their code alone: name codes.");
      }
      if ((await standing()).length >= SILENCES_MAX)
        refuse("RULE", `${SILENCES_MAX} silences stand already: end some.`);
      const silence_id = Buffer.from(random.bytes(ID_BYTES)).toString("hex");
      const said = note === undefined ? {} : { note };
      const silence: Silence = { silence_id, match, from_ts: from, until_ts, author, ...said, created_at: now };
      await store.commit([
        put(records, silence, null),
        audit({ actor: author, what: "silence.made", ref: silence_id, after: silence, outcome: "ok" }),
      ]);
      return silence;
    },
    async end(silence_id: string, actor: string): Promise<Silence> {
      const row = (await store.get(records, silence_id)) ?? refuse("NOT_FOUND", `There is no silence ${silence_id}.`);
      const now = clock.now();
      if (row.value.ended_at !== undefined || row.value.until_ts <= now) return row.value;
      const value = { ...row.value, ended_at: now };
      await store.commit([
        put(records, value, row.rev),
        audit({ actor, what: "silence.ended", ref: silence_id, outcome: "ok" }),
      ]);
      return value;
    },
  };
}
