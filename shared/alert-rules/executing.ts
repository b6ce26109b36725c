/** Alert rules of executing and managing: orders, stops, the budget, fills, trades, margin. */
import { type AlertRule, rule } from "./rule.ts";

export const EXECUTING_RULES: readonly AlertRule[] = [
  rule(
    "ENTRY_BY_STREAM",
    ["ERROR"],
    [
      "s04",
      {
        means: "Somebody put an entry on the stream that is for exits alone.",
        done: "Does nothing with it.",
        look: "Who writes to that stream: S6 alone should.",
        act: "Treat it as a break-in until it is explained.",
      },
    ],
  ),
  rule(
    "COMMAND_REFUSED",
    ["WARN"],
    [
      "s04",
      {
        means: "An exit that came by stream was refused for good.",
        done: "Tells why; S6 sees it in the results.",
        look: "The position and its stop.",
        act: "Close by hand if it should be closed.",
      },
    ],
  ),
  rule(
    "INTENT_FAILED",
    ["ERROR"],
    [
      "s04",
      {
        means: "An intent could not be executed as planned.",
        done: "Gives it up; what was filled keeps its stop and target.",
        look: "The order's page: its tries and what the exchange said.",
        act: "Of an exit: look whether the position is still open, and close it.",
      },
    ],
  ),
  rule(
    "BALANCE_SHORT",
    ["ERROR"],
    [
      "s04",
      {
        means: "The balance is too small even for the smallest slice, after several tries.",
        done: "Gives the entry up.",
        look: "Treasury page: what is free in each wallet.",
        act: "Move funds, or trade smaller sizes.",
      },
    ],
  ),
  rule(
    "MAKERS_REST",
    ["WARN"],
    [
      "s04",
      {
        means: "Orders that are to rest in the book were refused or ran away from too often.",
        done: "Takes for a while instead of posting.",
        look: "Fees and slippage of that time.",
        act: "Nothing if it is rare. Often: a wider offset or more patience in the config.",
      },
    ],
  ),
  rule(
    "BREAKER_OPEN",
    ["ERROR"],
    [
      "s04",
      {
        means: "Too many calls to the exchange failed in a row.",
        done: "Refuses entries until calls succeed again; exits, stops and cancels pass.",
        look: "Health page: S1; the exchange's status page.",
        act: "Wait. Positions keep their stops at the exchange.",
      },
    ],
  ),
  rule(
    "ORDER_UNKNOWN",
    ["WARN"],
    [
      "s04",
      {
        means: "The exchange did not say what became of an order.",
        done: "Asks until it is proven that it is there or not; sends nothing again before.",
        look: "The order's page.",
        act: "Nothing, unless it stays for minutes: then look at the exchange's page.",
      },
    ],
  ),
  rule(
    "ORDER_FOUND",
    ["WARN"],
    [
      "s04",
      {
        means: "After a crash an order was found at the exchange that had left before the books knew it.",
        done: "Books it.",
        look: "The order's page.",
        act: "Nothing.",
      },
    ],
  ),
  rule(
    "ORDER_UNEXPLAINED",
    ["ERROR"],
    [
      "s04",
      {
        means: "An order with our tag is at the exchange, and no stored intent explains it.",
        done: "Tells it; the reconciler decides what becomes of it.",
        look: "Reconciliation page; is a second installation running with the same tag?",
        act: "Stop the other installation, or cancel the order.",
      },
    ],
  ),
  rule(
    "FILL_OF_TWO_ORDERS",
    ["ERROR"],
    [
      "s04",
      {
        means: "The exchange told one fill of two orders.",
        done: "Counts it once.",
        look: "The fill at the exchange's page.",
        act: "Reconcile; report it.",
      },
    ],
  ),
  rule(
    "PROTECTION_REFUSED",
    ["WARN"],
    [
      "s04",
      {
        means: "The exchange refused a stop or target.",
        done: "Tries again; without any stop in time the position is closed, and on spot it is watched here.",
        look: "The position: is there a stop?",
        act: "None after a minute: close it by hand.",
      },
    ],
  ),
  rule(
    "GUARD_ARMED",
    ["INFO", "WARN"],
    [
      "s04",
      {
        means: "A stop is watched by us, since none rests at the exchange; WARN where that lasts.",
        done: "Closes by market as soon as the price reaches the stop.",
        look: "Positions page: the guard's mark.",
        act: "Keep the system running: while it is down nobody watches that stop.",
      },
    ],
  ),
  rule(
    "CLOSED_BY_ROUTER",
    ["WARN", "ERROR"],
    [
      "s04",
      {
        means: "The router closed a position itself: its level was reached, or (ERROR) it could not be protected.",
        done: "Closes by market, reduce-only.",
        look: "The trade's story.",
        act: "Of ERROR: find out why no stop was taken before trading that instrument again.",
      },
    ],
  ),
  rule(
    "BUDGET_RESTORED",
    ["WARN"],
    [
      "s04",
      {
        means: "The arbiter of the risk budget had lost what was reserved.",
        done: "Tells it again; entries wait meanwhile.",
        look: "Redis: was it restarted or emptied?",
        act: "Let Redis keep its data.",
      },
    ],
  ),
  rule(
    "FILL_WITHOUT_TRADE",
    ["WARN"],
    [
      "s06",
      {
        means: "A fill closes a trade that is not known.",
        done: "Leaves it; the next reconciliation compares.",
        look: "Reconciliation page.",
        act: "Nothing, unless positions differ afterwards.",
      },
    ],
  ),
  rule(
    "FILL_BEYOND_TRADE",
    ["ERROR"],
    [
      "s06",
      {
        means: "A fill closes more than its trade had open.",
        done: "Closes the trade; the rest is left to the reconciler.",
        look: "Reconciliation page; positions at the exchange.",
        act: "Flat is what should be: close what is left over.",
      },
    ],
  ),
  rule(
    "PRICE_MISSING",
    ["WARN"],
    [
      "s06",
      {
        means: "An open position has had no current price for a while.",
        done: "Its stop stays where it is; nothing is moved, taken or added.",
        look: "Market data of the instrument on the health page.",
        act: "Restart S1 if it does not come back.",
      },
    ],
  ),
  rule(
    "LIQUIDATION_NEAR",
    ["ERROR"],
    [
      "s06",
      {
        means: "The liquidation price has come near.",
        done: "Reduces the position, or closes it.",
        look: "Margin of the position; the market.",
        act: "Add margin or close. Afterwards: less leverage.",
      },
    ],
  ),
  rule(
    "TOP_UP_SHORT",
    ["WARN"],
    [
      "s06",
      {
        means: "The futures wallet is below its minimum, and the spot wallet cannot spare enough.",
        done: "Moves nothing.",
        look: "Treasury page.",
        act: "Bring funds, or lower exposure.",
      },
    ],
  ),
  rule(
    "STORE_AWAY",
    ["ERROR"],
    [
      "s04",
      {
        means: "The order router's store does not take what it is told, or too slowly: it is down, full or locked.",
        done: "Refuses entries. Exits, stops and cancels go on: they are written to a journal first, then sent.",
        look: "`store` on the health page; the store's own log; room on its disk.",
        act: "Bring the store back, make room. Do not move the router's process elsewhere: its journal stays where it is.",
      },
    ],
  ),
  rule(
    "STORE_BACK",
    ["INFO"],
    [
      "s04",
      {
        means: "The order router's store is back.",
        done: "Has told it everything that was put aside. Entries are taken again.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["STORE_AWAY"] },
      },
    ],
  ),
  rule(
    "BREAKER_CLOSED",
    ["INFO"],
    [
      "s04",
      {
        means: "The breaker's time is over.",
        done: "Entries are tried again.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["BREAKER_OPEN"] },
      },
    ],
  ),
];
