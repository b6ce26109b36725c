/** Whole simulations and promotions for the tests of these pages, made by formulas alone. */
import type { ArmFigures, GateResult, GuardrailVerdict, Promotion } from "../../../../shared/domain/promotion.ts";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { aCurve, aSummary } from "../research/samples.ts";

const HOUR_MS = 3_600_000;
const FROM = 1_795_000_000_000;
const HASH = "3c".repeat(32);
const INSTRUMENTS = ["FUT:BTCUSDT", "FUT:ETHUSDT", "SPOT:BTCUSDT"];

const gate = (of: Pick<GateResult, "name"> & Partial<GateResult>): GateResult => ({
  ...{ state: "PASSED", value: null, limit: null, detail: "" },
  ...of,
});
export const someGates = (): GateResult[] => [
  gate({ name: "lint", value: 0, limit: 0, detail: "it lints against what exists now" }),
  gate({ name: "dry_run", value: 0.18, limit: 0.6, detail: "rules skip 18.0 % of 1204 signals; at most 60 %" }),
  gate({ name: "robustness", value: 0.942, limit: 0.6, detail: "94.2 % of decisions stand; at least 60 %" }),
  gate({ name: "health", value: "GREEN", limit: "YELLOW", detail: "health is GREEN; it must be better than ORANGE" }),
  gate({ name: "steps", state: "NOT_ENOUGH", detail: "CANARY needs no step before it" }),
];

export const aSimulation = (change: Partial<Simulation> = {}): Simulation => ({
  ...{ sim_id: "sim-0001", bundle_id: "shipped", rev: 8, hash: HASH, active_rev: 7, active_hash: "5f".repeat(32) },
  request: {
    ...{ bundle_id: "shipped", rev: 8, active_rev_ref: "CURRENT", method: "LABELS", horizons: ["12h", "24h", "36h"] },
    window: { from_ts: FROM - 24 * HOUR_MS, to_ts: FROM },
    sensitivity: { epsilon: 0.05, topk: 5, n_eval: 1_000 },
  },
  ...{ status: "DONE", progress: 1, author: "rita", created_at: FROM, started_at: FROM + 400, ended_at: FROM + 9_400 },
  summary: {
    ...{ signals: 4_210, not_weighed: 12, both_open: 612, only_active: 143, only_candidate: 57, neither: 3_386 },
    ...{
      changed: 231,
      changed_share: 0.055,
      wanted: 1_204,
      similarity: 0.754,
      skipped_by_rules_share: 0.18,
      sized_up_share: 0.04,
    },
    unweighable: [{ reason: "a program's strategy", signals: 12 }],
    rules: [
      { rule_id: "skip-long-into-selling", active: 214, candidate: 301 },
      { rule_id: "smaller-in-extreme", active: 96, candidate: 96 },
      { rule_id: "no-weekend-adds", active: 0, candidate: 41 },
    ],
    strategies: [
      { strategy_id: "book-pressure", signals: 2_104, active: 410, candidate: 371 },
      { strategy_id: "trend-bars", signals: 1_402, active: 298, candidate: 251 },
      { strategy_id: "spot-reversion", signals: 704, active: 47, candidate: 47 },
    ],
    reasons: [
      { reason: "no_side", active: 2_710, candidate: 2_710 },
      { reason: "spread_bps", active: 412, candidate: 431 },
      { reason: "skip-long-into-selling", active: 214, candidate: 301 },
    ],
  },
  approx_effect: [
    effect("12h", { labelled: 640, difference: 14.2, interval: [-6.1, 33.9] }),
    effect("24h", { labelled: 511, difference: 38.6, interval: [4.4, 71.2] }),
    effect("36h", { labelled: 12, difference: -3.1, interval: null }),
  ],
  sensitivity_analysis: {
    ...{ epsilon: 0.05, evaluated: 1_000, flip_share: 0.058, lipschitz_median: 0.41, robustness: 0.942 },
    factors: ["obi_5", "trade_imb_10s", "rsi_14_5s", "ret_10s", "spread_bps"].map((factor, i) => ({
      ...{ factor, flips: 0.031 / (i + 1), lipschitz: 0.8 / (i + 1) },
    })),
  },
  bounds_guard: someGates().slice(1, 3),
  changed: Array.from({ length: 24 }, (_, i) => ({
    ...{ signal_id: `signal-${i}`, ts: FROM - i * 611_000, strategy_id: i % 3 ? "book-pressure" : "trend-bars" },
    instrument: INSTRUMENTS[i % INSTRUMENTS.length]!,
    active: i % 4 ? "BUY × 1" : "skip: no_side",
    candidate: i % 4 ? "skip: skip-long-into-selling" : "BUY × 0.8",
  })),
  ...change,
});

function effect(
  horizon: "12h" | "24h" | "36h",
  of: { labelled: number; difference: number; interval: [number, number] | null },
) {
  const active_usdt = 101.4;
  return {
    ...{ horizon, labelled: of.labelled, unlabelled: 812 - of.labelled, active_usdt },
    candidate_usdt: active_usdt + of.difference,
    ...{ difference_usdt: of.difference, interval_usdt: of.interval },
  };
}

/** The same by replay. */
export const aReplay = (): Simulation => {
  const { approx_effect: _, changed: __, ...rest } = aSimulation({ sim_id: "sim-0002" });
  return {
    ...rest,
    request: { ...rest.request, method: "REPLAY" },
    replay: {
      active: { summary: aSummary(), curve: aCurve(0.041), assumed: ["fills at the touch as the book had it"] },
      candidate: { summary: aSummary({ net_usdt: "1021.9" }), curve: aCurve(0.052), assumed: [] },
    },
  };
};

export const anArm = (change: Partial<ArmFigures> = {}): ArmFigures => ({
  ...{ rev: 7, signals: 3_812, decisions: 3_812, opened: 612, entries: 612, rejected: 41, reject_rate: 0.067 },
  ...{ trades_closed: 588, trades_open: 3, pnl_usdt: "84.20", roe_mean: 0.0071, drawdown_usdt: "21.40" },
  ...{ labels: 588, auc: 0.561, brier: 0.2411, curve: aCurve(0.9, { from: FROM, days: 1, start: 44 }).map(fromZero) },
  ...change,
});
const fromZero = ([ts, value]: [number, number]): [number, number] => [ts, value - 44];

export const someGuardrails = (): GuardrailVerdict[] => [
  {
    ...{ name: "drawdown", state: "OK", value: "14.8", limit: "25", sample: 62, sample_min: 20 },
    detail: "fell 14.8 USDT from its peak in 62 closed trades; at most 25",
  },
  {
    ...{ name: "pnl", state: "OK", value: -0.0012, limit: -0.005, sample: 62, sample_min: 20 },
    detail: "mean ROE of a trade is 0.12 % beside the others', surely below -0.12 %; at least -0.5 %",
  },
  {
    ...{ name: "reject_rate", state: "OK", value: 0.09, limit: 0.2, sample: 67, sample_min: 20 },
    detail: "6 of 67 entries refused or come to nothing; at most 20 %",
  },
  {
    ...{ name: "auc", state: "NOT_ENOUGH", value: null, limit: 0.5, sample: 12, sample_min: 300 },
    detail: "12 of 300 labels with a model that it takes",
  },
  {
    ...{ name: "brier", state: "NOT_ENOUGH", value: null, limit: 0.28, sample: 12, sample_min: 300 },
    detail: "12 of 300 labels with a model that it takes",
  },
];

const SERVICES = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08"];

export const aPromotion = (change: Partial<Promotion> = {}): Promotion => ({
  ...{ promotion_id: "b2".repeat(16), mode: "CANARY", status: "ACTIVE", bundle_id: "shipped" },
  ...{ from_rev: 7, to_rev: 8, rev: 8, hash: HASH, traffic_pct: 10, duration_h: 24, afterwards: "RAMP" },
  ...{ author: "rita", note: "Wait for sellers to be done before going long.", gates: someGates() },
  guardrails: someGuardrails(),
  stable: anArm(),
  canary: anArm({
    ...{ rev: 8, signals: 422, decisions: 422, opened: 67, entries: 67, rejected: 6, reject_rate: 0.09 },
    ...{ trades_closed: 62, trades_open: 1, pnl_usdt: "12.62", roe_mean: 0.0083, drawdown_usdt: "14.80" },
    ...{ labels: 12, auc: null, brier: null },
    curve: aCurve(0.28, { from: FROM, days: 1, start: 44 }).map(fromZero),
  }),
  services: SERVICES.map((service, i) => ({
    ...{ service, replica: "1", rev: 7, ...(i !== 6 && { canary_rev: 8 }) },
    state: i === 6 ? "WAITING" : "HAS",
  })),
  timeline: [
    {
      ts: FROM - 9_000,
      what: "ASKED",
      detail: "Canary of revision 8 of the bundle shipped at 10 % for 24 h, then ramp; by rita",
    },
    { ts: FROM - 9_000, what: "GATES_PASSED", detail: "lint passed, dry_run passed, robustness passed, health passed" },
    { ts: FROM - 8_900, what: "TOLD", detail: "revision 8 was told to all" },
    { ts: FROM, what: "HELD_BY_ALL", detail: "8 replicas run it" },
  ],
  ...{ created_at: FROM - 9_000, started_at: FROM, until: FROM + 24 * HOUR_MS },
  ...change,
});

/** The same, once it has lost too much. */
export const aTakenBack = (): Promotion => {
  const [drawdown, ...others] = someGuardrails();
  const reason = "drawdown: fell 26.1 USDT from its peak in 71 closed trades; at most 25";
  const at = FROM + 5 * HOUR_MS;
  const promotion = aPromotion({ promotion_id: "c3".repeat(16), status: "ROLLED_BACK", reason, ended_at: at });
  return {
    ...promotion,
    guardrails: [{ ...drawdown!, state: "BREACHED", value: "26.1", sample: 71, detail: reason }, ...others],
    timeline: [
      ...promotion.timeline,
      { ts: at, what: "BREACHED", detail: reason },
      { ts: at, what: "TAKEN_BACK", detail: `${reason}; by s10` },
    ],
  };
};
