/** Training a model here: what is asked for, how far it has come, what it was measured at, and the curves behind that. */
import { z } from "@hono/zod-openapi";
import { FactorId } from "./factor-id.ts";
import { InstrumentId } from "./instrument.ts";
import { MODEL_FEATURES_MAX, ModelCard, ModelHash, ModelId } from "./model.ts";

export const TrainingId = z
  .string()
  .regex(/^training-\d{1,16}-[0-9a-f]{8}$/, "is no training's id")
  .openapi({ example: "training-1767225696000-3f9a02c1" });
/** Isotonic is none of them: its steps are no logistic model, and too steep for the 32-bit floats of ONNX. */
export const Calibration = z.enum(["platt", "none"]);
export type Calibration = z.output<typeof Calibration>;

const Ts = z.number().min(0);
const L2_MIN = 1e-6;
const L2_MAX = 1e6;

export const NewTraining = z
  .object({
    model_id: ModelId,
    features: z.array(FactorId).min(1).max(MODEL_FEATURES_MAX).optional().openapi({
      description: "Factor ids or side, in the model's order; default: what signals carry nearly always, prices apart",
    }),
    strategies: z.array(z.string().min(1).max(64)).min(1).max(50).optional(),
    instruments: z.array(InstrumentId).min(1).max(50).optional(),
    label_horizon: ModelCard.shape.label_horizon,
    window: z
      .object({ from_ts: Ts.optional(), to_ts: Ts.optional() })
      .default({})
      .openapi({ description: "Of the signals, epoch ms, both included; default: all that there are" }),
    tail_share: z
      .number()
      .min(0.1)
      .max(0.5)
      .default(0.25)
      .openapi({ description: "The newest part, which it is measured on and never learns from" }),
    calibration: Calibration.default("platt"),
    l2: z.number().min(L2_MIN).max(L2_MAX).optional().openapi({
      description: "λ on standardised inputs; default: of several the one with the least log loss out of fold",
    }),
    folds: z.number().int().min(2).max(20).default(5),
    embargo_h: z.number().min(0).max(168).default(1),
    seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
    note: ModelCard.shape.note,
  })
  .refine(({ features }) => features === undefined || new Set(features).size === features.length, {
    path: ["features"],
    message: "names one twice",
  })
  .refine(({ window: { from_ts = 0, to_ts = Number.POSITIVE_INFINITY } }) => from_ts < to_ts, {
    path: ["window", "to_ts"],
    message: "is not after from_ts",
  })
  .openapi("NewTraining");
export type NewTraining = z.output<typeof NewTraining>;

const Count = z.number().int();

/** Rows of one part, oldest first. */
export const TrainingPart = z
  .object({
    /** Of the first and the last signal, exchange time; `until` is the end of the last label. */
    from_ts: z.number(),
    to_ts: z.number(),
    until: z.number(),
    rows: Count,
    positives: Count,
    negatives: Count,
    /** Of the rows, those of which nothing was traded. */
    counterfactual: Count,
  })
  .openapi("TrainingPart");
export type TrainingPart = z.output<typeof TrainingPart>;

/** What was read, and what of it could be used. Counts are of labels. */
export const TrainingData = z
  .object({
    labels: Count,
    counterfactual: Count,
    /** Left out: computed or corrected after the training was asked for; signal gone; an input without a value. */
    later: Count,
    without_signal: Count,
    without_value: Count,
    usable: Count,
    features: z.array(z.string()),
    /** Factors that were there and not taken, with why. */
    dropped: z.array(z.object({ feature: z.string(), why: z.string() })),
    /** SHA-256 of all that it learns from. */
    hash: z.string(),
  })
  .openapi("TrainingData");
export type TrainingData = z.output<typeof TrainingData>;

/** Of one part, how many of a kind there are and how many are needed. */
export const Shortage = z.object({
  part: z.enum(["train", "tail"]),
  kind: z.enum(["positives", "negatives"]),
  there: Count,
  needed: Count,
});
export type Shortage = z.output<typeof Shortage>;

/** On the tail; null where it cannot be told. */
export const ModelFigures = z
  .object({
    auc: z.number().nullable(),
    /** 95 % of an interval by drawing blocks of neighbours anew, since labels overlap. */
    auc_low: z.number().nullable(),
    auc_high: z.number().nullable(),
    brier: z.number().nullable(),
    brier_skill: z.number().nullable(),
    calibration_error: z.number().nullable(),
    log_loss: z.number().nullable(),
  })
  .openapi("ModelFigures");
export type ModelFigures = z.output<typeof ModelFigures>;

export const TrainingResult = z
  .object({
    hash: ModelHash,
    features: z.array(z.string()),
    l2: z.number(),
    train: TrainingPart,
    tail: TrainingPart,
    /** Between the two: labels that reach into the tail, or nearly. */
    purged: Count,
    figures: ModelFigures,
    /** What is to be known before any of it is believed, in words. */
    notes: z.array(z.string()),
    /** Greatest distance between the probabilities of the file, run as ONNX, and those of the fit, on the tail. */
    onnx_off: z.number(),
  })
  .openapi("TrainingResult");
export type TrainingResult = z.output<typeof TrainingResult>;

export const TRAINING_STATUSES = ["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED"] as const;
export const TrainingStatus = z.enum(TRAINING_STATUSES);
export type TrainingStatus = z.output<typeof TrainingStatus>;

export const Training = z
  .object({
    training_id: TrainingId,
    model_id: ModelId,
    status: TrainingStatus,
    /**
     * What it is at: reading data, choosing λ by folds, fitting and measuring, trying the file and keeping it; of one
     * that was canceled, where it was.
     */
    stage: z.enum(["WAITING", "READING", "FOLDS", "FITTING", "KEEPING", "OVER"]),
    /** From 0 to 1. */
    progress: z.number(),
    request: NewTraining,
    data: TrainingData.optional(),
    result: TrainingResult.optional(),
    failure: z.object({ code: z.string(), detail: z.string(), shortages: z.array(Shortage).optional() }).optional(),
    /** Why it does not go on just now. */
    waiting_for: z.string().optional(),
    actor: z.string(),
    /** Labels computed after it do not count. */
    created_at: z.number(),
    started_at: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("Training");
export type Training = z.output<typeof Training>;

const Share = z.number();
/** What lies behind a trained model's figures: to be drawn. All of the tail, unless it says otherwise. */
export const ModelCurves = z
  .object({
    model_id: ModelId,
    hash: ModelHash,
    training_id: TrainingId,
    label_horizon: ModelCard.shape.label_horizon,
    calibration: Calibration,
    l2: z.number(),
    seed: z.number().int(),
    train: TrainingPart,
    tail: TrainingPart,
    purged: Count,
    figures: ModelFigures,
    /** How the interval was drawn: the mean block in rows, and how often. */
    interval: z.object({ level: z.number(), resamples: Count, block: z.number() }),
    /** Bins of probability: what was said on average, and the share that came true. Thin: too few rows to go by. */
    reliability: z.array(
      z.object({
        ...{ from: Share, to: Share, count: Count, mean_p: Share.nullable(), share: Share.nullable() },
        is_thin: z.boolean(),
      }),
    ),
    /** From (0, 0) to (1, 1); with every probability of `threshold` and above taken for positive. The first has none. */
    roc: z.array(z.object({ fpr: Share, tpr: Share, threshold: Share.nullable() })),
    /** Probabilities by what came of them. */
    histogram: z.array(z.object({ from: Share, to: Share, positives: Count, negatives: Count })),
    /** Cross-validation within the training part, before calibration. Null: a kind was missing. */
    folds: z.array(
      z.object({
        ...{ from_ts: z.number(), to_ts: z.number(), train_rows: Count, test_rows: Count, purged: Count },
        ...{ positives: Count, auc: Share.nullable(), brier: Share.nullable(), log_loss: Share.nullable() },
        is_thin: z.boolean(),
      }),
    ),
    /** Every λ that was tried, by its log loss out of fold. */
    l2_tried: z.array(z.object({ l2: z.number(), log_loss: z.number().nullable(), auc: Share.nullable() })),
    /** The calibrated model's, greatest standardised one first: log-odds per deviation, and per unit of the input. */
    weights: z.array(
      z.object({
        ...{ feature: z.string(), standardised: z.number(), weight: z.number(), mean: z.number() },
        deviation: z.number(),
      }),
    ),
    notes: z.array(z.string()),
    created_at: z.number(),
  })
  .openapi("ModelCurves");
export type ModelCurves = z.output<typeof ModelCurves>;
