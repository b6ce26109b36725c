/** Whole experiments, hypotheses, models and trainings for the tests of these pages, made by formulas alone. */
import type {
  CurvePoints,
  Experiment,
  ExperimentResult,
  ExperimentRow,
  FoldResult,
  Hypothesis,
  RunSummary,
  Trial,
} from "../../../../shared/domain/experiment.ts";
import type { ModelCard } from "../../../../shared/domain/model.ts";
import type { ModelCurves, Training } from "../../../../shared/domain/training.ts";

const DAY_MS = 86_400_000;
const FROM = 1_793_000_000_000;
const POINTS = 240;
const HASH = "5f".repeat(32);
const PERIOD = "strategies.rsi-dip.position.break_even_roe";
const ATRS = "strategies.rsi-dip.sizing.stop_atrs.NORMAL";

/** A wave on a slope: the same for the same numbers. */
export function aCurve(gain: number, { from = FROM, days = 30, start = 20_000 } = {}): CurvePoints {
  return Array.from({ length: POINTS }, (_, i): [number, number] => {
    const done = i / (POINTS - 1);
    const wave = 0.02 * Math.sin(9 * done + gain) + 0.006 * Math.sin(61 * done);
    return [Math.round(from + done * days * DAY_MS), start * (1 + gain * done + wave - 0.02 * Math.sin(gain))];
  });
}

export const aSummary = (change: Partial<RunSummary> = {}): RunSummary => ({
  from_ts: FROM,
  to_ts: FROM + 30 * DAY_MS,
  net_usdt: "812.4",
  total_return: 0.0406,
  cagr: 0.62,
  sharpe: 1.84,
  sortino: 2.6,
  calmar: 11.2,
  max_drawdown: 0.055,
  profit_factor: 1.42,
  hit_rate: 0.56,
  expectancy_usdt: "5.8",
  exposure: 0.31,
  turnover: 88,
  trades: 140,
  open_trades: 1,
  fees_usdt: "121.3",
  funding_usdt: "-4.2",
  slippage_usdt: "33.1",
  maker_share: 0.4,
  signals: 410,
  liquidations: 0,
  ...change,
});

export const aTrial = (change: Partial<Trial> = {}): Trial => ({
  exp_id: "exp-0001",
  trial: 0,
  params: { [PERIOD]: 0.05 },
  role: "search",
  status: "DONE",
  score: 1.2,
  summary: aSummary(),
  hash: HASH,
  wall_ms: 812,
  ts: FROM,
  ...change,
});

/** A grid of 7 × 6 with a hill in it, one corner failed. */
export const someTrials = (): Trial[] =>
  Array.from({ length: 42 }, (_, trial) => {
    const [x, y] = [trial % 7, Math.floor(trial / 7)];
    const score = 2.2 - 0.28 * (x - 4) ** 2 - 0.22 * (y - 2) ** 2;
    const params = { [PERIOD]: Number((0.02 + 0.01 * x).toFixed(2)), [ATRS]: Number((1 + 0.25 * y).toFixed(2)) };
    if (trial === 41) {
      return {
        ...aTrial({ trial, params, score: null, status: "FAILED", message: "it ran out of memory" }),
        summary: undefined,
      };
    }
    const summary = aSummary({ sharpe: score, net_usdt: (420 * score).toFixed(2), trades: 90 + 5 * x });
    return aTrial({ trial, params, score, summary, wall_ms: 600 + 13 * trial });
  });

const aFold = (fold: number): FoldResult => {
  const from = FROM + fold * 5 * DAY_MS;
  const gain = [0.03, 0.012, -0.008, 0.021][fold] ?? 0.01;
  return {
    fold,
    train: { from, to: from + 10 * DAY_MS },
    test: { from: from + 10 * DAY_MS, to: from + 15 * DAY_MS },
    params: { [PERIOD]: 0.05 + 0.01 * fold, [ATRS]: 1.5 },
    in_sample: aSummary({ sharpe: 2.4 - 0.2 * fold, net_usdt: "410.2" }),
    out_of_sample: aSummary({ sharpe: gain * 60, net_usdt: (gain * 20_000).toFixed(2), trades: 31 }),
    curve: aCurve(gain, { from: from + 10 * DAY_MS, days: 5 }),
  };
};

export const aResult = (change: Partial<ExperimentResult> = {}): ExperimentResult => ({
  params: { [PERIOD]: 0.06, [ATRS]: 1.5 },
  summary: aSummary(),
  curve: aCurve(0.04),
  benchmark: { what: "unchanged", summary: aSummary({ net_usdt: "310.5", sharpe: 0.8 }), curve: aCurve(0.015) },
  folds: [0, 1, 2, 3].map(aFold),
  out_of_sample: {
    summary: aSummary({ net_usdt: "510.1", sharpe: 1.31, trades: 124 }),
    curve: aCurve(0.025, { from: FROM + 10 * DAY_MS, days: 20 }),
  },
  significance: {
    trials: 168,
    periods: 20,
    sharpe: 1.31,
    deflated_sharpe: 0.97,
    mann_whitney_p: 0.021,
    p_value: 0.03,
    mean_return: { low: 0.0002, high: 0.0021, confidence: 0.95 },
    sharpe_interval: { low: 0.3, high: 2.4, confidence: 0.95 },
    notes: ["Returns are of a day."],
  },
  lookahead: {
    cuts: [0.3, 0.6, 0.9].map((part) => ({
      ts: FROM + part * 30 * DAY_MS,
      decisions: Math.round(410 * part),
      same: true,
    })),
    passed: true,
    differences: [],
  },
  sensitivity: [
    { what: "fees", change: "× 1.5", summary: aSummary({ net_usdt: "640.2" }) },
    { what: "fees", change: "× 2", summary: aSummary({ net_usdt: "488.9" }) },
    { what: "latency", change: "+ 100 ms", summary: aSummary({ net_usdt: "790.3" }) },
    { what: "slippage", change: "+ 2 bps", summary: aSummary({ net_usdt: "210.7" }) },
  ],
  assumed: ["funding=0 before 2026-11-01", "within a bar the worse side comes first"],
  data: {
    source: "library: FUT:BTCUSDT bars of 1m",
    from_ts: FROM,
    to_ts: FROM + 30 * DAY_MS,
    events: 43_200,
    problems: [{ source: "BTCUSDT-1m.csv", line: 812, problem: "a gap of 3 bars" }],
  },
  hash: HASH,
  ...change,
});

export const anExperiment = (change: Partial<Experiment> = {}): Experiment => ({
  exp_id: "exp-0001",
  title: "Later break-even for dips",
  design: {
    bundle: "active",
    data: { source: "library", form: "bars", timeframe: "1m", on_problem: "repair" },
    window: { from: FROM, to: FROM + 30 * DAY_MS },
    method: "WALK_FORWARD",
    params: [
      { path: PERIOD, min: 0.02, max: 0.08, step: 0.01, scale: "linear" },
      { path: ATRS, values: [1, 1.25, 1.5, 1.75, 2, 2.25] },
    ],
    search: { kind: "auto", trials_max: 200, population: 24, trades_min: 10 },
    folds: { count: 4, anchored: false, embargo_ms: 3_600_000 },
    objective: "sharpe",
    seed: 7,
    benchmark: "unchanged",
    wallets: { spot_usdt: "10000", fut_usdt: "10000" },
    fill: { spread_bps: 1, slippage_bps: 0.5, depth_usdt: 1_000_000, path: "worst" },
    checks: true,
  },
  status: "DONE",
  progress: { done: 168, total: 168, stage: "done" },
  best: { trial: 18, params: { [PERIOD]: 0.06, [ATRS]: 1.5 }, score: 2.2 },
  result: aResult(),
  author: "admin",
  created_at: FROM + 31 * DAY_MS,
  started_at: FROM + 31 * DAY_MS + 1_000,
  ended_at: FROM + 31 * DAY_MS + 95_000,
  ...change,
});

export function aRow({ result, design, ...rest }: Experiment = anExperiment()): ExperimentRow {
  const { bundle: _, ...designed } = design;
  return {
    ...rest,
    design: designed,
    bundle: "active",
    ...(result && {
      summary: result.summary,
      significance: result.significance,
      ...(result.out_of_sample && { out_of_sample: result.out_of_sample.summary }),
    }),
  };
}

export const aHypothesis = (change: Partial<Hypothesis> = {}): Hypothesis => ({
  hypothesis_id: "dips-revert",
  title: "Dips under RSI 25 revert within the hour",
  statement:
    "Buying FUT:BTCUSDT at RSI(14) under 25 and closing within an hour earns more than the bundle as it stands.",
  family: "dips",
  design: anExperiment().design,
  p_value: 0.021,
  adjusted_p: 0.042,
  status: "CONFIRMED",
  trials: 168,
  experiments: ["exp-0001"],
  author: "admin",
  created_at: FROM + 30 * DAY_MS,
  updated_at: FROM + 31 * DAY_MS,
  ...change,
});

export const aModel = (change: Partial<ModelCard> = {}): ModelCard => ({
  model_id: "dip-win",
  hash: HASH,
  features: ["rsi_14_1m", "obi_top5", "ret_5m", "side"],
  reference: [50, 0, 0, 0],
  label_horizon: 12,
  window: { from_ts: FROM, to_ts: FROM + 30 * DAY_MS },
  metrics: { auc: 0.612, brier: 0.231, log_loss: 0.661 },
  training_id: "training-1795000000000-0123abcd",
  bytes: 1_204,
  author: "admin",
  created_at: FROM + 31 * DAY_MS,
  ...change,
});

const part = (from: number, rows: number) => ({
  from_ts: from,
  to_ts: from + 20 * DAY_MS,
  until: from + 20.5 * DAY_MS,
  rows,
  positives: Math.round(rows * 0.46),
  negatives: rows - Math.round(rows * 0.46),
  counterfactual: Math.round(rows * 0.7),
});
const figures = {
  ...{ auc: 0.612, auc_low: 0.548, auc_high: 0.671, brier: 0.231, brier_skill: 0.07 },
  ...{ calibration_error: 0.031, log_loss: 0.661 },
};

export const someCurves = (): ModelCurves => ({
  model_id: "dip-win",
  hash: HASH,
  training_id: "training-1795000000000-0123abcd",
  label_horizon: 12,
  calibration: "platt",
  l2: 0.1,
  seed: 1,
  train: part(FROM, 2_400),
  tail: part(FROM + 21 * DAY_MS, 800),
  purged: 36,
  figures,
  interval: { level: 0.95, resamples: 1_000, block: 9 },
  reliability: Array.from({ length: 10 }, (_, i) => {
    const count = [0, 4, 61, 140, 202, 190, 121, 64, 18, 0][i]!;
    const mean_p = count > 0 ? (i + 0.5) / 10 : null;
    const share = mean_p === null ? null : Math.min(1, mean_p + 0.05 * Math.sin(2.4 * i));
    return { from: i / 10, to: (i + 1) / 10, count, mean_p, share, is_thin: count < 20 };
  }),
  roc: Array.from({ length: 41 }, (_, i) => {
    const fpr = i / 40;
    return { fpr, tpr: fpr ** 0.65, threshold: i === 0 ? null : 1 - fpr };
  }),
  histogram: Array.from({ length: 10 }, (_, i) => {
    const count = [0, 4, 61, 140, 202, 190, 121, 64, 18, 0][i]!;
    const positives = Math.round((count * (i + 0.5)) / 10);
    return { from: i / 10, to: (i + 1) / 10, positives, negatives: count - positives };
  }),
  folds: Array.from({ length: 5 }, (_, i) => ({
    ...{ from_ts: FROM + 4 * i * DAY_MS, to_ts: FROM + 4 * (i + 1) * DAY_MS, train_rows: 1_900, test_rows: 480 },
    ...{ purged: 12, positives: 220, auc: 0.58 + 0.02 * i, brier: 0.24 - 0.003 * i, log_loss: 0.68 - 0.005 * i },
    is_thin: i === 4,
  })),
  l2_tried: [0.01, 0.1, 1, 10].map((l2) => ({ l2, log_loss: 0.67 + 0.01 * Math.abs(Math.log10(l2) + 1), auc: 0.6 })),
  weights: [
    { feature: "rsi_14_1m", standardised: -0.62, weight: -0.052, mean: 48.2, deviation: 11.9 },
    { feature: "obi_top5", standardised: 0.31, weight: 0.83, mean: 0.02, deviation: 0.37 },
    { feature: "ret_5m", standardised: -0.12, weight: -84, mean: 0, deviation: 0.0014 },
    { feature: "side", standardised: 0.04, weight: 0.04, mean: 0.1, deviation: 0.99 },
  ],
  notes: ["Labels overlap: the interval is drawn in blocks."],
  created_at: FROM + 31 * DAY_MS,
});

export const aTraining = (change: Partial<Training> = {}): Training => ({
  training_id: "training-1795000000000-0123abcd",
  model_id: "dip-win",
  status: "DONE",
  stage: "OVER",
  progress: 1,
  request: {
    ...{ model_id: "dip-win", label_horizon: 12, window: {}, tail_share: 0.25, calibration: "platt" },
    ...{ folds: 5, embargo_h: 1, seed: 1 },
  },
  result: {
    ...{ hash: HASH, features: aModel().features, l2: 0.1, train: someCurves().train, tail: someCurves().tail },
    ...{ purged: 36, figures, notes: ["Labels overlap."], onnx_off: 2e-7 },
  },
  actor: "admin",
  created_at: FROM + 31 * DAY_MS,
  started_at: FROM + 31 * DAY_MS,
  ended_at: FROM + 31 * DAY_MS + 9_000,
  ...change,
});
