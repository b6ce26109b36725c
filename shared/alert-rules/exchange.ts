/** Alert rules of the way to the exchange: its streams, limits, keys, listings, transfers, arming for live. */
import { type AlertRule, rule } from "./rule.ts";

export const EXCHANGE_RULES: readonly AlertRule[] = [
  rule(
    "ACCOUNT_STREAM_DOWN",
    ["WARN"],
    [
      "s01",
      {
        means: "The exchange's account stream broke off or fell silent.",
        done: "Connects anew, tells a gap, and has orders, fills and positions asked for.",
        look: "Health page: S1's checks and sockets; the exchange's own status page.",
        act: "Nothing if it comes once. Again and again: look at the network of this machine.",
      },
    ],
  ),
  rule(
    "ACCOUNT_STREAM_DEAF",
    ["WARN"],
    [
      "s01",
      {
        means: "An order was answered by the exchange, and its account stream never told of it.",
        done: "Connects anew and asks for what was missed.",
        look: "Whether it repeats; S1's log around the order's time.",
        act: "Nothing if it comes once. Repeated: restart S1, and report it to the exchange.",
      },
    ],
  ),
  rule(
    "ACCOUNT_STREAM_REFUSED",
    ["ERROR"],
    [
      "s01",
      {
        means: "The exchange does not let us listen to our account.",
        done: "Tries again with growing waits; orders and fills are asked for meanwhile.",
        look: "`./chimera doctor`: the key and what it may do.",
        act: "Renew the key or its permissions: `./chimera keys set`.",
      },
    ],
  ),
  rule(
    "ACCOUNT_FRAME",
    ["ERROR"],
    [
      "s01",
      {
        means: "A message of the account stream could not be understood.",
        done: "Counts it as a gap: what it may have said is asked for.",
        look: "S1's log has the frame.",
        act: "Report it; the exchange may have changed its format.",
      },
    ],
  ),
  rule(
    "ACCOUNT_EVENTS_LOST",
    ["ERROR"],
    [
      "s01",
      {
        means: "Account events could not be put on the stream within their time.",
        done: "Tells a gap instead, upon which books are compared with the exchange.",
        look: "Health page: the streams; Redis, disk and memory of the machine.",
        act: "Make the bus work again; then look at the next reconciliation.",
      },
    ],
  ),
  rule(
    "ACCOUNT_MODE",
    ["ERROR"],
    [
      "s01",
      {
        means: "The futures account is in hedge mode or in multi-asset mode, which is not traded here.",
        done: "Sends no futures entries until it is one-way and single-asset.",
        look: "Settings of the futures account at the exchange.",
        act: "Set one-way mode and single-asset mode there.",
      },
    ],
  ),
  rule(
    "ACCOUNT_MODE_FIT",
    ["INFO"],
    [
      "s01",
      {
        means: "The futures account is one-way and single-asset again.",
        done: "Futures entries are sent again.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["ACCOUNT_MODE"] },
      },
    ],
  ),
  rule(
    "SUBSCRIPTION_REFUSED",
    ["ERROR"],
    [
      "s01",
      {
        means: "The exchange refused a subscription to market data.",
        done: "Asks again; the instrument has no fresh data until then, and no entries.",
        look: "Instruments of the config: is one of them delisted or misspelt?",
        act: "Take it out of the config, or wait until it is listed again.",
      },
    ],
  ),
  rule(
    "MARKET_GAP",
    ["WARN"],
    [
      "s01",
      {
        means: "Updates of an order book were missed.",
        done: "Builds the book anew from a snapshot; until then features of it are stale and nothing is entered.",
        look: "How often it comes; the machine's load and network.",
        act: "Nothing if it is rare. Often: fewer instruments, or a machine nearer to the exchange.",
      },
    ],
  ),
  rule(
    "EXCHANGE_RATE_LIMIT",
    ["WARN"],
    [
      "s01",
      {
        means: "The exchange answered 429: too many requests or orders.",
        done: "Is silent for as long as it was told; cancels and exits come first afterwards.",
        look: "`used_weight` in the metrics; who else uses the same address or key.",
        act: "Trade fewer instruments or slower slices; stop other programs on the same address.",
      },
    ],
  ),
  rule(
    "EXCHANGE_BAN",
    ["FATAL"],
    [
      "s01",
      {
        means: "The exchange has banned this address (418) for a while.",
        done: "Sends nothing until the ban is over. Stops and targets rest at the exchange and go on there.",
        look: "Open positions and whether each has its stop at the exchange; who else uses the address.",
        act: "Close what must be closed at the exchange's own page. Find out what asked so often before going on.",
      },
    ],
  ),
  rule(
    "KEY_REFUSED",
    ["ERROR", "FATAL"],
    [
      "s01",
      {
        means: "The exchange refused our key or its signature. FATAL: the key is revoked, or for another address.",
        done: "Nothing can be sent with it, and no entry is tried; open stops rest at the exchange.",
        look: "`./chimera keys` and the exchange's page: is the key there, in time, for this address? Was a standby promoted?",
        act: "Set a good key: `./chimera keys set`. Where another site has taken over, stop this one.",
      },
    ],
  ),
  rule(
    "SITE_REPLACED",
    ["FATAL"],
    [
      "s01",
      {
        means: "A standby was promoted in this site's place, as the place of the backups tells.",
        done: "Sends no entries from here any more, whatever the key may do.",
        look: "Which site trades now, and whether this site's exchange key is revoked.",
        act: "Revoke this site's key, stop it, and let it follow the other one: docs/guide/standby-site.md.",
      },
    ],
  ),
  rule(
    "KEY_UNSAFE",
    ["FATAL"],
    [
      "s01",
      {
        means: "The key may do what none here may, such as withdrawing, or is bound to no address.",
        done: "Sends no entries with it.",
        look: "The key's permissions at the exchange.",
        act: "Take the permission away there, or make another key.",
      },
    ],
  ),
  rule(
    "KILL_UNREADABLE",
    ["ERROR"],
    [
      "s01",
      {
        means: "S1 could not read its copy of the kill switch.",
        done: "Counts it as on: nothing is sent that opens or enlarges a position.",
        look: "S1's store and disk.",
        act: "Make the store readable; restart S1.",
      },
    ],
  ),
  rule(
    "LISTING_CHANGED",
    ["INFO", "WARN"],
    [
      "s01",
      {
        means: "The exchange changed an instrument's filters or status; WARN where it was halted, or many at once.",
        done: "Stores it and tells all; orders are sized by the new filters. A halted instrument gets no entries.",
        look: "The message names what changed.",
        act: "Of a halt: decide whether positions there are to stay.",
      },
    ],
  ),
  rule(
    "RECORDING_FAILED",
    ["ERROR"],
    [
      "s01",
      {
        means: "Market frames could not be written to the recording.",
        done: "Holds them in memory up to a bound and tries again.",
        look: "Disk space and rights of the data folder.",
        act: "Make room. What went missing is a gap in the recording, not in trading.",
      },
    ],
  ),
  rule(
    "TRANSFER_UNKNOWN",
    ["ERROR"],
    [
      "s01",
      {
        means: "Nobody knows whether a transfer between wallets was made.",
        done: "Asks the exchange's history until it tells; starts no other transfer meanwhile.",
        look: "Treasury page, and the transfer history at the exchange.",
        act: "Wait. It is settled by the exchange's word alone.",
      },
    ],
  ),
  rule(
    "TRANSFER_FAILED",
    ["WARN"],
    [
      "s01 s12",
      {
        means: "A transfer that was asked for was not made.",
        done: "Tells why; nothing was moved.",
        look: "Treasury page: the transfer's message.",
        act: "Ask again once the reason is gone.",
      },
    ],
  ),
  rule(
    "LIVE_ARMED",
    ["WARN"],
    [
      "s01",
      {
        means: "Somebody armed live trading.",
        done: "Entries are sent with real money; those of the first day are capped.",
        look: "Who and why, in the message and the audit log.",
        act: "Not expected: `./chimera live disarm`, or the kill switch.",
        ends: { codes: ["LIVE_DISARMED"] },
      },
    ],
  ),
  rule(
    "LIVE_DISARMED",
    ["WARN"],
    [
      "s01",
      {
        means: "Somebody disarmed live trading.",
        done: "Sends no entries. Exits, stops and targets go on.",
        look: "Who and why, in the message and the audit log.",
        act: "Arm it again when it is meant to trade.",
      },
    ],
  ),
  rule(
    "LIVE_CAP",
    ["WARN"],
    [
      "s01",
      {
        means: "An entry would have passed the cap of the first live day.",
        done: "Refuses it.",
        look: "`GET /xchg/live`: the cap and what was used of it.",
        act: "Nothing: the cap ends by itself a day after arming.",
      },
    ],
  ),
];
