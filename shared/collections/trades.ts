/** What S6 keeps: trades and snapshots of what is open. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId } from "../domain/instrument.ts";
import { ExchangePosition, Trade } from "../domain/trade.ts";
import { collection, SNAPSHOTS_DAYS } from "./declare.ts";

export const trades = collection({
  name: "trades",
  about: "Every trade from its entry to its close, with its result",
  owner: "s06",
  schema: Trade,
  key: (t) => t.trade_id,
  indexes: [
    ["status", "opened_at"],
    ["status", "closed_at"],
    ["opened_at"],
    ["instrument", "opened_at"],
    ["strategy_id", "opened_at"],
  ],
  shardKey: "instrument",
});
/** The mark by which S6 says that it is there. */
export const POSITION_ALIVE = "alive";
export const positionMarks = collection({
  name: "position_marks",
  about: "Small durable facts of S6: the health level last heard, and that it is there",
  owner: "s06",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});
const PositionSnapshot = z.object({
  snapshot_id: z.string(),
  positions: z.array(ExchangePosition),
  equity_usdt: z.string().optional(),
  ts: z.number(),
});
export const positionsSnapshots = collection({
  name: "positions_snapshots",
  about: "The exchange's positions and the equity, from time to time",
  owner: "s06",
  schema: PositionSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

/** What is held of each spot asset, with its weighted average cost in USDT: per unit, and exactly of all of it. */
export const SpotHolding = z.object({ asset: z.string(), qty: Decimal, avg_cost_usdt: Decimal, cost_usdt: Decimal });
export type SpotHolding = z.output<typeof SpotHolding>;
export const holdingsSpotSnapshots = collection({
  name: "holdings_spot_snapshots",
  about: "Spot holdings with their average cost, from time to time",
  owner: "s06",
  schema: z.object({
    snapshot_id: z.string(),
    account: Account,
    holdings: z.array(SpotHolding),
    /** Net of fees, since the beginning. */
    realised_usdt: Decimal,
    ts: z.number(),
  }),
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

/** One UTC day of the account; every sum equals the exchange's own records of that day. */
export const Statement = z
  .object({
    /** YYYY-MM-DD. */
    day: z.string(),
    account: Account,
    equity_start_usdt: Decimal.optional(),
    equity_end_usdt: Decimal.optional(),
    realised_usdt: Decimal,
    fees_usdt: Decimal,
    funding_usdt: Decimal,
    /** Into the futures wallet, net. */
    transfers_usdt: Decimal,
    other_usdt: Decimal,
    /** From our own fills: the exchange keeps no income history of spot. */
    spot_realised_usdt: Decimal.optional(),
    spot_fees_usdt: Decimal.optional(),
    /** Closed on that day. */
    trades: z.number().int(),
    fills: z.number().int(),
    /** What the exchange's income history and our own books say differently; empty when they agree. */
    differences: z.array(z.object({ what: z.string(), ours: z.string(), exchange: z.string() })),
    /** False while the day goes on. */
    final: z.boolean(),
    created_at: z.number(),
  })
  .openapi("Statement");
export type Statement = z.output<typeof Statement>;
export const statements = collection({
  name: "statements",
  about: "Statements of account by period",
  owner: "s06",
  schema: Statement,
  key: (s) => `${s.account}/${s.day}`,
  indexes: [["day"]],
});

/** A finished day's disposals, credits and charges, one row each: what is left of it when its fills are gone. */
export const TaxRow = z
  .object({
    row_id: z.string(),
    account: Account,
    day: z.string(),
    ts: z.number(),
    kind: z.enum([
      ...(["SALE", "FEE", "PURCHASE_FEE", "FUTURES_PNL", "FUTURES_FUNDING", "FUTURES_COMMISSION"] as const),
      ...(["FUTURES_LIQUIDATION", "FUTURES_OTHER"] as const),
    ]),
    instrument: InstrumentId.optional(),
    asset: z.string(),
    qty: Decimal,
    proceeds_usdt: Decimal,
    cost_usdt: Decimal,
    fee_usdt: Decimal,
    /** proceeds − cost − fee. */
    gain_usdt: Decimal,
    note: z.string().optional(),
  })
  .openapi("TaxRow");
export type TaxRow = z.output<typeof TaxRow>;
export const taxRows = collection({
  name: "tax_rows",
  about: "Rows of the tax report: each disposal with its cost",
  owner: "s06",
  schema: TaxRow,
  key: (r) => `${r.account}/${r.row_id}`,
  indexes: [["ts"], ["day"]],
});

/** A look at whether the futures wallet needs funds, and what came of it. */
export const AutoTransfer = z.object({
  trigger_id: z.string(),
  account: Account,
  need_usdt: Decimal,
  transfer_id: z.string().optional(),
  status: z.enum(["NOT_NEEDED", "PENDING_APPROVAL", "OK", "FAIL", "UNKNOWN"]),
  message: z.string().optional(),
  reason: z.string(),
  ts: z.number(),
});
export type AutoTransfer = z.output<typeof AutoTransfer>;
export const autoTransfers = collection({
  name: "auto_transfers",
  about: "Transfers of funds that the position manager asked for, and what became of them",
  owner: "s06",
  schema: AutoTransfer,
  key: (t) => t.trigger_id,
  indexes: [["ts"]],
});
