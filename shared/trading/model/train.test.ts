/** Training: a known truth is found again, the future is not seen, noise is called noise, and too little is said to be. */
import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { BEGIN, drawnRows, HOUR_MS, truly, type Wish } from "./drawn-rows.fixture.ts";
import { L2_GRID, type Outcome, type Trained, type TrainOptions, train } from "./train.ts";
import { probability } from "./trained-model.ts";
import type { TrainingRow } from "./training-rows.ts";

const TRUTH = { weights: [1.2, -40, 0], bias: -0.4 };
const SCALES = [
  [0, 1],
  [0.01, 0.02],
  [50, 3],
] as const;

function trained(rows: readonly TrainingRow[], over: Partial<TrainOptions> = {}): Outcome {
  const work = train(rows, {
    ...{ features: rows[0]?.inputs.map((_, j) => `x${j}`) ?? [], label_horizon: 12, tail_share: 0.25 },
    ...{ embargo_ms: HOUR_MS, folds: 5, calibration: "platt", chance: seededRandom("train"), ...over },
  });
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
function model(rows: readonly TrainingRow[], over: Partial<TrainOptions> = {}): Trained {
  const outcome = trained(rows, over);
  if (outcome.kind !== "trained") throw new Error(JSON.stringify(outcome));
  return outcome;
}

/** By its definition: the share of pairs won. */
function aucOf(rows: readonly { p: number; positive: boolean }[]): number {
  const [yes, no] = [true, false].map((kind) => rows.filter((row) => row.positive === kind));
  const won = yes!.flatMap((a) => no!.map((b): number => (a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0)));
  return won.reduce((sum, each) => sum + each, 0) / won.length;
}

describe("from rows of a known truth", () => {
  const rows = drawnRows({ seed: "truth", count: 2_400, truth: TRUTH, scales: SCALES });
  const found = model(rows);

  test("it finds the weights", () => {
    for (const [j, [mean, deviation]] of SCALES.entries()) {
      expect(Math.abs(found.model.weights[j]! - TRUTH.weights[j]!) * deviation).toBeLessThan(0.2);
      expect(Math.abs(found.reference[j]! - mean) / deviation).toBeLessThan(0.1);
    }
    expect(found.weights.map(({ feature }) => feature)).toEqual(["x0", "x1", "x2"]);
    expect(found.weights[0]!.standardised).toBeCloseTo(1.2, 0);
  });

  test("its AUC and Brier score are those of the tail, and near the best that can be had", () => {
    const tail = rows.slice(1_800);
    expect(found.tail).toMatchObject({ rows: 600, from_ts: tail[0]!.from_ts, to_ts: tail.at(-1)!.from_ts });
    const told = tail.map((row) => ({ ...row, p: probability(found.model, row.inputs) }));
    const { auc, auc_low, auc_high, brier, log_loss } = found.figures;
    expect(auc).toBeCloseTo(aucOf(told), 12);
    const brierOf = told.reduce((sum, { p, positive }) => sum + (p - Number(positive)) ** 2, 0) / 600;
    expect(brier).toBeCloseTo(brierOf, 12);
    const loss = told.reduce((sum, { p, positive }) => sum - Math.log(positive ? p : 1 - p), 0) / 600;
    expect(log_loss).toBeCloseTo(loss, 12);
    const best = aucOf(tail.map((row) => ({ ...row, p: truly(TRUTH, row.inputs) })));
    expect(Math.abs(auc! - best)).toBeLessThan(0.01);
    expect([auc_low! < best, auc_high! > best]).toEqual([true, true]);
    expect(auc_high! - auc_low!).toBeLessThan(0.1);
  });

  test("what it says comes true as often as it says, and the curves tell so", () => {
    expect(found.figures.calibration_error!).toBeLessThan(0.05);
    expect(found.reliability.reduce((sum, { count }) => sum + count, 0)).toBe(600);
    expect(found.histogram.reduce((sum, bin) => sum + bin.positives + bin.negatives, 0)).toBe(600);
    expect(found.histogram.reduce((sum, { positives }) => sum + positives, 0)).toBe(found.tail.positives);
    expect([found.roc[0], found.roc.at(-1)]).toMatchObject([
      { fpr: 0, tpr: 0, threshold: null },
      { fpr: 1, tpr: 1 },
    ]);
    expect(found.folds).toHaveLength(5);
    expect(found.folds.reduce((sum, { test_rows }) => sum + test_rows, 0)).toBe(found.train.rows);
    expect(found.l2_tried.map(({ l2 }) => l2)).toEqual(L2_GRID.toReversed());
    expect(found.notes.filter((each) => !each.startsWith("Bins of"))).toEqual([]);
  });

  test("the same rows give the same to the last bit", () => {
    const some = rows.slice(0, 600);
    const once = model(some, { l2: 10 });
    expect(model(some, { l2: 10 })).toEqual(once);
    expect(once.l2_tried).toHaveLength(1);
  });

  test("Platt undoes a penalty that has made it shy", () => {
    const shy = model(rows, { l2: 3_000, calibration: "none" });
    const bold = model(rows, { l2: 3_000, calibration: "platt" });
    expect(bold.figures.log_loss!).toBeLessThan(shy.figures.log_loss! - 0.03);
    expect(bold.figures.log_loss!).toBeLessThan(found.figures.log_loss! + 0.01);
    expect(bold.figures.auc).toBe(shy.figures.auc);
  });
});

describe("the future is not seen", () => {
  /** Twelve rows a day apart by an hour each: a label of twelve hours overlaps its neighbours'. */
  const dense = (seed: string): Wish => ({ seed, count: 1_200, truth: { weights: [1], bias: 0 }, every_h: 1 });

  test("rows whose labels end in the tail teach nothing", () => {
    const rows = drawnRows(dense("tail"));
    const begins = BEGIN + 900 * HOUR_MS;
    // They know the tail's beginning, and would turn the model round.
    const poisoned = rows.map((row) =>
      row.from_ts < begins && row.to_ts >= begins ? { ...row, inputs: [300], positive: false } : row,
    );
    const options = { embargo_ms: 0, calibration: "none", l2: 1 } as const;
    const found = model(poisoned, options);
    const without = poisoned.filter(({ from_ts, to_ts }) => from_ts >= begins || to_ts < begins);
    expect([found.purged, found.train.until < begins]).toEqual([12, true]);
    expect(found.model).toEqual(model(without, { ...options, tail_share: 299.5 / without.length }).model);
    expect(found.figures.auc!).toBeGreaterThan(0.7);
    // Had they been taken for labels that end at once, they would have been learnt from.
    const unpurged = poisoned.map((row) => ({ ...row, to_ts: row.from_ts }));
    expect(model(unpurged, options).figures.auc!).toBeLessThan(0.5);
  });

  test("the embargo keeps away what ends shortly before the tail too", () => {
    const rows = drawnRows(dense("embargo"));
    expect(model(rows, { embargo_ms: 5 * HOUR_MS }).purged).toBe(17);
  });

  /** The rows of a stretch share one label and an input of their own: who has learnt from one of them knows the others. */
  test("folds do not know a stretch by heart from its other half", () => {
    const [stretches, each] = [20, 40];
    const rows = drawnRows({ ...dense("heart"), count: stretches * each }).map((row, i): TrainingRow => {
      const stretch = Math.floor(i / each);
      const inputs = Array.from({ length: stretches }, (_, j) => Number(j === stretch));
      return { ...row, inputs, positive: stretch % 2 === 0, to_ts: BEGIN + (stretch + 1) * each * HOUR_MS - 1 };
    });
    // Each fold is half a stretch of the ten that train.
    const options = { embargo_ms: 0, tail_share: 0.5, folds: stretches, l2: 1, calibration: "none" } as const;
    const held = model(rows, options);
    expect(held.folds.every(({ purged }) => purged === each / 2)).toBe(true);
    expect(held.l2_tried[0]!.auc!).toBeLessThanOrEqual(0.5);
    const leaky = rows.map((row) => ({ ...row, to_ts: row.from_ts }));
    expect(model(leaky, options).l2_tried[0]!.auc!).toBeGreaterThan(0.99);
  });
});

test("noise is called noise: the interval holds one half about as often as it should", () => {
  let held = 0;
  for (let i = 0; i < 12; i++) {
    const rows = drawnRows({ seed: `noise ${i}`, count: 400, truth: { weights: [0, 0, 0], bias: 0 } });
    const { figures, notes } = model(rows, { calibration: "none", l2: 1, chance: seededRandom(i) });
    const holds = figures.auc_low! <= 0.5 && figures.auc_high! >= 0.5;
    expect(notes.includes("The AUC's interval holds 0.5: it may be luck.")).toBe(holds);
    held += Number(holds);
  }
  expect(held).toBeGreaterThanOrEqual(9);
});

test("what tells nothing out of fold says the share of positives always, once it is calibrated", () => {
  const all = Array.from({ length: 12 }, (_, i) =>
    drawnRows({ seed: `null ${i}`, count: 400, truth: { weights: [0], bias: -0.5 } }),
  );
  const mute = all
    .map((rows) => model(rows, { l2: 1, folds: 3 }))
    .filter(({ notes }) => notes[0]?.startsWith("Out of fold"));
  expect(mute.length).toBeGreaterThan(1);
  for (const { model: said, figures, train: part } of mute) {
    expect(Math.abs(said.weights[0]!)).toBe(0);
    expect(Math.abs(probability(said, [3]) - part.positives / part.rows)).toBeLessThan(0.01);
    expect(figures.auc).toBe(0.5);
  }
});

test("too little is said to be, with how much there is and how much is needed", () => {
  const rare = drawnRows({ seed: "rare", count: 400, truth: { weights: [0], bias: -2.5 } });
  const positives = (rows: readonly TrainingRow[]) => rows.filter(({ positive }) => positive).length;
  // The last row before the tail ends within the embargo.
  const embargo_ms = 3 * HOUR_MS;
  expect(trained(rare, { embargo_ms })).toEqual({
    kind: "short",
    shortages: [
      { part: "train", kind: "positives", there: positives(rare.slice(0, 299)), needed: 50 },
      { part: "tail", kind: "positives", there: positives(rare.slice(300)), needed: 20 },
    ],
  });
  expect(trained([])).toMatchObject({ kind: "short", shortages: { length: 4 } });
});

test("figures from little say what they rest on", () => {
  const rows = drawnRows({
    seed: "little",
    count: 260,
    truth: { weights: [1, 0, 0, 0, 0, 0, 0, 0, 0], bias: 0 },
    every_h: 0.5,
  });
  const { notes, interval, tail } = model(rows, { embargo_ms: 0 });
  expect(notes.join("\n")).toContain("label horizons long");
  expect(notes.join("\n")).toContain("for 9 inputs");
  expect(notes.join("\n")).toContain("Bins of the reliability curve");
  // As many rows hang together as begin within a label's span, at the end fewer.
  expect(interval.block).toBeGreaterThan(15);
  expect(interval.block).toBeLessThanOrEqual(25);
  expect(tail.counterfactual).toBeGreaterThan(15);
});
