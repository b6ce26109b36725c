/** Figures that dashboards and alerts share, worked out once: rates, shares and quantiles by service, objectives. */
import { BURN_RULES, OBJECTIVES } from "../../shared/trading/health/slo.ts";
import type { RecordingRule } from "./rule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** As Prometheus writes it, in the largest unit that fits. */
export function duration(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS}d`;
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`;
}

/** Floats that are no round number in binary would fill the files with nines. */
export const rounded = (value: number): number => Number(value.toPrecision(9));

const share = (part: string, whole: string): string => `${part} / ${whole}`;
const rate = (by: string, selector: string, window = "5m"): string => `sum by (${by}) (rate(${selector}[${window}]))`;
const quantile = (q: number, by: string, histogram: string): string =>
  `histogram_quantile(${q}, ${rate(`${by}, le`, `${histogram}_bucket`)})`;

const SERVICE_RULES: readonly RecordingRule[] = [
  { record: "service:chimera_request:rate5m", expr: rate("service", "chimera_request_ms_count") },
  {
    record: "service:chimera_request_errors:ratio_rate5m",
    expr: share(
      `(${rate("service", 'chimera_request_ms_count{status=~"5.."}')} or 0 * ${rate("service", "chimera_request_ms_count")})`,
      rate("service", "chimera_request_ms_count"),
    ),
  },
  { record: "service_verb:chimera_request_ms:p95_5m", expr: quantile(0.95, "service, verb", "chimera_request_ms") },
  { record: "service_to:chimera_call:rate5m", expr: rate("service, to", "chimera_calls_total") },
  {
    record: "service_to:chimera_call_errors:ratio_rate5m",
    expr: share(
      `(${rate("service, to", 'chimera_call_ms_count{outcome="error"}')} or 0 * ${rate("service, to", "chimera_call_ms_count")})`,
      rate("service, to", "chimera_call_ms_count"),
    ),
  },
  { record: "service_to:chimera_call_ms:p95_5m", expr: quantile(0.95, "service, to", "chimera_call_ms") },
  { record: "service:chimera_commit_ms:p95_5m", expr: quantile(0.95, "service", "chimera_commit_ms") },
];

interface Net {
  readonly by: string;
  readonly metric: string;
  readonly window: string;
}
/** How much the one direction of a counter grew beyond the other: either may not have been told of yet. */
function net({ by, metric, window }: Net, plus: string, minus: string): string {
  const grew = (selector: string) => `sum by (${by}) (increase(${metric}${selector}[${window}]))`;
  const of = (direction: string) => `(${grew(`{direction="${direction}"}`)} or 0 * ${grew("")})`;
  return `(${of(plus)} - ${of(minus)})`;
}
const ABOUT = "instrument, strategy_id";
const orders = (selector: string): string => `sum by (kind) (rate(chimera_orders_total${selector}[15m]))`;

const TRADING_RULES: readonly RecordingRule[] = [
  {
    record: "instrument_strategy:chimera_slippage_bps:avg1h",
    expr: `10000 * ${net({ by: ABOUT, metric: "chimera_slippage_usdt_total", window: "1h" }, "worse", "better")} / (sum by (${ABOUT}) (increase(chimera_volume_usdt_total[1h])) > 0)`,
  },
  {
    record: "strategy:chimera_closed_pnl_usdt:net1d",
    expr: net({ by: "strategy_id", metric: "chimera_closed_pnl_usdt_total", window: "1d" }, "gain", "loss"),
  },
  {
    record: "instrument_strategy:chimera_closed_pnl_usdt:net1d",
    expr: net({ by: ABOUT, metric: "chimera_closed_pnl_usdt_total", window: "1d" }, "gain", "loss"),
  },
  {
    record: "kind:chimera_orders_rejected:ratio_rate15m",
    expr: `(${orders('{status="REJECTED"}')} or 0 * ${orders("")}) / (${orders("")} > 0)`,
  },
];

/** All windows that any burn rule looks through, the shortest first. */
export const WINDOWS_MS: readonly number[] = [
  ...new Set(BURN_RULES.flatMap(({ shortMs, longMs }) => [shortMs, longMs])),
].sort((a, b) => a - b);

/** The share of an objective's events in a window that was bad. */
export const badShare = (windowMs: number): string => `slo:chimera_slo_errors:ratio_rate${duration(windowMs)}`;

const SLO_RULES: readonly RecordingRule[] = [
  ...WINDOWS_MS.map((ms) => {
    const [bad, all] = ['chimera_slo_events_total{outcome="bad"}', "chimera_slo_events_total"];
    const window = duration(ms);
    return { record: badShare(ms), expr: share(rate("slo", bad, window), `(${rate("slo", all, window)} > 0)`) };
  }),
  ...OBJECTIVES.filter(({ objective }) => objective < 1).map(({ slo_id, objective }) => ({
    record: "slo:chimera_slo_error_budget_left:ratio30d",
    labels: { slo: slo_id },
    expr: `1 - sum by (slo) (increase(chimera_slo_events_total{slo="${slo_id}",outcome="bad"}[30d])) / (sum by (slo) (increase(chimera_slo_events_total{slo="${slo_id}"}[30d])) > 0) / ${rounded(1 - objective)}`,
  })),
];

export const RECORDING_GROUPS: readonly { name: string; rules: readonly RecordingRule[] }[] = [
  { name: "chimera-services-recorded", rules: SERVICE_RULES },
  { name: "chimera-trading-recorded", rules: TRADING_RULES },
  { name: "chimera-objectives-recorded", rules: SLO_RULES },
];
