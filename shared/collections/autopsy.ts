/** What S8 keeps: reports of closed trades, what those still wait for, and how far it has looked. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId } from "../domain/instrument.ts";
import { Side } from "../domain/order.ts";
import { collection } from "./declare.ts";

export const MISSING_CODES = ["FILLS", "PRICES", "NOT_LISTED", "CONFIG", "REFUSED"] as const;
/** Something without which no report can be made. */
export const MissingInput = z.object({ code: z.enum(MISSING_CODES), detail: z.string() });
export type MissingInput = z.output<typeof MissingInput>;

/** What a report says in short, and where it lies. */
const Made = z.object({
  report_id: z.string(),
  regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).optional(),
  exit_reason: z.string().optional(),
  net_usdt: Decimal,
  /** net / margin; a fraction. */
  roi_net: z.number(),
  /** (fees + funding + |slippage|) / (|gross| + ε); a fraction. */
  cost_share: z.number(),
  /** What it could do without and had to, in words. */
  holes: z.array(z.string()),
  bytes: z.number().int(),
  /** SHA-256 of the file, and of the facts that it was made from. */
  hash: z.string(),
  facts_hash: z.string(),
  git_commit: z.string(),
  config_rev: z.number().int(),
  /** 1, and one more each time it came out differently. */
  revision: z.number().int(),
  made_at: z.number(),
});

/** The report of one closed trade. WAITING: none could be made yet, and `missing` says why. */
export const AutopsyReport = z
  .object({
    trade_id: z.string(),
    account: Account,
    instrument: InstrumentId,
    strategy_id: z.string(),
    side: Side,
    opened_at: z.number(),
    closed_at: z.number(),
    state: z.enum(["WAITING", "READY"]),
    /** In words; of one that waits, what for. */
    summary: z.string(),
    ...Made.partial().shape,
    missing: z.array(MissingInput),
    tries: z.number().int(),
    /** When it is looked at next; none: not by itself any more. */
    due_at: z.number().optional(),
    updated_at: z.number(),
  })
  .openapi("AutopsyReport");
export type AutopsyReport = z.output<typeof AutopsyReport>;
export const autopsyReports = collection({
  name: "autopsy_reports",
  about:
    "The report of each closed trade: what it says in short and where its file lies; or what is still missing to make it",
  owner: "s08",
  schema: AutopsyReport,
  key: (r) => r.trade_id,
  indexes: [
    ["closed_at"],
    ["due_at"],
    ["state", "closed_at"],
    ["instrument", "closed_at"],
    ["strategy_id", "closed_at"],
  ],
  search: ["summary"],
});

/** The mark by which S8 knows up to when it has seen closed trades. */
export const AUTOPSY_SEEN = "seen";
export const autopsyMarks = collection({
  name: "autopsy_marks",
  about: "Small durable facts of S8: up to when it has seen closed trades",
  owner: "s08",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});

/** Where a report and the facts that it was made from lie. */
export const reportBlob = (report_id: string): string => `reports/${report_id}.html`;
export const factsBlob = (report_id: string): string => `reports/${report_id}.json`;
