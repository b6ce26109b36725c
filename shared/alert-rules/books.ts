/** Alert rules of the books: where they differ from the exchange, what was done outside, statements, labels. */
import { type AlertRule, rule } from "./rule.ts";

/** What a reconciliation found and repaired: ERROR where the repair failed. */
const REPAIRED = ["WARN", "ERROR"] as const;

export const BOOKS_RULES: readonly AlertRule[] = [
  rule("ORDER_MISSING_HERE", REPAIRED, [
    "s05",
    {
      means: "The exchange has an order that our books do not have.",
      done: "Adopts or cancels it, as the policy for orphans says.",
      look: "Reconciliation page: the run and its items.",
      act: "Of ERROR: look at the order at the exchange, and cancel it there if it is nobody's.",
    },
  ]),
  rule("ORDER_GONE_THERE", REPAIRED, [
    "s05",
    {
      means: "Our books have an open order that the exchange does not have.",
      done: "Asks for its end and books it.",
      look: "The order's page.",
      act: "Of ERROR: reconcile again when the exchange answers.",
    },
  ]),
  rule("ORDER_DIFFERS", REPAIRED, [
    "s05",
    {
      means: "An order's state or filled quantity differs from the exchange's.",
      done: "Takes the exchange's word and books missing fills.",
      look: "The order's page and the run.",
      act: "Of ERROR: reconcile again; report it if it stays.",
    },
  ]),
  rule("POSITION_DIFFERS", REPAIRED, [
    "s04 s05 s06",
    {
      means: "A position differs between our books and the exchange.",
      done: "Looks for the fills that explain it and books them; opens nothing there meanwhile.",
      look: "Reconciliation page; the position at the exchange.",
      act: "Stays for minutes: `./chimera reconcile`, and compare with the exchange's page.",
    },
  ]),
  rule("HOLDING_DIFFERS", REPAIRED, [
    "s05",
    {
      means: "A spot holding differs between our books and the exchange.",
      done: "Looks for the fills that explain it and books them.",
      look: "Reconciliation page.",
      act: "Coins that were moved in or out by hand are no trade of ours: say so by reconciling.",
    },
  ]),
  rule("TRADE_DIFFERS", REPAIRED, [
    "s05",
    {
      means: "A trade says another open quantity than the router's books.",
      done: "Builds the trade anew from its fills.",
      look: "The trade's story.",
      act: "Of ERROR: reconcile again; report it if it stays.",
    },
  ]),
  rule("MISSED_FILLS", REPAIRED, [
    "s05",
    {
      means: "Fills were found at the exchange that had not been told to us.",
      done: "Books them.",
      look: "Reconciliation page; alerts about the account stream at that time.",
      act: "Nothing if it is rare.",
    },
  ]),
  rule(
    "MANUAL_TRADE",
    ["WARN", "ERROR", "FATAL"],
    [
      "s05",
      {
        means: "Somebody traded on this account outside of the system.",
        done: "Books it.",
        look: "Who else has access to the account.",
        act: "Keep other traders and programs off this account, or renew its keys.",
      },
    ],
  ),
  rule(
    "LIQUIDATION",
    ["FATAL"],
    [
      "s05",
      {
        means: "The exchange liquidated a position.",
        done: "Books it; S3 pauses the strategy on that instrument.",
        look: "The trade's story; margin and leverage.",
        act: "Understand why the stop did not come first, before resuming.",
      },
    ],
  ),
  rule(
    "AUTO_DELEVERAGING",
    ["FATAL"],
    [
      "s05",
      {
        means: "The exchange closed a position of ours against somebody's liquidation.",
        done: "Books it; S3 pauses the strategy on that instrument.",
        look: "The trade's story.",
        act: "Nothing was wrong here: resume the strategy when the market has calmed down.",
      },
    ],
  ),
  rule(
    "FORCED_CLOSE",
    ["FATAL"],
    [
      "s01 s04",
      {
        means: "The exchange closes a position by force: liquidation or auto-deleveraging.",
        done: "Books it, and pauses the strategy there.",
        look: "The trade's story; margin and leverage.",
        act: "Understand why before resuming.",
      },
    ],
  ),
  rule(
    "CLOSED_OUTSIDE",
    ["FATAL"],
    [
      "s04",
      {
        means: "A position of ours was closed by an order that is none of ours.",
        done: "Books it, and pauses the strategy there.",
        look: "Who else has access to the account.",
        act: "If it was none of you: renew keys and passwords at once.",
      },
    ],
  ),
  rule(
    "OPENED_OUTSIDE",
    ["FATAL"],
    [
      "s04",
      {
        means: "A position was opened by an order that is none of ours.",
        done: "Books it, and closes it where the policy says so.",
        look: "Who else has access to the account.",
        act: "If it was none of you: renew keys and passwords at once.",
      },
    ],
  ),
  rule(
    "HOLDING_ADJUSTED",
    ["FATAL"],
    [
      "s04",
      {
        means: "Books and exchange differed, and no fills explained it.",
        done: "Took the exchange's word; risk is counted by it.",
        look: "Orders and fills of that instrument at the exchange.",
        act: "Find the fills. Without them profit and loss of that trade are not right.",
      },
    ],
  ),
  rule(
    "ORPHAN_NOT_CLOSED",
    ["ERROR"],
    [
      "s04",
      {
        means: "What nobody here had opened could not be closed.",
        done: "Keeps it booked; on futures the protection closes what has no stop.",
        look: "The position at the exchange.",
        act: "Close it by hand.",
      },
    ],
  ),
  rule(
    "TRADES_OVERLAP",
    ["ERROR"],
    [
      "s06",
      {
        means: "Two trades are open on one instrument, by their fills.",
        done: "Goes on with one of them; the other is left as it was.",
        look: "Trades page: both stories.",
        act: "Reconcile; report it with both trades.",
      },
    ],
  ),
  rule(
    "FILLS_MISSING",
    ["ERROR"],
    [
      "s06",
      {
        means: "The router holds a position whose fills are not there.",
        done: "Keeps the trade open.",
        look: "Fills of the trade; S4's store.",
        act: "Reconcile; restore S4's store from a backup if fills are lost.",
      },
    ],
  ),
  rule(
    "STATEMENT_DIFFERS",
    ["ERROR"],
    [
      "s06",
      {
        means: "A day's books differ from the exchange's income and balances.",
        done: "Looks again; the day is marked.",
        look: "`GET /statements/{day}`: each difference.",
        act: "Explain each: a transfer by hand, a fee, a late funding payment.",
      },
    ],
  ),
  rule(
    "RECONCILIATION_FAILED",
    ["WARN"],
    [
      "s05",
      {
        means: "The books could not be compared with the exchange.",
        done: "Tries again soon.",
        look: "Health page: S1 and the exchange.",
        act: "Nothing, unless it repeats.",
      },
    ],
  ),
  rule(
    "LABELS_MISSING_*",
    ["WARN"],
    [
      "s07",
      {
        means: "Signals have no label long after it was due.",
        done: "Tries again with growing waits.",
        look: "Labels page: coverage and reasons.",
        act: "Mostly market history is missing: download it, then `POST /labels/backfill`.",
      },
    ],
  ),
  rule(
    "BOOKS_RESTORED",
    ["WARN"],
    [
      "s04",
      {
        means: "The books were put back from a backup, and what the exchange knows of the time since was taken in.",
        done: "Books every fill and order of that time, takes standing stops over, closes what has none.",
        look: "Trades and orders of that time; what the reconciler found since.",
        act: "When all of it is as the exchange says, turn the kill switch off.",
      },
    ],
  ),
  rule(
    "OTHER_SITE",
    ["FATAL"],
    [
      "s04",
      {
        means:
          "An order with this installation's tag came to the account that was not sent from here: another site trades.",
        done: "Sends no entries from here until the router is started again; exits go on.",
        look: "Which other site runs: one that was replaced, a standby, or a copy of this data folder.",
        act: "Revoke the other site's key and stop it; then restart the router: docs/guide/standby-site.md.",
      },
    ],
  ),
  rule(
    "BACKUP_FAILED",
    ["ERROR"],
    [
      "s11",
      {
        means: "A backup was begun and did not come to its end.",
        done: "Tries again when the next is due; what it had written already is used then.",
        look: "The reason in the message: the place, its access, its room, or the key's file.",
        act: "Mend it, and make one by hand: `./chimera backup`.",
      },
    ],
  ),
  rule(
    "BACKUP_OLD",
    ["ERROR"],
    [
      "s11",
      {
        means: "Three backups in a row that were due have not come to their end.",
        done: "Trades on; after a loss of the stores as much would be gone as has passed since.",
        look: "Whether the schedule runs at all, and what ./chimera backup says.",
        act: "Make one by hand, then mend the schedule.",
      },
    ],
  ),
];
