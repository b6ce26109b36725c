/** `model train`: what is asked of the service, and what people are told of a training and its model. */
import { expect, test } from "bun:test";
import { ModelCurves, NewTraining, type Training } from "../../shared/domain/training.ts";
import { line, requestOf, runTraining, summary } from "./model-train.ts";

const plain = { horizon: "24", calibration: "platt", "no-wait": false, data: "data", json: false };
const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 0, 5);

test("options become what the service takes, and nothing is sent that was not said", () => {
  expect(requestOf({ ...plain, id: "lean" })).toEqual({
    ...{ model_id: "lean", label_horizon: 24, calibration: "platt", window: {} },
  });
  const all = requestOf({
    ...{ ...plain, id: "lean", horizon: "12", calibration: "none", features: "obi_5, side", strategies: "a,b" },
    ...{ instruments: "FUT:BTCUSDT", from: "2026-01-05", to: "2026-02-05", tail: "0.3", l2: "2", folds: "4" },
    ...{ embargo: "6", seed: "9", note: "why" },
  });
  expect(NewTraining.parse(all)).toEqual({
    ...{
      model_id: "lean",
      label_horizon: 12,
      calibration: "none",
      features: ["obi_5", "side"],
      strategies: ["a", "b"],
    },
    ...{ instruments: ["FUT:BTCUSDT"], window: { from_ts: FROM, to_ts: Date.UTC(2026, 1, 5) - 1 }, tail_share: 0.3 },
    ...{ l2: 2, folds: 4, embargo_h: 6, seed: 9, note: "why" },
  });
});

test("what cannot be asked is said at once", async () => {
  const rows: [object, string][] = [
    [{ id: undefined }, "Say --id NAME"],
    [{ horizon: "7" }, "--horizon is one of 12, 24, 36"],
    [{ calibration: "isotonic" }, "--calibration is one of platt, none"],
    [{ folds: "many" }, "--folds must be a number from 2 to 20"],
    [{ tail: "0.9" }, "--tail must be a number from 0.1 to 0.5"],
    [{ from: "yesterday" }, "--from is a day"],
  ];
  for (const [given, said] of rows) expect(() => requestOf({ ...plain, id: "lean", ...given })).toThrow(said);
  await expect(runTraining(["train", "extra"])).rejects.toThrow('"extra" is too much');
  await expect(runTraining(["cancel"])).rejects.toThrow("Name the training");
  await expect(runTraining(["train", "--magic"])).rejects.toThrow("--help tells what there is");
});

const part = { from_ts: FROM, to_ts: FROM + 20 * DAY_MS, until: FROM + 21 * DAY_MS, counterfactual: 40 };
const older = { ...part, rows: 300, positives: 120, negatives: 180 };
const tail = {
  ...part,
  from_ts: FROM + 22 * DAY_MS,
  to_ts: FROM + 29 * DAY_MS,
  rows: 100,
  positives: 35,
  negatives: 65,
};
const figures = { auc: 0.6123, auc_low: 0.5511, auc_high: null, brier: 0.22, brier_skill: 0.031 };
const curves = ModelCurves.parse({
  ...{
    model_id: "lean",
    hash: "ab".repeat(32),
    training_id: "training-1-00000000",
    label_horizon: 24,
    l2: 10,
    seed: 1,
  },
  ...{ calibration: "platt", train: older, tail, purged: 12, interval: { level: 0.95, resamples: 2_000, block: 5 } },
  figures: { ...figures, calibration_error: 0.04, log_loss: 0.63 },
  ...{ reliability: [], roc: [], histogram: [], l2_tried: [], notes: ["It may be luck."], created_at: 1 },
  folds: [0.61, null].map((auc) => ({
    ...{ from_ts: 1, to_ts: 2, train_rows: 1, test_rows: 1, purged: 0, positives: 1, auc, brier: null, log_loss: null },
    is_thin: true,
  })),
  weights: Array.from({ length: 10 }, (_, i) => ({
    ...{ feature: `rsi_${i + 2}_1m`, standardised: i === 0 ? -1.25 : 0.5, weight: 1, mean: 0, deviation: 1 },
  })),
});
const training: Training = {
  ...{ training_id: "training-1-00000000", model_id: "lean", status: "DONE", stage: "OVER", progress: 1 },
  ...{ request: NewTraining.parse({ model_id: "lean", label_horizon: 24 }), actor: "ann", created_at: 1 },
  data: {
    ...{ labels: 430, counterfactual: 90, later: 0, without_signal: 0, without_value: 18, usable: 412 },
    ...{ features: [], dropped: [], hash: "" },
  },
};

test("the summary says how good, on what, by what and what to be wary of", () => {
  const text = summary(training, curves).join("\n");
  for (const said of [
    ...["AUC                0.612  (95 %: 0.551 to –)", "Brier score        0.220  (skill 0.031)"],
    ...["AUC by fold        0.61  –", "learnt from 300 signals, 120 of them positive, 2026-01-05 to 2026-01-25"],
    ...["measured on 100 signals, 35 of them positive, 2026-01-27 to 2026-02-03; 12 between the two left out"],
    ...["430 labels, 90 of skipped signals; 412 of use; λ 10, calibration platt", "rsi_2_1m", "−1.250", "and 2 more"],
    "It may be luck.",
  ]) {
    expect(text).toContain(said);
  }
});

test("a training in a line says how far it is, or why it failed", () => {
  const failure = { code: "TOO_LITTLE_DATA", detail: "3 positives, 50 needed" };
  expect(line({ ...training, status: "FAILED", failure })).toContain("TOO_LITTLE_DATA\n  3 positives, 50 needed");
  expect(line({ ...training, status: "RUNNING", stage: "FOLDS", progress: 0.42 })).toContain(
    "42 %, chooses λ by folds",
  );
  expect(line({ ...training, status: "CANCELED" })).toContain("canceled");
});
