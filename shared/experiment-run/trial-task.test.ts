/** Trials in real threads: the same result for any number of them, models asked there. */
import { describe, expect, test } from "bun:test";
import { bunWorkers } from "../adapters/bun-workers.ts";
import { Bundle } from "../domain/bundle.ts";
import { checkDesign } from "../experiment/check-design.ts";
import type { Found } from "../experiment/experiment.ts";
import { logisticOnnx } from "../trading/model/onnx-logistic.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { runExperiment } from "./run-experiment.ts";
import type { TrialGround } from "./trial-ground.ts";
import { trialTask } from "./trial-task.ts";
import { designOver, dips, groundOver, market } from "./walks.fixture.ts";

const SECONDS = 60;
const params = [{ path: "strategies.dip.long.v", values: [35, 40, 45] }];
const tape = market(seededChance("threads"), SECONDS);
const clock = { now: () => 0, mono: () => 0 };

async function overThreads(
  size: number,
  { bundle = dips, ...change }: { bundle?: Bundle } & Partial<TrialGround> = {},
): Promise<Found> {
  const checked = checkDesign(designOver(SECONDS, { bundle, method: "GRID", params }));
  const crew = bunWorkers().open(trialTask, { ...groundOver(checked, tape), ...change }, size);
  try {
    return await runExperiment(checked, {
      ...{ exp_id: "exp-threads", clock, workers: size, signal: new AbortController().signal, resamples: 20 },
      runTrial: (request, signal) => crew.run(request, { signal }),
    });
  } finally {
    await crew.close();
  }
}

const dip = (change: object): Bundle => {
  const { strategies, ...rest } = structuredClone(dips);
  return Bundle.parse({ ...rest, strategies: [{ ...strategies[0], ...change }] });
};

describe("trials in threads", () => {
  test("come out the same, however many threads there are", async () => {
    const [one, three] = [await overThreads(1), await overThreads(3)];
    expect(one.summary.trades).toBeGreaterThan(2);
    expect(three).toEqual(one);
  }, 300_000);

  test("ask models there", async () => {
    const model = { model_id: "m", hash: "a".repeat(64) };
    const use = { ...model, cutoffs: [{ p_min: 0.5, size_mult: 1 }], deadline_ms: 25 };
    const card = { ...model, features: ["side"], reference: [0] };
    const models = (weight: number) => [{ card, onnx: logisticOnnx([weight], 0) }];
    const longs = await overThreads(2, { bundle: dip({ model: use }), models: models(5) });
    const none = await overThreads(2, { bundle: dip({ model: use, short: undefined }), models: models(-5) });
    expect(longs.summary.trades).toBeGreaterThan(0);
    expect(none.summary.trades + none.summary.open_trades).toBe(0);
  }, 300_000);
});
