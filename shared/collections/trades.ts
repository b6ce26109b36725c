/** What S6 keeps: trades and snapshots of what is open. */
import { z } from "@hono/zod-openapi";
import { ExchangePosition, Trade } from "../domain/trade.ts";
import { collection, SNAPSHOTS_DAYS } from "./declare.ts";

export const trades = collection({
  name: "trades",
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
const PositionSnapshot = z.object({
  snapshot_id: z.string(),
  positions: z.array(ExchangePosition),
  equity_usdt: z.string().optional(),
  ts: z.number(),
});
export const positionsSnapshots = collection({
  name: "positions_snapshots",
  owner: "s06",
  schema: PositionSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});
