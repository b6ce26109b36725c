/** Alerts about trading: health and its figures, market data, the exchange, results, reconciliation. */
import { THRESHOLDS, type Threshold } from "../../shared/trading/health/judge-readings.ts";
import { type AlertGroup, growing, type PrometheusAlert, steps } from "./rule.ts";

/** Request weight a minute, as Binance allows it to one address. */
const WEIGHT_MAX = { SPOT: 6_000, FUT: 2_400 } as const;
const MARKET_AGE_MS_MAX = 10_000;
/** Binance refuses a request that is signed by a clock further ahead than a second. */
const CLOCK_MS_MAX = 500;
const DRAWDOWN_MAX = 0.2;

const calm = { quiet: "9m", fires: "15m", over: "25m" } as const;

const HEALTH: readonly PrometheusAlert[] = [
  {
    name: "ChimeraHealthRed",
    severity: "ERROR",
    expr: "max by (service) (chimera_health_level) == 3",
    for: "1m",
    summary: "Health is RED: no entries are made",
    means: "A figure behind the health level is so bad that no entries are made until it is better.",
    look: "Health page, or the overview dashboard: which figure, since when.",
    act: "Mend the figure. The inbox has `HEALTH_LEVEL` with it by name.",
    proof: {
      series: [['chimera_health_level{service="s11"}', steps([0, 10], [3, 10], [1, 10])]],
      labels: { service: "s11" },
      ...calm,
    },
  },
  {
    name: "ChimeraHealthOrange",
    severity: "WARN",
    expr: "max by (service) (chimera_health_level) == 2",
    for: "10m",
    summary: "Health has been ORANGE for ten minutes",
    means: "Sizes are smaller and orders more careful than they would be.",
    look: "Health page: which figure, since when.",
    act: "Mend the figure before it is RED.",
    proof: {
      series: [['chimera_health_level{service="s11"}', steps([0, 10], [2, 20], [0, 10])]],
      labels: { service: "s11" },
      ...{ quiet: "15m", fires: "25m", over: "35m" },
    },
  },
  {
    name: "ChimeraKillSwitchStaysOn",
    severity: "WARN",
    expr: "max by (service) (chimera_kill_switch) == 1",
    for: "15m",
    summary: "The kill switch has been on for a quarter of an hour",
    means: "No order that opens or enlarges a position leaves. Whoever turned it on may have forgotten it.",
    look: "Kill page: who turned it on, and why.",
    act: "Settle the reason, then turn it off with a reason.",
    proof: {
      series: [['chimera_kill_switch{service="s12"}', steps([0, 10], [1, 30], [0, 10])]],
      labels: { service: "s12" },
      ...{ quiet: "20m", fires: "35m", over: "45m" },
    },
  },
];

const camel = (text: string): string =>
  text.replaceAll(/(?:^|_)([a-z])/g, (_all, first: string) => first.toUpperCase());

/** One alert at the red limit of each figure: which of them it is that the level only hints at. */
function readingAlert({ name, worse, red, yellow, unit }: Threshold): PrometheusAlert {
  const [good, bad] = worse === "above" ? [yellow / 2, red * 1.5] : [1, red / 2];
  return {
    name: `ChimeraReading${camel(name)}`,
    severity: "WARN",
    expr: `max by (name, of) (chimera_health_reading{name="${name}"}) ${worse === "above" ? ">" : "<"} ${red}`,
    for: "5m",
    summary: `${name} is ${worse === "above" ? "over" : "under"} ${red}${unit && ` ${unit}`}`,
    means: "A figure of health has been past its worst limit for five minutes.",
    look: "Health page: the figure, its sample and its limits; docs/guide/health.md says what each wants.",
    act: "Mend what it measures; sizes, styles or entries follow it until then.",
    proof: {
      series: [[`chimera_health_reading{service="s11",name="${name}"}`, steps([good, 10], [bad, 15], [good, 10])]],
      labels: { name },
      ...{ quiet: "9m", fires: "20m", over: "30m" },
    },
  };
}

const EXCHANGE: readonly PrometheusAlert[] = [
  {
    name: "ChimeraMarketDataOld",
    severity: "ERROR",
    expr: `max by (instrument) (chimera_market_age_ms) > ${MARKET_AGE_MS_MAX}`,
    for: "1m",
    summary: "{{ $labels.instrument }} has no fresh market data",
    means: "Nothing was heard of an instrument for longer than data counts as fresh. It is not traded on meanwhile.",
    look: "The connections to the exchange; whether the instrument is halted there.",
    act: "Look at the network and the exchange's status page. S1 connects anew by itself.",
    proof: {
      series: [
        ['chimera_market_age_ms{service="s01",instrument="FUT:BTCUSDT"}', steps([90, 10], [60_000, 10], [90, 10])],
      ],
      labels: { instrument: "FUT:BTCUSDT" },
      ...calm,
    },
  },
  {
    name: "ChimeraExchangeSocketDown",
    severity: "ERROR",
    expr: "max by (socket) (chimera_socket_up) == 0",
    for: "1m",
    summary: "The connection {{ $labels.socket }} to the exchange is down",
    means: "A connection has been away for a minute although it is tried again and again.",
    look: "S1's log: why it ends; the exchange's status page.",
    act: "Look at the network, at the key where it is an account's, and at bans of this address.",
    proof: {
      series: [['chimera_socket_up{service="s01",socket="fut-market"}', steps([1, 10], [0, 10], [1, 10])]],
      labels: { socket: "fut-market" },
      ...calm,
    },
  },
  {
    name: "ChimeraExchangeWeightHigh",
    severity: "WARN",
    expr: `max by (market) (chimera_exchange_used_weight{market="SPOT"}) > ${WEIGHT_MAX.SPOT * 0.8} or max by (market) (chimera_exchange_used_weight{market="FUT"}) > ${WEIGHT_MAX.FUT * 0.8}`,
    for: "2m",
    summary: "{{ $labels.market }} is asked nearly as much as it allows",
    means:
      "Four fifths of the request weight that the exchange allows a minute are used. Past it the address is banned.",
    look: "Who asks: programs of other people at the same address; reconciliation after reconciliation.",
    act: "Stop whatever else asks from this address. Cancels and exits keep a part for themselves.",
    proof: {
      series: [['chimera_exchange_used_weight{service="s01",market="FUT"}', steps([100, 10], [2_200, 10], [100, 10])]],
      labels: { market: "FUT" },
      ...calm,
    },
  },
  {
    name: "ChimeraClockOff",
    severity: "WARN",
    expr: `max by (market) (abs(chimera_exchange_clock_offset_ms)) > ${CLOCK_MS_MAX}`,
    for: "5m",
    summary: "Our clock differs from that of {{ $labels.market }}",
    means:
      "The machine's clock and the exchange's differ by more than half a second. Requests are corrected by it, latencies are not.",
    look: "The machine's time service.",
    act: "Let it follow a time server.",
    proof: {
      series: [['chimera_exchange_clock_offset_ms{service="s01",market="SPOT"}', steps([5, 10], [-800, 15], [5, 10])]],
      labels: { market: "SPOT" },
      ...{ quiet: "9m", fires: "20m", over: "30m" },
    },
  },
];

const RESULTS: readonly PrometheusAlert[] = [
  {
    name: "ChimeraDrawdown",
    severity: "ERROR",
    expr: `max by (account) (chimera_drawdown_ratio) > ${DRAWDOWN_MAX}`,
    for: "1m",
    summary: "{{ $labels.account }} is a fifth below its highest",
    means: "Equity has fallen from its highest by more than a fifth. Transfers out of the account count as losses.",
    look: "The trading dashboard: which strategy and instrument, since when.",
    act: "Turn the kill switch on if the cause is not plain; lower the risk budget.",
    proof: {
      series: [['chimera_drawdown_ratio{service="s06",account="main"}', steps([0.05, 10], [0.25, 10], [0.1, 10])]],
      labels: { account: "main" },
      ...calm,
    },
  },
  {
    name: "ChimeraBudgetOverspent",
    severity: "ERROR",
    expr: "sum by (account) (chimera_risk_budget_used_usdt + chimera_risk_budget_reserved_usdt) > 1.01 * max by (account) (chimera_risk_budget_usdt)",
    for: "5m",
    summary: "{{ $labels.account }} risks more than its budget",
    means:
      "What all that is open may lose at worst is more than the config allows: the budget was lowered, or books differ.",
    look: "Whether a revision lowered it; the newest reconciliation.",
    act: "Close what is too much. No entries are made until it fits.",
    proof: {
      series: [
        ['chimera_risk_budget_usdt{service="s04",account="main"}', "1000x60"],
        ['chimera_risk_budget_used_usdt{service="s04",account="main"}', steps([500, 10], [1_100, 15], [500, 10])],
        ['chimera_risk_budget_reserved_usdt{service="s04",account="main"}', "10x60"],
      ],
      labels: { account: "main" },
      ...{ quiet: "9m", fires: "20m", over: "30m" },
    },
  },
  {
    name: "ChimeraOrdersRejected",
    severity: "WARN",
    expr: "kind:chimera_orders_rejected:ratio_rate15m > 0.05 and sum by (kind) (increase(chimera_orders_total[15m])) > 20",
    for: "2m",
    summary: "The exchange rejects orders ({{ $labels.kind }})",
    means: "More than one in twenty orders of a kind is rejected.",
    look: "Orders page, by status REJECTED: the exchange says why in each.",
    act: "Filters, margin or the key's rights: mend what the answers name.",
    proof: {
      series: [
        ['chimera_orders_total{service="s04",kind="ENTRY",status="FILLED"}', growing([10, 80])],
        ['chimera_orders_total{service="s04",kind="ENTRY",status="REJECTED"}', growing([0, 20], [2, 20], [0, 40])],
      ],
      labels: { kind: "ENTRY" },
      ...{ quiet: "19m", fires: "38m", over: "75m" },
    },
  },
  {
    name: "ChimeraReconciliationsFail",
    severity: "WARN",
    expr: 'sum by (service) (increase(chimera_reconciliations_total{status="FAILED"}[30m])) > 3',
    for: "5m",
    summary: "Reconciliations fail",
    means: "Several runs in a row could not compare our books with the exchange's.",
    look: "Reconciliation page: the message of the newest run.",
    act: "Bring the exchange's answers back; entries that need a repair wait for it.",
    proof: {
      series: [
        [
          'chimera_reconciliations_total{service="s05",cause="PERIODIC",status="FAILED"}',
          growing([0, 20], [1, 20], [0, 60]),
        ],
      ],
      labels: { service: "s05" },
      ...{ quiet: "19m", fires: "38m", over: "85m" },
    },
  },
  {
    name: "ChimeraLabelsMissing",
    severity: "WARN",
    expr: "min by (horizon_h) (chimera_label_coverage_ratio) < 0.9",
    for: "1h",
    summary: "Signals have no labels of {{ $labels.horizon_h }} h",
    means: "More than one in ten signals that are due have no label: models and experiments learn from a part.",
    look: "Labels page: what is missing and why.",
    act: "Import the prices that are missing, then backfill.",
    proof: {
      series: [['chimera_label_coverage_ratio{service="s07",horizon_h="12"}', steps([1, 10], [0.5, 120], [1, 30])]],
      labels: { horizon_h: "12" },
      ...{ quiet: "30m", fires: "100m", over: "140m" },
    },
  },
];

export const TRADING_ALERTS: AlertGroup = {
  name: "trading",
  title: "Trading",
  step: "1m",
  alerts: [...HEALTH, ...THRESHOLDS.map(readingAlert), ...EXCHANGE, ...RESULTS],
};
