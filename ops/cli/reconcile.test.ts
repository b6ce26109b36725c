import { expect, test } from "bun:test";
import type { Reconciliation } from "../../shared/streams.ts";
import { report } from "./reconcile.ts";

const run = (over: Partial<Reconciliation> = {}): Reconciliation => ({
  ...{ run_id: "recon-1-a", account: "main", mode: "ALL", cause: "ASKED", dry_run: false, status: "DONE" },
  ...{ orphan_policy: "CONSERVATIVE", time_window_h: 72, items: [], started_at: 1, ended_at: 2 },
  summary: { checked_orders: 2, checked_positions: 1, adopted: 0, closed: 0, fixed: 0, agreement: 1 },
  ...over,
});
const plain = (lines: string[]) => lines.map((line) => Bun.stripANSI(line));

test("books that agree are one line", () => {
  expect(plain(report(run()))).toEqual([
    "● 100 % agree  2 orders, 1 positions, holdings and trades compared · recon-1-a",
  ]);
});

test("what differs is a table, with what was done; nearly all is not all", () => {
  const item = { instrument: "FUT:BTCUSDT", outcome: "DONE" as const };
  const items = [
    { ...item, type: "ORDER_MISSING_HERE", action: "CANCEL", ref: "web_1", before: "not known", after: "CANCELED" },
    {
      ...item,
      type: "LIQUIDATION",
      action: "BOOK",
      ref: "FUT:BTCUSDT",
      before: "0.1",
      after: "0",
      detail: "by 2 fills",
    },
  ];
  const summary = { checked_orders: 1, checked_positions: 1, adopted: 0, closed: 1, fixed: 1, agreement: 0.99999 };
  expect(plain(report(run({ items, summary })))).toEqual([
    "● 99.99 % agree  1 orders, 1 positions, holdings and trades compared · recon-1-a",
    "",
    "what                about              here       there or then  done",
    "ORDER_MISSING_HERE  web_1 FUT:BTCUSDT  not known  CANCELED       CANCEL done",
    "LIQUIDATION         FUT:BTCUSDT        0.1        0              BOOK   done",
    "  by 2 fills",
    "",
    "0 adopted, 1 closed or cancelled, 1 fixed.",
  ]);
  const last = plain(report(run({ items, summary, dry_run: true }))).at(-1);
  expect(last).toBe("Nothing was changed: a dry run.");
});
