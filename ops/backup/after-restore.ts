/** What a restored store says otherwise than its backup: nothing of what was lost may be done a second time. */
import { exchangeKillCopy, exchangeMarks } from "../../shared/collections/exchange.ts";
import type { KillState } from "../../shared/collections/kill.ts";
import { routerKillCopy, routerMarks } from "../../shared/collections/orders.ts";
import { type Approval, approvals, killState, sessions } from "../../shared/collections/people.ts";
import type { ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { BEGUN_MARK, RESTORED_MARK } from "../../shared/restored.ts";
import { opsEvents } from "../../shared/streams.ts";

export interface Restored {
  /** Of the backup. */
  id: string;
  /** Epoch ms: what happened later may be unknown to the store. */
  as_of: number;
  /** Epoch ms of the restore. */
  at: number;
  /** S12's store is restored too: else it knows how the kill switch stands, and tells. */
  withGateway: boolean;
  /** The newest number that S12 has of this store's audit entries: none is given again. */
  chained?: number;
}

const MARKS = [RESTORED_MARK, BEGUN_MARK];
/** Whose books lack what the exchange knows. */
const MARKS_OF: Partial<Record<ServiceId, string>> = { s04: routerMarks.name, s01: exchangeMarks.name };
const KILL: Partial<Record<ServiceId, string>> = {
  s12: killState.name,
  s04: routerKillCopy.name,
  s01: exchangeKillCopy.name,
};

/**
 * The kill switch is on, since it may have been turned on since; nobody is signed in, since they may have been locked
 * out; what waits for approval or was approved is void, since it may have been done; and the router and
 * the connector are told from when on the exchange knows more than they do.
 */
export async function* amended(
  owner: ServiceId,
  records: AsyncIterable<StoreRecord>,
  restored: Restored,
): AsyncGenerator<StoreRecord> {
  const { chained = 0 } = restored;
  const kill = KILL[owner];
  let known: KillState | undefined;
  let counted = 0;
  for await (const record of records) {
    if (record.kind === "count" && record.family === opsEvents.family) {
      counted = record.count;
      continue;
    }
    const next = record.kind === "document" ? amendedDocument(owner, record, restored) : record;
    if (next) yield next;
    else if (record.kind === "document" && record.collection === kill) known = record.value as KillState;
  }
  const count = Math.max(counted, chained);
  if (count > 0) yield { kind: "count", family: opsEvents.family, count };
  if (kill !== undefined && (known || restored.withGateway)) {
    yield { kind: "document", collection: kill, key: "kill", value: killedBy(restored, known) };
  }
  const { id, as_of, at } = restored;
  const marks = MARKS_OF[owner];
  if (marks !== undefined) {
    const value = { id: RESTORED_MARK, value: { backup_id: id, as_of, restored_at: at }, ts: at };
    yield { kind: "document", collection: marks, key: RESTORED_MARK, value };
  }
  if (owner === "s04") {
    // What lies in a journal is newer than these books, and the exchange tells of it.
    const begun = { id: BEGUN_MARK, value: `restore of ${id}`, ts: at };
    yield { kind: "document", collection: routerMarks.name, key: BEGUN_MARK, value: begun };
  }
}

type DocumentRecord = StoreRecord & { kind: "document" };

function amendedDocument(owner: ServiceId, record: DocumentRecord, { at, id }: Restored): DocumentRecord | undefined {
  const { collection, key } = record;
  if (collection === KILL[owner] || (collection === MARKS_OF[owner] && MARKS.includes(key))) return undefined;
  if (collection === sessions.name) return undefined;
  if (collection !== approvals.name) return record;
  const approval = record.value as Approval;
  if (approval.state !== "PENDING" && approval.state !== "APPROVED") return record;
  const outcome = `void: the books were restored from ${id}, and it may have been done since; ask again`;
  return { ...record, value: { ...approval, state: "EXPIRED", outcome, updated_at: at } satisfies Approval };
}

/**
 * Epochs count changes; above all that were ever given is one that counts seconds. Where S12 knows better, what it says
 * of the newest epoch must not be older than this.
 */
const killedBy = ({ id, at, withGateway }: Restored, known: KillState | undefined): KillState => ({
  id: "kill",
  enabled: true,
  mode: "HALT",
  epoch: withGateway ? Math.floor(at / 1_000) : Math.max(0, (known?.epoch ?? 0) - 1),
  reason: `restored from backup ${id}: look at what has happened since, then turn it off`,
  actor: "restore",
  ts: at,
});
