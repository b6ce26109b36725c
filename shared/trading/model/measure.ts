/** Measures probabilities against what came true, and says of each figure what it rests on. */
import type { ModelCurves, ModelFigures, TrainingPart } from "../../domain/training.ts";
import { aucIntervalOfBlocksInParts } from "../stats/auc.ts";
import { blockOf } from "../stats/bootstrap.ts";
import { brierScore, brierSkill, calibrationError, type Forecast, logLoss, reliabilityCurve } from "../stats/brier.ts";
import type { Chance } from "../stats/chance.ts";
import type { InParts } from "../stats/in-parts.ts";
import type { Span } from "../stats/purged-folds.ts";
import { rocCurve } from "../stats/roc.ts";

/** A row with what was said about it. */
export interface Told extends Span, Forecast {
  readonly counterfactual: boolean;
}

/** A share of fewer rows is nothing to go by: its 95 % reach over more than half of all there is. */
export const THIN_ROWS = 10;
const LEVEL = 0.95;
const RESAMPLES_MAX = 2_000;
const RESAMPLES_MIN = 400;
/** Rows drawn in all, about: a second. */
const DRAWS = 5_000_000;
const HISTOGRAM_BINS = 20;

/** `rows` in order of time. */
export function partOf(rows: readonly (Span & Pick<Told, "positive" | "counterfactual">)[]): TrainingPart {
  const positives = rows.filter(({ positive }) => positive).length;
  return {
    from_ts: rows[0]?.from_ts ?? 0,
    to_ts: rows.at(-1)?.from_ts ?? 0,
    until: rows.reduce((latest, { to_ts }) => Math.max(latest, to_ts), 0),
    rows: rows.length,
    positives,
    negatives: rows.length - positives,
    counterfactual: rows.filter(({ counterfactual }) => counterfactual).length,
  };
}

export type Measured = Pick<ModelCurves, "figures" | "interval" | "reliability" | "roc" | "histogram">;

/** `told` in order of time, at least one. */
export function* measure(told: readonly Told[], chance: Chance): InParts<Measured> {
  const scored = told.map(({ p, positive }) => ({ score: p, positive }));
  const block = overlapOf(told);
  const resamples = Math.min(RESAMPLES_MAX, Math.max(RESAMPLES_MIN, Math.floor(DRAWS / told.length)));
  const auc = yield* aucIntervalOfBlocksInParts(scored, block, { chance, level: LEVEL, resamples });
  const bins = reliabilityCurve(told);
  return {
    figures: {
      ...{ auc: auc.estimate, auc_low: auc.low, auc_high: auc.high },
      ...{ brier: brierScore(told), brier_skill: brierSkill(told) },
      ...{ calibration_error: calibrationError(bins), log_loss: logLoss(told) },
    },
    interval: { level: LEVEL, resamples, block },
    reliability: bins.map((bin) => ({ ...bin, is_thin: bin.count < THIN_ROWS })),
    roc: rocCurve(scored),
    histogram: histogramOf(told),
  };
}

/** How many rows hang together: those that begin within a label's span on average, and no fewer than the plain choice. */
export function overlapOf(rows: readonly Span[]): number {
  let [sum, next] = [0, 0];
  for (const [i, { to_ts }] of rows.entries()) {
    next = Math.max(next, i);
    while (next < rows.length && rows[next]!.from_ts <= to_ts) next++;
    sum += next - i;
  }
  return Math.min(rows.length, Math.max(blockOf(rows.length), Math.round(sum / rows.length)));
}

function histogramOf(told: readonly Told[]): ModelCurves["histogram"] {
  const bins = Array.from({ length: HISTOGRAM_BINS }, (_, i) => ({
    ...{ from: i / HISTOGRAM_BINS, to: (i + 1) / HISTOGRAM_BINS, positives: 0, negatives: 0 },
  }));
  for (const { p, positive } of told) {
    bins[Math.min(HISTOGRAM_BINS - 1, Math.floor(p * HISTOGRAM_BINS))]![positive ? "positives" : "negatives"] += 1;
  }
  return bins;
}

/** With fewer labels in a row than this, intervals of noise leave out ½ in up to a fifth of cases and not a twentieth. */
const SPANS_MIN = 20;
/** Peduzzi et al. 1996: fewer of the rarer kind for each input, and weights are hardly to be told. */
const EVENTS_PER_INPUT = 10;

interface Known {
  readonly figures: ModelFigures;
  readonly reliability: ModelCurves["reliability"];
  readonly train: TrainingPart;
  readonly tail: TrainingPart;
  readonly inputs: number;
  readonly label_horizon: number;
}

const HOUR_MS = 3_600_000;

/** What is to be known before the figures are believed. */
export function notesOn({ figures, reliability, train, tail, inputs, label_horizon }: Known): string[] {
  const notes: string[] = [];
  const spans = (tail.until - tail.from_ts) / (label_horizon * HOUR_MS);
  if (spans < SPANS_MIN) {
    const told = "too little of it is independent, and intervals are narrower than they should be";
    notes.push(`The tail is only ${spans.toFixed(1)} label horizons long: ${told}.`);
  }
  const rarer = Math.min(train.positives, train.negatives);
  if (rarer < EVENTS_PER_INPUT * inputs) {
    const kind = train.positives <= train.negatives ? "positives" : "negatives";
    const wanted = `${EVENTS_PER_INPUT} for each`;
    notes.push(`${rarer} ${kind} for ${inputs} inputs: with fewer than ${wanted} weights are hardly to be told.`);
  }
  const thin = reliability.filter(({ count, is_thin }) => is_thin && count > 0).length;
  if (thin > 0) notes.push(`Bins of the reliability curve with fewer than ${THIN_ROWS} rows: ${thin}.`);
  const { auc_low, auc_high, brier_skill } = figures;
  if (auc_low === null || auc_high === null) notes.push("There is too little in the tail for an interval of the AUC.");
  else if (auc_low <= 0.5 && auc_high >= 0.5) notes.push("The AUC's interval holds 0.5: it may be luck.");
  else if (auc_high < 0.5) notes.push("The AUC lies below 0.5: what it learnt has turned round in the tail.");
  if (brier_skill !== null && brier_skill <= 0) {
    notes.push("Saying the tail's share of positives always would have a better Brier score.");
  }
  return notes;
}
