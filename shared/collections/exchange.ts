/** What S1, the only one who speaks to exchanges, keeps. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, Instrument, InstrumentId } from "../domain/instrument.ts";
import { Balance } from "../domain/trade.ts";
import { collection, RECORDS_DAYS, SNAPSHOTS_DAYS } from "./declare.ts";
import { killCopy } from "./kill.ts";

export const instrumentRegistry = collection({
  name: "instrument_registry",
  about: "Each instrument's rules as the exchange tells them: steps, least sizes, leverage",
  owner: "s01",
  schema: Instrument,
  key: (i) => i.instrument,
});
const BalanceSnapshot = z.object({
  snapshot_id: z.string(),
  account: z.string(),
  balances: z.array(Balance),
  ts: z.number(),
});
export const balancesSnapshots = collection({
  name: "balances_snapshots",
  about: "What the wallets held, from time to time",
  owner: "s01",
  schema: BalanceSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

export const exchangeKillCopy = killCopy("s01", "kill_copy_s01", "S1's durable copy of the kill switch's state");

/** One funding payment; `amount_usdt` is signed: what the wallet gained. */
export const FundingRecord = z.object({
  income_id: z.string(),
  account: Account,
  instrument: InstrumentId,
  asset: z.string(),
  amount_usdt: Decimal,
  ts: z.number(),
});
export type FundingRecord = z.output<typeof FundingRecord>;
export const fundingRecords = collection({
  name: "funding_records",
  about: "Every funding payment of the account",
  owner: "s01",
  schema: FundingRecord,
  key: (r) => r.income_id,
  indexes: [["ts"], ["instrument", "ts"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});

/** A movement between the account's own wallets, written before it is asked of the exchange. */
export const TreasuryTransfer = z
  .object({
    transfer_id: z.string(),
    account: Account,
    from: z.enum(["SPOT", "FUT"]),
    to: z.enum(["SPOT", "FUT"]),
    amount_usdt: Decimal,
    reason: z.string(),
    /** SHA-256 of what was granted. */
    hash: z.string(),
    approved_by: z.string(),
    /** STARTED until the exchange has told; UNKNOWN while it does not. */
    state: z.enum(["STARTED", "OK", "FAIL", "UNKNOWN"]),
    tx_id: z.string().optional(),
    message: z.string().optional(),
    /** When it last left for the exchange; missing while it is certain that nothing is under way. */
    sent_at: z.number().optional(),
    /** What the exchange's history held before: a movement that is not among these came after. */
    known_tx_ids: z.array(z.string()).optional(),
    created_at: z.number(),
    updated_at: z.number(),
  })
  .openapi("TreasuryTransfer");
export type TreasuryTransfer = z.output<typeof TreasuryTransfer>;
export const treasuryTransfers = collection({
  name: "treasury_transfers",
  about: "Movements of funds between the account's own wallets, written before they are asked of the exchange",
  owner: "s01",
  schema: TreasuryTransfer,
  key: (t) => t.transfer_id,
  indexes: [["created_at"], ["state", "created_at"]],
});

export const exchangeMarks = collection({
  name: "exchange_marks",
  about: "Small durable facts of S1, such as how far the income history was read",
  owner: "s01",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});
