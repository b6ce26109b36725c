/** Every identifier and key that is made rather than received: the same moment makes the same id under any revision. */
import { hash } from "node:crypto";
import type { InstrumentId } from "./domain/instrument.ts";

/** Hex SHA-256 of the parts, joined so that no two lists of parts collide. */
export function digest(...parts: readonly string[]): string {
  let text = "";
  for (const part of parts) text += `${part.length}:${part}`;
  return hash("sha256", text, "hex");
}

/** `exchTs` is the exchange time of what triggered it, epoch ms. */
export const signalId = (strategyId: string, instrument: InstrumentId, exchTs: number): string =>
  digest("signal", strategyId, instrument, String(exchTs)).slice(0, 32);

/** The intent of one leg of a signal; an entry's leg is "entry". */
export const entryIntentId = (signal_id: string, leg: string): string => `${signal_id}:${leg}`;

/** What the position manager asks about a trade: `seq` grows with each ask. */
export const tradeIntentId = (trade_id: string, action: string, seq: number): string => `${trade_id}:${action}:${seq}`;

/** The trade that an entry opens: named by whoever asked, else after its signal, else after the intent itself. */
export const tradeIdOf = (entry: { intent_id: string; trade_id?: string; signal_id?: string }): string =>
  entry.trade_id ?? entry.signal_id ?? entry.intent_id;

/** Characters of the installation's tag at the head of every client order id. */
export const TAG_CHARACTERS = 4;

/** The exchange's client id, at most 36 characters of `[a-z0-9-]`: the tag plus a hash of what the order is for. */
export const clientOrderId = (tag: string, intentId: string, leg: string): string =>
  `${tag}-${digest("order", intentId, leg).slice(0, 30)}`;

/** Budgets, locks and orders are per account and instrument. */
export const bookKey = (account: string, instrument: InstrumentId): string => `${account}/${instrument}`;

/** Where the features of one bar are kept, by its end, epoch ms of exchange time. */
export const featureKey = (instrument: InstrumentId, window: string, endTs: number): string =>
  `${instrument}/${window}/${endTs}`;

/** What a pause is filed under: a strategy everywhere, or on one instrument. */
export const pauseKey = (strategy_id: string, instrument?: InstrumentId): string =>
  instrument === undefined ? strategy_id : `${strategy_id}@${instrument}`;

/** The account's risk budget, where several instances take from it. */
export const budgetName = (account: string): string => `budget/${account}`;

/** Where all raw market recordings lie. */
export const RECORDINGS = "recordings/";

/** Where heads of the audit log's chain are kept. */
export const AUDIT_HEADS = "audit/heads/";

/** Where the heads of one day are kept, UTC. */
export const auditHeadsKey = (ts: number): string => `${AUDIT_HEADS}${new Date(ts).toISOString().slice(0, 10)}.jsonl`;

/** What the last backups came to; no part of a backup itself. */
export const BACKUP_STATUS = "backups/status.json";

/** Where work for other processes lies while it is under way: all of it, and one crew's. */
export const WORK = "work/";
export const workOf = (crew: string): string => `${WORK}${crew}/`;
/** What all runs of a crew share; what one of them answered; that nobody waits for one any more. */
export const workGround = (crew: string): string => `${workOf(crew)}ground`;
export const workAnswer = (crew: string, run: number): string => `${workOf(crew)}answer-${run}`;
export const workStopped = (crew: string, run: number): string => `${workOf(crew)}stopped-${run}`;

/** Word that another site has taken over from this one; nothing while none has. */
export const SITE_REPLACED = "site/replaced.json";

/** Which promotion this site is of, for where there is no data folder; nothing where it was never promoted. */
export const SITE_PROMOTED = "site/promoted.json";

/** Where imported history of markets lies. */
export const MARKET_DATA = "market/";

/** Where a raw market recording of one hour lies. `hourTs` is the hour's first millisecond. */
export function recordingKey(instrument: InstrumentId, hourTs: number): string {
  const hour = new Date(hourTs).toISOString().slice(0, 13).replace("T", "-");
  return `${RECORDINGS}${instrument.replace(":", "-").toLowerCase()}/${hour}.gz`;
}
