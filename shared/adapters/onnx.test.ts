/** Models in ONNX: what loads, what a run gives, and what is refused. */
import { expect, test } from "bun:test";
import type { Problem } from "../errors.ts";
import { logisticOnnx } from "../trading/model/onnx-logistic.ts";
import { onnxInference } from "./onnx.ts";

const clock = { hold: <T>(work: Promise<T>) => work };
const inference = onnxInference(clock);
const problemOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e as Problem,
  );
  return `${error?.code}: ${error?.message}`;
};

test("a logistic model gives 1/(1+exp(−(x·w+b))) for each row, in single precision", async () => {
  const weights = [0.5, -2, 0.001];
  const model = await inference.load(logisticOnnx(weights, 0.25), 3);
  const rows = [
    [0, 0, 0],
    [1, 2, 3],
    [-4, 0.125, 9_000],
  ];
  const expected = rows.map((row) => 1 / (1 + Math.exp(-row.reduce((z, x, i) => z + x * weights[i]!, 0.25))));
  const p = await model.run(rows);
  for (const [i, each] of p.entries()) expect(each).toBeCloseTo(expected[i]!, 6);
  expect(await model.run([rows[1]!])).toEqual([p[1]!]);
  await model.release();
});

test("what is no model, or one of another shape, is refused with what is wrong", async () => {
  const onnx = logisticOnnx([1, 2], 0);
  expect(await problemOf(inference.load(onnx, 3))).toBe("RULE: It takes [rows, 2], not [rows, 3].");
  expect(await problemOf(inference.load(new TextEncoder().encode("not onnx"), 2))).toStartWith(
    "RULE: The model cannot",
  );
  expect(await problemOf(inference.load(onnx.slice(0, -10), 2))).toStartWith("RULE: ");
  expect(await problemOf(inference.load(new Uint8Array(), 2))).toStartWith("RULE: The model cannot be read");
});

test("an answer that is no probability is refused at the trial run", async () => {
  expect(await problemOf(inference.load(logisticOnnx([Number.NaN], 0), 1))).toContain("which is no probability");
});

test("many runs at once answer each their own", async () => {
  const model = await inference.load(logisticOnnx([1], 0), 1);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => model.run([[i / 10]])));
  for (const [i, [p]] of answers.entries()) expect(p).toBeCloseTo(1 / (1 + Math.exp(-i / 10)), 6);
});
