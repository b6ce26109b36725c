/** Alert rules of the system itself: health, services, streams, config, people and their sign-ins, channels. */
import { type AlertRule, rule } from "./rule.ts";

export const SYSTEM_RULES: readonly AlertRule[] = [
  rule(
    "HEALTH_LEVEL",
    ["INFO", "WARN", "ERROR"],
    [
      "s11",
      {
        means: "The health level changed: ERROR at RED, WARN at YELLOW and ORANGE, INFO at GREEN.",
        done: "Sizes, order styles and entries follow the level at once.",
        look: "Health page: the figures behind the level, with their bounds.",
        act: "Mend the figure that the message names. RED: no entries are made until it is better.",
        ends: { codes: ["HEALTH_LEVEL"] },
      },
    ],
  ),
  rule(
    "HEALTH_EFFECT",
    ["WARN", "ERROR"],
    [
      "s11",
      {
        means: "A figure that does not change the level changes something else; ERROR where no entries are made.",
        done: "Posts rest, spot orders are smaller, models have no say, routing is careful, or no entries are made.",
        look: "Health page: the figure that the message names, and the comparison with backtests.",
        act: "See docs/guide/health.md: what each figure wants. It ends by itself when the figure is better.",
      },
    ],
  ),
  rule(
    "HEALTH_EFFECT_OVER",
    ["INFO"],
    [
      "s11",
      {
        means: "What a figure changed beside the level is as before.",
        done: "Trades as before.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["HEALTH_EFFECT"], about: /^[a-z_]+/g },
      },
    ],
  ),
  rule(
    "SERVICE_DOWN",
    ["ERROR"],
    [
      "s11",
      {
        means: "A service did not answer twice in a row.",
        done: "It is asked on; the supervisor starts a process that has ended again.",
        look: "`./chimera status`; the service's log.",
        act: "Not back within a minute: read its last log lines, restart it.",
      },
    ],
  ),
  rule(
    "CHANNEL_FAILING",
    ["ERROR"],
    [
      "s11",
      {
        means: "Messages do not arrive over a channel.",
        done: "Tries on with growing waits, up to a day; tells it over the other channels. The inbox has every alert.",
        look: "Channels page: what the last try said.",
        act: "Correct address or secret, then press test.",
      },
    ],
  ),
  rule(
    "CHANNEL_BACK",
    ["INFO"],
    [
      "s11",
      {
        means: "A channel takes messages again.",
        done: "Sends what waited, over the hourly limit together.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["CHANNEL_FAILING"], about: /channel [a-z0-9-]+/g },
      },
    ],
  ),
  rule(
    "DEADMAN_FAILING",
    ["WARN"],
    [
      "s11",
      {
        means: "The outside address that is pinged every minute does not take it.",
        done: "Pings on.",
        look: "`CHIMERA_S11_DEADMAN_URL`, and the watcher's own page: it will call you.",
        act: "Correct the address, or let this machine reach it.",
      },
    ],
  ),
  rule(
    "DEADMAN_BACK",
    ["INFO"],
    [
      "s11",
      {
        means: "The outside address takes the ping again.",
        done: "Pings on.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["DEADMAN_FAILING"] },
      },
    ],
  ),
  rule(
    "DEAD_LETTER",
    ["ERROR"],
    [
      "bus",
      {
        means: "A message failed several times or could not be read, and was put aside.",
        done: "Keeps it among the dead letters; the stream goes on.",
        look: "The reason in the message; the service's log of that time.",
        act: "Mend the cause. Stores are the truth: what was missed there shows in the next reconciliation.",
      },
    ],
  ),
  rule(
    "STREAM_LOST",
    ["WARN"],
    [
      "bus",
      {
        means: "The bus has lost entries.",
        done: "Stores are asked for what they hold of it, and tell it again.",
        look: "Redis: was it restarted without its data?",
        act: "Let Redis write to disk.",
      },
    ],
  ),
  rule(
    "STREAM_NEARLY_FULL",
    ["ERROR"],
    [
      "bus",
      {
        means: "A stream holds nearly as much as it can, unacknowledged.",
        done: "No entries until it is worked off.",
        look: "Health page: who lags.",
        act: "Restart the service that does not acknowledge.",
      },
    ],
  ),
  rule(
    "CONFIG_REFUSED",
    ["ERROR"],
    [
      "s01 s02 s03 s04 s05 s06 s07 s08",
      {
        means: "A service cannot load a revision.",
        done: "Goes on with the one before; the promotion is not done, and is taken back.",
        look: "The promotion's page and the service's log.",
        act: "Correct the bundle and promote again.",
      },
    ],
  ),
  rule(
    "AUDIT_CUT_OFF",
    ["FATAL"],
    [
      "s12",
      {
        means: "The audit log is shorter than a head kept elsewhere says it was.",
        done: "Goes on, and tells.",
        look: "`./chimera audit verify`.",
        act: "Somebody may have tampered with the store: keep a copy, find out who could, see the guide to the audit log.",
      },
    ],
  ),
  rule(
    "AUDIT_REWRITTEN",
    ["FATAL"],
    [
      "s12",
      {
        means: "An entry of the audit log is not the one that a head kept elsewhere names.",
        done: "Goes on, and tells.",
        look: "`./chimera audit verify`.",
        act: "Somebody may have tampered with the store: keep a copy, find out who could, see the guide to the audit log.",
      },
    ],
  ),
  rule(
    "SESSION_REUSED",
    ["WARN"],
    [
      "s12",
      {
        means: "A token that had been used already came again: two have it.",
        done: "Ended that sign-in.",
        look: "The address in the message; the audit log of that person.",
        act: "Ask the person. If it was not them: new password, end their sessions.",
      },
    ],
  ),
  rule(
    "PASSKEY_COPIED",
    ["ERROR"],
    [
      "s12",
      {
        means: "A passkey's counter went back: it may have been copied.",
        done: "Refused the sign-in.",
        look: "Whose it is, in the message.",
        act: "Remove that passkey and make a new one.",
      },
    ],
  ),
  rule(
    "APPROVAL_WANTED",
    ["WARN"],
    [
      "s12",
      {
        means: "Somebody asks for what needs a second person.",
        done: "Waits until it is approved, refused or too old.",
        look: "Approvals page.",
        act: "Approve or refuse it.",
      },
    ],
  ),
  rule(
    "APPROVAL_CHANGED",
    ["ERROR"],
    [
      "s12",
      {
        means: "What was approved is not what was asked for any more.",
        done: "Did not do it.",
        look: "The audit log; who can write to S12's store.",
        act: "Treat it as a break-in until it is explained.",
      },
    ],
  ),
  rule(
    "TRANSFER_WAITING",
    ["WARN"],
    [
      "s12",
      {
        means: "A transfer is approved and cannot be made now.",
        done: "Tries again until its approval ends.",
        look: "Health page: S1.",
        act: "Nothing, unless S1 stays away.",
      },
    ],
  ),
  rule(
    "SERVICE_BACK",
    ["INFO"],
    [
      "s11",
      {
        means: "A service that did not answer answers again.",
        done: "Goes on.",
        look: "Its log: why it was away.",
        act: "Nothing.",
        ends: { codes: ["SERVICE_DOWN"], about: /^s\d\d-\w+(?:, replica \d+)?/g },
      },
    ],
  ),
  rule(
    "UNPLANNED_CALL",
    ["WARN"],
    [
      "s11",
      {
        means: "A service calls another one that it has no reason to call.",
        done: "Counts it and marks it in the picture of who calls whom.",
        look: "Health page: the call, since when, how often.",
        act: "After an update: report it. Else find out which program speaks in that service's name.",
      },
    ],
  ),
  rule(
    "PROMOTION_WAITS",
    ["WARN"],
    [
      "s10",
      {
        means: "A promotion is not done since some service does not have its revision yet.",
        done: "Waits; it is not done before all have it.",
        look: "The promotion's page: which replica is away or refused it.",
        act: "Bring that service back, or roll back.",
      },
    ],
  ),
  rule(
    "PROMOTION_TAKEN_BACK",
    ["ERROR"],
    [
      "s10",
      {
        means: "A promotion, or what it put in force for all, crossed a guardrail or could not be loaded.",
        done: "What was in force before is in force again; open trades go on by their own parameters.",
        look: "The promotion's page: its figures beside the others' or the former's, and the reason.",
        act: "Correct the bundle before promoting it again.",
      },
    ],
  ),
  rule(
    "KILL_BY_FATAL",
    ["WARN", "ERROR", "FATAL"],
    [
      "s12",
      {
        means: "The kill switch was turned on by itself after a FATAL alert, as the config says.",
        done: "No order that opens or enlarges a position leaves; exits, stops and cancels go on.",
        look: "The FATAL alert that the message names.",
        act: "Settle that one first, then turn the kill switch off with a reason.",
      },
    ],
  ),
  rule(
    "SLO_BURN_PAGE",
    ["ERROR"],
    [
      "s11",
      {
        means: "An objective's error budget burns so fast that it is used up within days or hours.",
        done: "Goes on; sizes and entries follow the health level.",
        look: "Health page: the objective, its burn rate over each window, since when.",
        act: "Find what fails now: the exchange, the network, a store, a release.",
      },
    ],
  ),
  rule(
    "SLO_BURN_TICKET",
    ["WARN"],
    [
      "s11",
      {
        means: "An objective's error budget burns faster than it should, over days.",
        done: "Goes on.",
        look: "Health page: the objective and its burn rate.",
        act: "Look into it within the next days.",
      },
    ],
  ),
  rule(
    "SLO_BURN_OVER",
    ["INFO"],
    [
      "s11",
      {
        means: "An objective's error budget no longer burns too fast.",
        done: "Goes on.",
        look: "What is left of the budget.",
        act: "Nothing.",
        ends: { codes: ["SLO_BURN_PAGE", "SLO_BURN_TICKET"], about: /^[^:]+/g },
      },
    ],
  ),
  rule(
    "RISK_GATE_MISSED",
    ["ERROR"],
    [
      "s11",
      {
        means: "An entry was sent although something forbade entries at that moment.",
        done: "Counts it against the objective that this never happens.",
        look: "The entry's decision and intent; what forbade it, in the message.",
        act: "Turn the kill switch on if it repeats, and report it.",
      },
    ],
  ),
];
