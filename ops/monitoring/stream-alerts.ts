/** Alerts about the streams between services: who lags, what was put aside, what fills up. */
import { accountEvents, alerts, decisions, orderResults } from "../../shared/streams.ts";
import { THRESHOLDS } from "../../shared/trading/health/judge-readings.ts";
import { type AlertGroup, growing, steps } from "./rule.ts";

const AGE = THRESHOLDS.find(({ name }) => name === "unacked_age_ms");
if (!AGE) throw new Error("unacked_age_ms is no threshold any more");
/** Pages that look on come and go; nobody waits for them. */
const NOT_LIVE = 'group!~".*-live-.*"';
const oldest = `max by (stream, group) (chimera_stream_oldest_ms{${NOT_LIVE}})`;
const told = (deadLetters: string): string => `max by (stream, group) (${deadLetters})`;
const DEAD = "chimera_stream_dead_letters";
const BEFORE = "offset 15m";
/** They are told only where there are any: where S11 told nothing at that time, what it told last counts. */
const deadBefore =
  `${told(`${DEAD} ${BEFORE}`)} or (${told(`last_over_time(${DEAD}[6h] ${BEFORE})`)} ` +
  `unless on () count(chimera_service_up ${BEFORE})) or 0 * ${told(DEAD)}`;
/** Nine tenths of what a stream keeps. */
const PENDING_MAX = alerts.lengthMax * 0.9;
const ORDERS = `chimera_stream_oldest_ms{stream="${orderResults.family}",group="s06"}`;

export const STREAM_ALERTS: AlertGroup = {
  name: "streams",
  title: "Streams",
  step: "1m",
  alerts: [
    {
      name: "ChimeraStreamLags",
      severity: "WARN",
      expr: `${oldest} > ${AGE.orange}`,
      for: "2m",
      summary: "{{ $labels.group }} is behind on {{ $labels.stream }}",
      means: `What was told waits longer than ${AGE.orange / 1_000} s to be taken, for two minutes.`,
      look: "Whether that service runs, is busy, or fails at a message again and again.",
      act: "Start it again where it hangs; give it more of a core where it is busy.",
      proof: {
        series: [[ORDERS, steps([100, 10], [AGE.orange * 2, 10], [100, 10])]],
        labels: { stream: orderResults.family, group: "s06" },
        ...{ quiet: "9m", fires: "15m", over: "25m" },
      },
    },
    {
      name: "ChimeraStreamStands",
      severity: "ERROR",
      expr: `${oldest} > ${AGE.red}`,
      for: "1m",
      summary: "{{ $labels.group }} takes nothing from {{ $labels.stream }}",
      means: `What was told waits longer than ${AGE.red / 1_000} s. Of orders, the account or config the health level is RED, and no entries are made.`,
      look: "The service's log; the streams on the overview dashboard.",
      act: "Start that service again. What waits is kept and taken in order.",
      proof: {
        series: [[ORDERS, steps([100, 10], [AGE.red * 2, 10], [100, 10])]],
        labels: { stream: orderResults.family, group: "s06" },
        ...{ quiet: "9m", fires: "15m", over: "25m" },
      },
    },
    {
      name: "ChimeraStreamFills",
      severity: "ERROR",
      expr: `max by (stream, group) (chimera_stream_pending{${NOT_LIVE}}) > ${PENDING_MAX}`,
      for: "1m",
      summary: "{{ $labels.stream }} is nearly full: {{ $labels.group }} takes nothing",
      means: "So much waits on a stream that there is soon room for no more. Entries stop before that.",
      look: "Whether the group that lags is one that should run at all.",
      act: "Start that service. What it took is let go at once.",
      proof: {
        series: [
          [
            `chimera_stream_pending{stream="${decisions.family}",group="s12"}`,
            steps([5, 10], [PENDING_MAX + 1, 10], [5, 10]),
          ],
        ],
        labels: { stream: decisions.family, group: "s12" },
        ...{ quiet: "9m", fires: "15m", over: "25m" },
      },
    },
    {
      name: "ChimeraDeadLetters",
      severity: "ERROR",
      expr: `${told(DEAD)} > (${deadBefore})`,
      for: "0m",
      summary: "{{ $labels.group }} put messages of {{ $labels.stream }} aside",
      means: "Messages failed several times, or could not be read, and were put aside; the stream goes on.",
      look: "The inbox: `DEAD_LETTER` names the reason; the service's log at that time.",
      act: "Mend the cause. Stores are the truth: what was missed shows in the next reconciliation.",
      proof: {
        // S11 is away for six minutes from the 41st, which 15 minutes later makes no new ones of them.
        series: [
          [`${DEAD}{stream="${accountEvents.family}",group="s04"}`, "_x20 3x19 stale _x5 3x40"],
          ['chimera_service_up{service="s11",of="s04"}', "1x40 stale _x5 1x40"],
        ],
        labels: { stream: accountEvents.family, group: "s04" },
        ...{ quiet: "19m", fires: "25m", over: "58m" },
      },
    },
    {
      name: "ChimeraAlertsNotTold",
      severity: "WARN",
      expr: 'sum by (kind) (increase(chimera_channel_messages_total{outcome!="sent"}[15m])) > 3',
      for: "5m",
      summary: "Messages do not arrive over {{ $labels.kind }}",
      means: "Alerts could not be sent over a channel several times; they are tried again, and the inbox has them all.",
      look: "Channels page: what the last try said.",
      act: "Correct its address or secret, then press test.",
      proof: {
        series: [['chimera_channel_messages_total{kind="EMAIL",outcome="failed"}', growing([0, 10], [1, 20], [0, 40])]],
        labels: { kind: "EMAIL" },
        ...{ quiet: "9m", fires: "25m", over: "65m" },
      },
    },
  ],
};
