/** A trained model and its file say the same, also of inputs that lie far from zero beside their spread. */
import { expect, test } from "bun:test";
import { onnxInference } from "../../adapters/onnx.ts";
import { fitLogistic, probabilityOf, toOnnx } from "../stats/logistic.ts";
import { drawnRows } from "./drawn-rows.fixture.ts";
import { probability, trainedModel, trainedOnnx } from "./trained-model.ts";

const SCALES = [
  [60_000, 300],
  [0.01, 0.02],
  [0, 1],
] as const;
const TRUTH = { weights: [0.01, -40, 1], bias: -600 };
const rows = drawnRows({ seed: "prices", count: 1_500, truth: TRUTH, scales: SCALES });
const fit = fitLogistic(rows);
const inference = onnxInference({ hold: (work) => work });

async function offBy(file: Uint8Array, p: (inputs: readonly number[]) => number): Promise<number> {
  const loaded = await inference.load(file, 3);
  const said = await loaded.run(rows.map(({ inputs }) => inputs));
  await loaded.release();
  return Math.max(...said.map((each, i) => Math.abs(each - p(rows[i]!.inputs))));
}

test("prices and all: the file's probabilities are the model's to 1e-6, and the fit's", async () => {
  const model = trainedModel(fit, { slope: 1.3, shift: 0.2 });
  expect(await offBy(trainedOnnx(model), (inputs) => probability(model, inputs))).toBeLessThan(1e-6);
  const plain = trainedModel(fit, { slope: 1, shift: 0 });
  expect(await offBy(trainedOnnx(plain), (inputs) => probabilityOf(fit.model, inputs)!)).toBeLessThan(1e-6);
});

test("without a centre, prices cost more than that", async () => {
  expect(await offBy(toOnnx(fit.model), (inputs) => probabilityOf(fit.model, inputs)!)).toBeGreaterThan(1e-5);
});
