/** Logistic regression: a published fit, another algorithm, awkward data, and the same answers from ONNX. */
import { expect, test } from "bun:test";
import { onnxInference } from "../../adapters/onnx.ts";
import { seededRandom } from "../../adapters/random.ts";
import { auc } from "./auc.ts";
import { sigmoid } from "./log-loss.ts";
import {
  fitLogistic,
  L2_MIN,
  type LogisticModel,
  logOdds,
  probabilityOf,
  rescaled,
  type Sample,
  singlePrecisionError,
  toOnnx,
} from "./logistic.ts";
import { momentsOf } from "./moments.ts";
import { normalQuantile } from "./normal.ts";

test("hours of study and passing: the textbook's −4.0777 + 1.5046·hours", () => {
  // The twenty students of Wikipedia's article on logistic regression.
  const hours = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5];
  const passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];
  const samples = hours.map((h, i) => ({ inputs: [h], positive: passed[i] === 1 }));
  const { model, converged } = fitLogistic(samples, { l2: L2_MIN });
  expect(converged).toBe(true);
  expect(model.weights[0]).toBeCloseTo(1.5046, 4);
  expect(model.bias).toBeCloseTo(-4.0777, 4);
  expect(probabilityOf(model, [2])).toBeCloseTo(0.26, 2);
  expect(probabilityOf(model, [4])).toBeCloseTo(0.87, 2);
});

/** Rows drawn from a model that is known. */
function drawn(seed: string, count: number, truth: LogisticModel, scales: readonly [number, number][]): Sample[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const inputs = scales.map(([mean, spread]) => mean + spread * normalQuantile(random.next() || 0.5));
    return { inputs, positive: random.next() < sigmoid(logOdds(truth, inputs)!) };
  });
}

const TRUTH = { weights: [1.2, -40, 0], bias: -0.3 };
const SCALES: [number, number][] = [
  [0, 1],
  [0.01, 0.02],
  [5, 3],
];

test("finds the model that the rows were drawn from, and the same one each time", () => {
  const samples = drawn("truth", 20_000, TRUTH, SCALES);
  const fit = fitLogistic(samples);
  for (const [j, [, spread]] of SCALES.entries()) {
    expect(Math.abs((fit.model.weights[j]! - TRUTH.weights[j]!) * spread)).toBeLessThan(0.06);
  }
  expect(fit.iterations).toBeLessThan(12);
  expect(fitLogistic(samples)).toEqual(fit);
});

test("equals plain gradient descent on the penalised loss", () => {
  const samples = drawn("descent", 200, TRUTH, SCALES);
  const l2 = 2;
  const columns = SCALES.map((_, j) => momentsOf(samples.map(({ inputs }) => inputs[j]!)));
  const rows = samples.map(({ inputs }) => [
    ...inputs.map((x, j) => (x! - columns[j]!.mean) / columns[j]!.deviation),
    1,
  ]);
  let at = [0, 0, 0, 0];
  for (let step = 0; step < 4_000; step++) {
    const slope = at.map((w, j) => (j < 3 ? l2 * w : 0));
    for (const [i, row] of rows.entries()) {
      const off = sigmoid(row.reduce((z, x, j) => z + x * at[j]!, 0)) - Number(samples[i]!.positive);
      for (const [j, x] of row.entries()) slope[j]! += off * x;
    }
    at = at.map((w, j) => w - 0.01 * slope[j]!);
  }
  const { standardised, model, means } = fitLogistic(samples, { l2 });
  for (const [j, w] of standardised.entries()) expect(w).toBeCloseTo(at[j]!, 8);
  // At the means the folded model says what the bias of the standardised one does.
  expect(logOdds(model, means)).toBeCloseTo(at[3]!, 8);
});

test("separable classes get finite weights, larger the smaller λ is", () => {
  const samples = [-2, -1, 1, 2].map((x) => ({ inputs: [x], positive: x > 0 }));
  const weights = [10, 1, 0.01, L2_MIN].map((l2) => {
    const { model, converged } = fitLogistic(samples, { l2 });
    expect(converged).toBe(true);
    return model.weights[0]!;
  });
  expect(weights.every(Number.isFinite)).toBe(true);
  expect(weights).toEqual(weights.toSorted((a, b) => a - b));
  const far = fitLogistic(samples, { l2: L2_MIN }).model;
  expect([probabilityOf(far, [1e6]), probabilityOf(far, [-1e6])]).toEqual([1, 0]);
});

test("inputs that depend on each other share the weight; one that never varies has none", () => {
  const samples = drawn("twins", 500, { weights: [1], bias: 0 }, [[0, 1]]);
  const single = fitLogistic(samples, { l2: 1 });
  const twins = samples.map(({ inputs: [x], positive }) => ({ inputs: [x!, 3 * x! + 7, 0.1], positive }));
  const both = fitLogistic(twins, { l2: 2 });
  expect(both.standardised[0]).toBeCloseTo(both.standardised[1]!, 8);
  // Two halves under twice the penalty cost what the whole does.
  expect(2 * both.standardised[0]!).toBeCloseTo(single.standardised[0]!, 1);
  expect([both.standardised[2], both.model.weights[2], both.deviations[2]]).toEqual([0, 0, 0]);
  const least = fitLogistic(twins, { l2: L2_MIN });
  expect(least.converged).toBe(true);
  expect(least.model.weights.every(Number.isFinite)).toBe(true);
  expect(logOdds(least.model, [1, 10, 0.1])).toBeCloseTo(logOdds(fitLogistic(samples, { l2: L2_MIN }).model, [1])!, 5);
});

test("a class weight of 3 is every such row three times; balanced ones add up alike", () => {
  const samples = drawn("weights", 300, { weights: [1, 5, 0.2], bias: -2 }, SCALES);
  const positives = samples.filter(({ positive }) => positive);
  // Standardising and the penalty see other rows: alike, not equal.
  const loose = { l2: L2_MIN };
  const weighed = fitLogistic(samples, { ...loose, class_weights: { positive: 3, negative: 1 } }).model;
  const tripled = fitLogistic([...samples, ...positives, ...positives], loose).model;
  for (const [j, w] of weighed.weights.entries()) expect(w).toBeCloseTo(tripled.weights[j]!, 4);
  expect(weighed.bias).toBeCloseTo(tripled.bias, 4);
  const balanced = fitLogistic(samples, { ...loose, class_weights: "balanced" }).model;
  const total = (kind: boolean) =>
    samples.reduce(
      (sum, s) => sum + (s.positive === kind ? Math.abs(probabilityOf(balanced, s.inputs)! - Number(kind)) : 0),
      0,
    );
  const share = positives.length / samples.length;
  // The bias goes free, so that the weighted errors of the two kinds are equal.
  expect(total(true) / share).toBeCloseTo(total(false) / (1 - share), 5);
});

test("rows with a missing value are left out and counted, and such a row gets no probability", () => {
  const samples = drawn("holes", 200, TRUTH, SCALES);
  const holes: Sample[] = [null, Number.NaN, Number.POSITIVE_INFINITY].map((hole) => ({
    inputs: [1, hole, 2],
    positive: true,
  }));
  const fit = fitLogistic([...holes, ...samples]);
  expect(fit).toMatchObject({ rows: 200, rows_left_out: 3 });
  expect(fit.model).toEqual(fitLogistic(samples).model);
  for (const { inputs } of [...holes, { inputs: [1, 2] }]) expect(probabilityOf(fit.model, inputs)).toBeUndefined();
});

test("no skill in noise: on unseen rows the AUC is one half", () => {
  const nothing = { weights: [0, 0, 0], bias: 0 };
  const { model } = fitLogistic(drawn("noise", 2_000, nothing, SCALES));
  const unseen = drawn("unseen", 5_000, nothing, SCALES);
  const scored = unseen.map(({ inputs, positive }) => ({ score: probabilityOf(model, inputs)!, positive }));
  expect(Math.abs(auc(scored)! - 0.5)).toBeLessThan(3 * Math.sqrt(1 / (12 * 1_250)));
});

test("ONNX runtime answers the same to 1e-6, raw inputs and calibration folded in", async () => {
  const samples = drawn("onnx", 2_000, TRUTH, SCALES);
  const { model } = fitLogistic(samples);
  const inference = onnxInference({ hold: (work) => work });
  for (const each of [model, rescaled(model, { slope: 0.7, shift: -0.2 })]) {
    const loaded = await inference.load(toOnnx(each), 3);
    const rows = samples.map(({ inputs }) => inputs as number[]);
    const p = await loaded.run(rows);
    for (const [i, row] of rows.entries()) {
      const off = Math.abs(p[i]! - probabilityOf(each, row)!);
      expect(off).toBeLessThan(1e-6);
      expect(off).toBeLessThanOrEqual(singlePrecisionError(each, row));
    }
    await loaded.release();
  }
  const prices = drawn("prices", 500, { weights: [0.05], bias: -3_000 }, [[60_000, 20]]);
  const { model: far } = fitLogistic(prices);
  const loaded = await inference.load(toOnnx(far), 1);
  const p = await loaded.run(prices.map(({ inputs }) => inputs as number[]));
  const offs = prices.map(({ inputs }, i) => Math.abs(p[i]! - probabilityOf(far, inputs)!));
  // Raw prices lose digits in 32 bits, as is said beforehand.
  const allowed = singlePrecisionError(far, [60_000]);
  expect(allowed).toBeGreaterThan(1e-5);
  expect(Math.max(...offs)).toBeLessThan(allowed * 1.01);
  await loaded.release();
});

test("what cannot be learnt from is refused", () => {
  const row = (positive: boolean, ...inputs: (number | null)[]) => ({ inputs, positive });
  const two = [row(true, 1), row(false, 2)];
  expect(() => fitLogistic([])).toThrow("No positive among 0 rows");
  expect(() => fitLogistic([row(true, 1), row(true, 2)])).toThrow("No negative among 2 rows");
  expect(() => fitLogistic([row(true, 1), row(false, null)])).toThrow("No negative among 1 rows");
  expect(() => fitLogistic([row(true, 1), row(false, 2, 3)])).toThrow("Row 2 has 2 inputs, the first 1");
  expect(() => fitLogistic([row(true, 1e200), row(false, 2)])).toThrow("beyond");
  for (const l2 of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => fitLogistic(two, { l2 })).toThrow("λ");
  expect(() => fitLogistic(two, { class_weights: { positive: 0, negative: 1 } })).toThrow("class weight");
});
