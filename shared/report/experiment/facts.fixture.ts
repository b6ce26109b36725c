/** The facts of a made walk-forward search over two parameters. */
import type { ExperimentResult, FoldResult, RunSummary, Trial } from "../../domain/experiment.ts";
import { ExperimentDesign } from "../../domain/experiment.ts";
import type { ExperimentFacts } from "./facts.ts";

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2025, 2, 6);
const TO = FROM + 90 * DAY_MS;
const [STOP, LIMIT] = ["strategies.rsi-dip.sizing.stop_atr", "strategies.rsi-dip.long.allOf.0.v"] as const;

export const aSummary = (net: number, change: Partial<RunSummary> = {}): RunSummary => ({
  ...{ from_ts: FROM, to_ts: TO, net_usdt: net.toFixed(2), total_return: net / 10_000, cagr: net / 2_500 },
  ...{ sharpe: net / 200, sortino: net / 150, calmar: net / 90, max_drawdown: 0.031, profit_factor: 1 + net / 2_000 },
  ...{ hit_rate: 0.54, expectancy_usdt: (net / 120).toFixed(4), exposure: 0.4, turnover: 210, trades: 120 },
  ...{ open_trades: 0, fees_usdt: "410.2", funding_usdt: "-3.1", slippage_usdt: "22.4", maker_share: 0.1 },
  ...{ signals: 900, liquidations: 0, ...change },
});

export const aTrial = (change: Partial<Trial>): Trial => ({
  ...{ exp_id: "exp-made", trial: 0, params: {}, role: "search", status: "DONE", score: 1, wall_ms: 812, ts: TO },
  ...change,
});

/** A hill with its top at 2 and 30, a little rough. */
const worth = (stop: number, limit: number): number =>
  620 - 160 * (stop - 2) ** 2 - 1.2 * (limit - 30) ** 2 + 40 * Math.sin(stop * 7 + limit);

function trialsOf(): Trial[] {
  const trials: Trial[] = [];
  for (let stop = 1; stop <= 3.5; stop += 0.5) {
    for (let limit = 15; limit <= 45; limit += 5) {
      const net = worth(stop, limit);
      const isFew = limit === 15;
      trials.push(
        aTrial({
          ...{ trial: trials.length, params: { [STOP]: stop, [LIMIT]: limit }, fold: trials.length % 4, role: "train" },
          ...{ score: isFew ? null : net / 200, summary: aSummary(net, { trades: isFew ? 4 : 120 }) },
        }),
      );
    }
  }
  trials.push(
    aTrial({ trial: trials.length, status: "FAILED", score: null, message: "its stop lies above its entry" }),
  );
  return trials;
}

const curve = (end: number, wave: number): [number, number][] =>
  Array.from({ length: 91 }, (_, day) => [
    FROM + day * DAY_MS,
    10_000 + (end * day) / 90 + 60 * Math.sin(day / wave) * Math.sqrt(day / 90),
  ]);

const foldOf = (fold: number): FoldResult => {
  const from = FROM + fold * 15 * DAY_MS;
  const net = [210, -80, 140, 95][fold] as number;
  return {
    ...{ fold, train: { from, to: from + 30 * DAY_MS }, test: { from: from + 30 * DAY_MS, to: from + 45 * DAY_MS } },
    ...{ params: { [STOP]: 2, [LIMIT]: 25 + 5 * (fold % 2) }, in_sample: aSummary(500), curve: curve(net, 3) },
    out_of_sample: aSummary(net, { trades: 28 }),
  };
};

export function madeExperiment(): ExperimentFacts & { experiment: { result: ExperimentResult } } {
  const design = ExperimentDesign.parse({
    ...{ bundle: "active", window: { from: FROM, to: TO }, method: "WALK_FORWARD", folds: { count: 4 } },
    params: [
      { path: STOP, min: 1, max: 3.5, step: 0.5 },
      { path: LIMIT, min: 15, max: 45, step: 5 },
    ],
  });
  const result: ExperimentResult = {
    ...{ params: { [STOP]: 2, [LIMIT]: 30 }, summary: aSummary(612), curve: curve(612, 6) },
    benchmark: { what: "unchanged", summary: aSummary(140), curve: curve(140, 4) },
    folds: [0, 1, 2, 3].map(foldOf),
    out_of_sample: { summary: aSummary(365, { trades: 112 }), curve: curve(365, 5) },
    significance: {
      ...{ trials: 42, periods: 60, sharpe: 1.71, deflated_sharpe: 0.62, mann_whitney_p: 0.21, p_value: 0.38 },
      mean_return: { low: -0.0002, high: 0.0014, confidence: 0.95 },
      ...{ sharpe_interval: { low: -0.4, high: 3.6, confidence: 0.95 }, notes: ["60 returns a day are few."] },
    },
    lookahead: {
      cuts: [20, 45, 70].map((day, index) => ({ ts: FROM + day * DAY_MS, decisions: 210 * (index + 1), same: true })),
      ...{ passed: true, differences: [] },
    },
    sensitivity: [
      { what: "fees", change: "× 1.5", summary: aSummary(380) },
      { what: "latency", change: "× 2", summary: aSummary(590) },
      { what: "slippage", change: "+ 2 bps", summary: aSummary(-45) },
    ],
    assumed: ["market=not moved by us", "within a bar=worst"],
    data: { source: "the library: FUT:BTCUSDT", from_ts: FROM, to_ts: TO, events: 129_600, problems: [] },
    hash: "c4".repeat(32),
  };
  const experiment = {
    exp_id: "exp-made",
    title: "Stop and limit of rsi-dip",
    status: "DONE" as const,
    design,
    result,
  };
  return { experiment, trials: trialsOf() };
}
