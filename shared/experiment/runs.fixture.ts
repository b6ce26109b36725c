/** Runs made up from a seed and a drift: what search, folds and significance are tried on without an engine. */
import { Bundle } from "../domain/bundle.ts";
import { ExperimentDesign, type ParamSet } from "../domain/experiment.ts";
import { digest } from "../keys.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import type { ResolvedDesign } from "./check-design.ts";
import { joinRuns } from "./join-runs.ts";
import { type RunPart, scoreOf, summaryOf } from "./run-summary.ts";
import type { TrialAnswer, TrialOutcome, TrialRequest } from "./trial-request.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const SAMPLE = 6 * HOUR;
export const START = Date.UTC(2024, 0, 1);

export const bundle: Bundle = Bundle.parse({
  ...{ format: 1, bundle_id: "test", rev: 1, factors: ["rsi_14_1m", "atr_14_1m"] },
  strategies: [
    {
      strategy_id: "rsi-dip",
      instruments: ["FUT:BTCUSDT"],
      triggers: [{ kind: "cross", factor: "rsi_14_1m", level: 30, direction: "down" }],
      long: {
        allOf: [
          { f: "rsi_14_1m", op: "<", v: 30 },
          { f: "spread_bps", op: "<", v: 5 },
        ],
      },
      position: { break_even_roe: 0.05 },
    },
  ],
  rules: [{ rule_id: "no-news", when: { f: "rsi_14_1m", op: ">", v: 90 }, effect: { size_mult: 0.5 } }],
  instruments: [{ instrument: "FUT:BTCUSDT" }],
});

export const designOf = (change: object = {}): ResolvedDesign =>
  ExperimentDesign.parse({
    ...{ bundle, window: { from: START, to: START + 100 * DAY }, search: { trades_min: 0 } },
    ...change,
  }) as ResolvedDesign;

/** Normal returns a period with this mean and deviation, and a trade every third period. */
export function partOf(
  from_ts: number,
  periods: number,
  { drift = 0, deviation = 0.01, seed = 1, period = DAY } = {},
): RunPart {
  const chance = seededChance(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
  let worth = 20_000;
  const equity = [{ ts: from_ts, equity_usdt: "20000" }];
  for (let i = 1; i <= periods; i++) {
    worth *= 1 + drift + deviation * normal();
    equity.push({ ts: from_ts + i * period, equity_usdt: worth.toFixed(8) });
  }
  const trades = Array.from({ length: Math.floor(periods / 3) }, (_, i) => ({
    ...{ opened_at: from_ts + 3 * i * period, closed_at: from_ts + (3 * i + 1) * period },
    ...{ pnl_usdt: i % 2 === 0 ? "2" : "-1", entry_cost_usdt: "100", exit_value_usdt: "101" },
  }));
  const costs = { fees_usdt: "1", funding_usdt: "-0.5", slippage_usdt: "0.25", notional_usdt: "200", maker_share: 0.5 };
  return { from_ts, to_ts: from_ts + periods * period, equity, trades, costs, signals: 10, liquidations: 0 };
}

/** How good a set of params is, in drift a day. */
export type Landscape = (params: ParamSet) => number;

export function answerTo(
  { params, windows, keep, subject, stress, cut_ts }: TrialRequest,
  landscape: Landscape,
): TrialAnswer {
  const drift = subject === "hold" ? 0 : landscape(params) - 0.001 * (stress.fee_mult - 1);
  const parts = windows.map(({ from, to }) => {
    return partOf(from, Math.floor((to - from) / SAMPLE), {
      drift: drift / 4,
      deviation: 0.005,
      seed: from,
      period: SAMPLE,
    });
  });
  const until = cut_ts ?? Number.POSITIVE_INFINITY;
  const decided = parts.flatMap(({ equity }) =>
    equity.flatMap(({ ts }) =>
      ts < until ? [{ ts, what: "rsi-dip FUT:BTCUSDT open", hash: digest(String(ts)) }] : [],
    ),
  );
  return {
    summary: summaryOf(joinRuns(parts, true), DAY),
    hash: digest(JSON.stringify([params, windows, stress, subject])),
    ...(keep !== "summary" && { parts, decided }),
    assumed: ["made up"],
  };
}

export const outcomeOf = (request: TrialRequest, landscape: Landscape): TrialOutcome => {
  const answer = answerTo(request, landscape);
  return { status: "DONE", score: scoreOf(answer.summary, "sharpe", 0), ...answer };
};
