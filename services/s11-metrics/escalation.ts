/** What nobody has acknowledged is told again: FATAL every few minutes, ERROR once and to FATAL's channels too. */
import { put } from "../../shared/changes.ts";
import { type AlertRecord, alertsKept } from "../../shared/collections/operations.ts";
import { Problem } from "../../shared/errors.ts";
import type { Clock, Row, Store } from "../../shared/kit/ports.ts";
import type { Silences } from "./silences.ts";
import type { Teller } from "./telling.ts";

/** As many are told in one commit; the rest at the next look. */
const BATCH = 100;
const SCANNED_MAX = 1_000;

export interface EscalationParts {
  store: Store;
  clock: Clock;
  silences: Pick<Silences, "look">;
  teller: Teller;
  /** A FATAL alert is told again after so long. */
  fatalAgainMs: number;
  /** An ERROR that nobody has acknowledged for so long goes to FATAL's channels. */
  escalateMs: number;
  wake(): void;
}

export function createEscalation(parts: EscalationParts) {
  const { store, clock, silences, teller, fatalAgainMs, escalateMs, wake } = parts;

  const open = async (severity: "ERROR" | "FATAL"): Promise<Row<AlertRecord>[]> => {
    const sort = { field: "ts", order: "desc" } as const;
    return (await store.query(alertsKept, { where: { state: "OPEN", severity }, sort, limit: SCANNED_MAX })).items;
  };

  async function unsilenced(rows: readonly Row<AlertRecord>[]): Promise<Row<AlertRecord>[]> {
    if (rows.length === 0) return [];
    const silencedUntil = await silences.look();
    return rows.filter(({ value }) => silencedUntil(value) === undefined).slice(0, BATCH);
  }

  async function tell(rows: readonly Row<AlertRecord>[], cause: "REPEAT" | "ESCALATION"): Promise<void> {
    if (rows.length === 0) return;
    const told_at = clock.now();
    const more = cause === "ESCALATION" ? { escalated_at: told_at } : {};
    const kept = rows.map(({ value, rev }) => ({ value: { ...value, told_at, ...more }, rev }));
    const as = cause === "ESCALATION" ? { as: "FATAL" as const } : {};
    const ops = await teller.ops(kept.map(({ value: alert }) => ({ alert, cause, ...as })));
    await store.commit([...kept.map(({ value, rev }) => put(alertsKept, value, rev)), ...ops]);
    if (ops.length > 0) wake();
  }

  return {
    /** To be called every few seconds. What changes meanwhile is looked at anew the next time. */
    async look(): Promise<void> {
      const now = clock.now();
      const fatal = (await open("FATAL")).filter(({ value }) => now - (value.told_at ?? 0) >= fatalAgainMs);
      // What was open before anybody counted is old news.
      const isLate = ({ opened_at, escalated_at }: AlertRecord): boolean =>
        opened_at !== undefined && escalated_at === undefined && now - opened_at >= escalateMs;
      const late = (await open("ERROR")).filter(({ value }) => isLate(value));
      try {
        await tell(await unsilenced(fatal), "REPEAT");
        await tell(await unsilenced(late), "ESCALATION");
      } catch (error) {
        if (!(error instanceof Problem && error.code === "CONFLICT")) throw error;
      }
    },
  };
}
