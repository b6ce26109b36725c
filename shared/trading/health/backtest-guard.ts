/** Compares what trading really costs with what backtests assume: slippage, share of takers, latency. */
import type { CostCurve } from "../../collections/execution.ts";
import type { Bundle } from "../../domain/bundle.ts";
import type { ConsistencyCheck } from "../../domain/watching.ts";
import type { Delay, Latency } from "../../engine/latency.ts";

type Flags = Bundle["flags"]["backtest_guard"];
const DAY_MS = 86_400_000;

/** One taker order: what it was to cost by the curve at the time of looking, and what it did. */
export interface SlippageSample {
  readonly instrument: string;
  readonly notionalUsdt: number;
  readonly bps: number;
}
/** Slippage that the curve expects of an order of that size, bps of notional. */
export const expectedBps = ({ base_bps, slope_bps }: Pick<CostCurve, "base_bps" | "slope_bps">, notional: number) =>
  base_bps + slope_bps * Math.sqrt(notional / 1_000);

/** Sizes that are alike differ by less than this factor. */
const SIZE_FACTOR = 4;
/** An expectation below this counts as this: a share of nearly nothing says nothing. */
const EXPECTED_BPS_MIN = 0.5;

/**
 * Mean absolute percentage error of the curves, a fraction: of the means of orders that are alike (instrument and
 * size), weighed by their number. Single orders scatter around any curve; what is judged is whether it lies beside.
 */
export function slippageMape(
  samples: readonly SlippageSample[],
  curves: ReadonlyMap<string, Pick<CostCurve, "base_bps" | "slope_bps">>,
): { value: number | null; sample: number } {
  const known = samples.filter(({ instrument }) => curves.has(instrument));
  const alike = Map.groupBy(
    known,
    (s) => `${s.instrument}/${Math.floor(Math.log(Math.max(1, s.notionalUsdt)) / Math.log(SIZE_FACTOR))}`,
  );
  let [error, weight] = [0, 0];
  for (const group of alike.values()) {
    const curve = curves.get(group[0]!.instrument)!;
    const expected = meanOf(group.map((s) => expectedBps(curve, s.notionalUsdt)));
    const real = meanOf(group.map((s) => s.bps));
    error += group.length * (Math.abs(real - expected) / Math.max(EXPECTED_BPS_MIN, Math.abs(expected)));
    weight += group.length;
  }
  return { value: weight > 0 ? error / weight : null, sample: weight };
}
const meanOf = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0) / values.length;

/** Notional that was filled, as makers and in all, and that was posted; USDT. */
export interface Turnover {
  readonly filled: number;
  readonly asMaker: number;
  readonly posted: number;
}
/** Real less expected share of takers: posts are expected to be filled by `fillShare`, as backtests plan with it. */
export function takerShares({ filled, asMaker, posted }: Turnover, fillShare: number) {
  if (filled <= 0) return { real: null, expected: null };
  return { real: 1 - Math.min(1, asMaker / filled), expected: 1 - Math.min(1, (posted * fillShare) / filled) };
}

const BISECTIONS = 60;
/**
 * 95th percentile of an order's way there and back, ms: constants plus the sum of two exponential waits, whose
 * distribution is hypoexponential (Ross, Introduction to Probability Models, 10th ed., sect. 5.2.4).
 */
export function assumedAckP95({ order, response }: Pick<Latency, "order" | "response">): number {
  const tail = tailOf(order, response);
  let [low, high] = [0, 100 * (order.jitterMs + response.jitterMs) + 1];
  for (let n = 0; n < BISECTIONS; n++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 0.05) low = middle;
    else high = middle;
  }
  return order.baseMs + response.baseMs + high;
}
/** The chance that both waits together are longer. */
function tailOf({ jitterMs: a }: Delay, { jitterMs: b }: Delay): (ms: number) => number {
  if (a === 0 || b === 0) return (ms) => (a + b === 0 ? 0 : Math.exp(-ms / (a + b)));
  if (a === b) return (ms) => Math.exp(-ms / a) * (1 + ms / a);
  return (ms) => (a * Math.exp(-ms / a) - b * Math.exp(-ms / b)) / (a - b);
}

export interface Compared {
  readonly slippage: { value: number | null; sample: number };
  readonly takers: { real: number | null; expected: number | null; sample: number };
  readonly latency: { real: number | null; assumed: number; sample: number };
}
/** What is compared against the limits of the bundle in force. */
export function checksOf({ slippage, takers, latency }: Compared, flags: Flags): ConsistencyCheck[] {
  const check = (
    name: ConsistencyCheck["name"],
    [value, limit, sample]: [number | null, number, number],
    detail: string,
  ): ConsistencyCheck => {
    const isEnough = value !== null && sample >= flags.fills_min;
    const state = isEnough ? (value > limit ? "BEYOND" : "OK") : "NOT_ENOUGH";
    return { name, value, limit, sample, sample_min: flags.fills_min, state, detail };
  };
  const { real, expected } = takers;
  const difference = real === null || expected === null ? null : Math.abs(real - expected);
  const slower = latency.real === null ? null : Math.abs(latency.real - latency.assumed);
  return [
    check(
      "slippage_mape",
      [slippage.value, flags.slippage_mape_max, slippage.sample],
      "Mean slippage of taker orders against the cost curve's, by instrument and size.",
    ),
    check(
      "taker_share_difference",
      [difference, flags.taker_share_difference_max, takers.sample],
      real === null || expected === null
        ? "Nothing was filled."
        : `${percent(real)} was taken, ${percent(expected)} is expected of what was posted.`,
    ),
    check(
      "latency_p95_difference_ms",
      [slower, flags.latency_p95_difference_ms_max, latency.sample],
      `95 % of answers within ${latency.real === null ? "–" : Math.round(latency.real)} ms; backtests assume ${Math.round(latency.assumed)} ms.`,
    ),
  ];
}
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** Since when something has been beyond its limit. */
export interface GuardState {
  readonly beyond_since?: number;
  /** What was, in words. */
  readonly why?: string;
  /** It still was after so many days that no entries are made. */
  readonly is_long?: true;
}
export interface GuardEffects {
  careful_routing?: string;
  no_entries?: string;
}

/** Too little data changes nothing, for better or worse; all back within, or the guard turned off, undoes it. */
export function decideGuard(
  state: GuardState,
  checks: readonly ConsistencyCheck[],
  { flags, now }: { flags: Flags; now: number },
): { state: GuardState; effects: GuardEffects } {
  const next = flags.enabled ? nextState(state, checks, { flags, now }) : {};
  const { why, is_long } = next;
  if (why === undefined) return { state: next, effects: {} };
  return {
    state: next,
    effects: {
      careful_routing: why,
      ...(is_long && { no_entries: `${why} for ${flags.no_entries_after_days} days` }),
    },
  };
}

function nextState(
  state: GuardState,
  checks: readonly ConsistencyCheck[],
  { flags, now }: { flags: Flags; now: number },
): GuardState {
  const beyond = checks.filter((check) => check.state === "BEYOND");
  if (beyond.length === 0) return checks.some((check) => check.state === "NOT_ENOUGH") ? state : {};
  const beyond_since = state.beyond_since ?? now;
  const isLong = now - beyond_since >= flags.no_entries_after_days * DAY_MS;
  return { beyond_since, why: wordsOf(beyond), ...(isLong && { is_long: true }) };
}
const wordsOf = (checks: readonly ConsistencyCheck[]): string =>
  checks
    .map(({ name, value, limit }) => `${name} ${Math.round((value ?? 0) * 1000) / 1000} is over ${limit}`)
    .join("; ");
