/** What S1, the only one who speaks to exchanges, keeps. */
import { z } from "@hono/zod-openapi";
import { Instrument } from "../domain/instrument.ts";
import { Balance } from "../domain/trade.ts";
import { collection, SNAPSHOTS_DAYS } from "./declare.ts";
import { killCopy } from "./kill.ts";

export const instrumentRegistry = collection({
  name: "instrument_registry",
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
  owner: "s01",
  schema: BalanceSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

export const exchangeKillCopy = killCopy("s01", "kill_copy_s01");
