/**
 * Trains the baseline: a logistic regression on the older rows, its λ chosen and its probabilities calibrated by folds
 * within them, measured on the newest rows, which nothing before has seen.
 */
import type { Calibration, ModelCurves, Shortage, TrainingPart } from "../../domain/training.ts";
import { auc } from "../stats/auc.ts";
import { brierScore, logLoss } from "../stats/brier.ts";
import type { Chance } from "../stats/chance.ts";
import { sigmoid } from "../stats/log-loss.ts";
import { fitLogisticInParts, type LogisticFit, type LogisticModel, logOdds } from "../stats/logistic.ts";
import { fitPlatt, type Platt } from "../stats/platt.ts";
import { type Fold, purgedFolds } from "../stats/purged-folds.ts";
import { type Measured, measure, notesOn, partOf, THIN_ROWS } from "./measure.ts";
import { splitTail } from "./split-tail.ts";
import { probability, type TrainedModel, trainedModel } from "./trained-model.ts";
import type { TrainingRow } from "./training-rows.ts";

/** Of each kind, in the training part and in the tail: with fewer no figure would mean anything. */
export const NEEDED = { train: 50, tail: 20 } as const;

/** Tried when none is given, strongest last. */
export const L2_GRID: readonly number[] = [0.1, 1, 10, 100, 1_000];

export interface TrainOptions {
  readonly features: readonly string[];
  readonly label_horizon: number;
  readonly tail_share: number;
  readonly embargo_ms: number;
  readonly folds: number;
  readonly l2?: number | undefined;
  readonly calibration: Calibration;
  readonly chance: Chance;
}

type Told = Pick<ModelCurves, "train" | "tail" | "purged" | "l2" | "folds" | "l2_tried" | "weights" | "notes">;
export interface Trained extends Told, Measured {
  readonly kind: "trained";
  readonly model: TrainedModel;
  /** What each input is on average in the training part. */
  readonly reference: readonly number[];
  readonly tail_rows: readonly TrainingRow[];
}

export type Outcome = Trained | { readonly kind: "short"; readonly shortages: Shortage[] };

/** What it is at, told where that changes; undefined: one part of it is done. */
export type TrainStep = { readonly stage: "FOLDS" | "FITTING"; readonly done: number } | undefined;

/** In parts of some milliseconds; the same rows in the same order and the same chance give the same outcome, to the bit. */
export function* train(rows: readonly TrainingRow[], options: TrainOptions): Generator<TrainStep, Outcome, unknown> {
  const split = splitTail(rows, { share: options.tail_share, embargo_ms: options.embargo_ms });
  const [older, tail] = [split.train.map((i) => rows[i]!), split.tail.map((i) => rows[i]!)];
  const parts = { train: partOf(older), tail: partOf(tail) };
  const shortages = shortagesOf(parts);
  if (shortages.length > 0) return { kind: "short", shortages };
  yield;
  const tried = yield* tryEach(older, options);
  const best = tried.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
  yield { stage: "FITTING", done: 0 };
  const fit = yield* fitLogisticInParts(older, { l2: best.l2 });
  const notes = fit.converged ? [] : ["The fit ended before it had reached its least loss."];
  const platt = calibrationOf(options.calibration, best.scores, notes);
  const model = trainedModel(fit, platt);
  yield { stage: "FITTING", done: 0.5 };
  const told = tail.map((row) => ({ ...row, p: probability(model, row.inputs) }));
  const measured = yield* measure(told, options.chance);
  const { features, label_horizon } = options;
  notes.push(...notesOn({ ...measured, ...parts, inputs: features.length, label_horizon }));
  return {
    ...{ kind: "trained", model, reference: fit.means, tail_rows: tail, ...measured, ...parts, notes },
    ...{ purged: split.purged.length, l2: best.l2, folds: best.folds },
    l2_tried: tried.map(({ l2, log_loss, auc: area }) => ({ l2, log_loss, auc: area })),
    weights: weightsOf(features, fit, platt.slope),
  };
}

type Rows = readonly TrainingRow[];

function shortagesOf(parts: Readonly<Record<"train" | "tail", TrainingPart>>): Shortage[] {
  return (["train", "tail"] as const).flatMap((part) =>
    (["positives", "negatives"] as const)
      .map((kind) => ({ part, kind, there: parts[part][kind], needed: NEEDED[part] }))
      .filter(({ there, needed }) => there < needed),
  );
}

/** A λ with what it came to on rows that the fits had not seen. */
interface Tried {
  readonly l2: number;
  readonly scores: readonly { readonly score: number; readonly positive: boolean }[];
  readonly folds: ModelCurves["folds"];
  readonly log_loss: number | null;
  readonly auc: number | null;
}

/** Where no fold could be fitted any λ is as good as another, and the first is taken. */
const lossOf = ({ log_loss }: Tried): number => log_loss ?? Number.POSITIVE_INFINITY;

function* tryEach(rows: Rows, { l2, folds, embargo_ms }: TrainOptions): Generator<TrainStep, Tried[], unknown> {
  const cut = purgedFolds(rows, { folds, embargo_ms });
  const tried: Tried[] = [];
  // The strongest first: where two do alike, the simpler model is kept.
  const grid = l2 === undefined ? L2_GRID.toReversed() : [l2];
  for (const each of grid) {
    const told: FoldTold[] = [];
    for (const fold of cut) {
      yield { stage: "FOLDS", done: (tried.length + told.length / cut.length) / grid.length };
      told.push(yield* tryFold(rows, fold, each));
    }
    const scores = told.flatMap((fold) => fold.scores);
    tried.push({
      ...{ l2: each, scores, folds: told.map((fold) => fold.figures) },
      ...{ log_loss: logLoss(forecasts(scores)), auc: auc(scores) },
    });
  }
  return tried;
}

interface FoldTold {
  readonly scores: Tried["scores"];
  readonly figures: ModelCurves["folds"][number];
}

function* tryFold(rows: Rows, fold: Fold, l2: number): Generator<undefined, FoldTold, unknown> {
  const learnt = fold.train.map((i) => rows[i]!);
  const unseen = fold.test.map((i) => rows[i]!);
  const hasBoth = [true, false].every((kind) => learnt.some(({ positive }) => positive === kind));
  const model = hasBoth ? (yield* fitLogisticInParts(learnt, { l2 })).model : undefined;
  const scores = model === undefined ? [] : unseen.map((row) => scoreOf(model, row));
  const told = forecasts(scores);
  const { from_ts, to_ts, positives, negatives } = partOf(unseen);
  return {
    scores,
    figures: {
      ...{ from_ts, to_ts, train_rows: learnt.length, test_rows: unseen.length, purged: fold.purged.length },
      ...{ positives, auc: auc(scores), brier: brierScore(told), log_loss: logLoss(told) },
      is_thin: Math.min(positives, negatives) < THIN_ROWS,
    },
  };
}

/** Every input of a row has a value, so that there is a score. */
const scoreOf = (model: LogisticModel, { inputs, positive }: TrainingRow) => ({
  score: logOdds(model, inputs) as number,
  positive,
});
const forecasts = (scores: Tried["scores"]) => scores.map(({ score, positive }) => ({ p: sigmoid(score), positive }));

const AS_IT_IS: Platt = { slope: 1, shift: 0 };

/** Adds to `notes` what is to be known of it. */
function calibrationOf(kind: Calibration, scores: Tried["scores"], notes: string[]): Platt {
  if (kind === "none") return AS_IT_IS;
  if (scores.length === 0) {
    notes.push("No fold could be fitted, so that there was nothing to calibrate with.");
    return AS_IT_IS;
  }
  const platt = fitPlatt(scores);
  if (platt.slope > 0) return platt;
  notes.push("Out of fold its scores told nothing: calibrated, it says the same probability always.");
  // Of equal scores it learns the share of positives alone.
  return fitPlatt(scores.map(({ positive }) => ({ score: 0, positive })));
}

function weightsOf(features: readonly string[], fit: LogisticFit, slope: number): ModelCurves["weights"] {
  return features
    .map((feature, j) => ({
      ...{ feature, standardised: slope * fit.standardised[j]!, weight: slope * fit.model.weights[j]! },
      ...{ mean: fit.means[j]!, deviation: fit.deviations[j]! },
    }))
    .toSorted((a, b) => Math.abs(b.standardised) - Math.abs(a.standardised) || (a.feature < b.feature ? -1 : 1));
}
