/** Models in the strategy engine: loaded with the bundle, asked in time, never in the way of trading. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { modelBlob, models } from "../../shared/collections/models.ts";
import type { ModelCard, ModelUse } from "../../shared/domain/model.ts";
import type { Inference } from "../../shared/kit/ports.ts";
import { NOON, signalWith, strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { logisticOnnx } from "../../shared/trading/model/onnx-logistic.ts";
import { ModelDesk } from "./model-desk.ts";
import { atOnce, engineWith, storesOn, write } from "./strategy.fixture.ts";

const FEATURES = ["obi_5", "side"];
const cutoffs = [
  { p_min: 0.5, size_mult: 1 },
  { p_min: 0.9, size_mult: 1.2 },
];

/** Logistic over the book's imbalance: p rises with it. */
function modelOf(weight: number, bias: number) {
  const onnx = logisticOnnx([weight, 0], bias);
  const hash = createHash("sha256").update(onnx).digest("hex");
  const card: ModelCard = {
    model_id: "base",
    hash,
    features: FEATURES,
    reference: [0, 0],
    label_horizon: 24,
    bytes: onnx.length,
    author: "ann",
    created_at: NOON,
  };
  const use: ModelUse = { model_id: "base", hash, cutoffs, deadline_ms: 25 };
  return { onnx, hash, card, use };
}

function deskWith(inference?: (clock: VirtualClock) => Inference) {
  const clock = new VirtualClock(NOON);
  const stores = storesOn();
  const blobs = new MemoryBlobs(clock);
  const told: string[] = [];
  const desk = new ModelDesk({
    store: stores("s03"),
    blobs,
    clock,
    inference: inference?.(clock) ?? onnxInference(atOnce),
    asked: (_use, _ms, trouble) => void told.push(`asked ${trouble ?? "well"}`),
    troubled: (_use, trouble, why) => void told.push(`${trouble}: ${why}`),
  });
  const register = async ({ onnx, hash, card }: ReturnType<typeof modelOf>) => {
    await blobs.put(modelBlob(hash), onnx);
    await write(stores, models, card);
  };
  return { desk, clock, told, register, blobs };
}

test("a registered model answers with its probability and what each input added", async () => {
  const { desk, told, register } = deskWith();
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  await desk.settled();
  const says = await desk.ask(model.use, { obi_5: 0.6 }, 1);
  expect(says.p).toBeCloseTo(1 / (1 + Math.exp(-1.2)), 6);
  expect(says.contributions).toEqual([
    { f: "obi_5", value: 0.6, adds: expect.closeTo(1.2, 5) },
    { f: "side", value: 1, adds: expect.closeTo(0, 5) },
  ]);
  expect(told).toEqual(["asked well"]);
});

test("one that is not registered, has no file, or another shape, has no say; people hear once a minute", async () => {
  const { desk, clock, told, register, blobs } = deskWith();
  const model = modelOf(2, 0);
  const ask = () => desk.ask(model.use, { obi_5: 0.6 }, 1);
  desk.follow([model.use]);
  await desk.settled();
  expect(await ask()).toMatchObject({ p: null, trouble: "missing" });
  expect(told.filter((line) => line.startsWith("missing"))).toEqual(["missing: it is not registered"]);
  // Registered meanwhile: tried again by itself, in the background of what asks.
  await register(model);
  await blobs.delete(modelBlob(model.hash));
  await clock.run(NOON + 61_000);
  await ask();
  await desk.settled();
  expect((await ask()).trouble).toBe("missing");
  expect(told.filter((line) => !line.startsWith("asked")).at(-1)).toBe("missing: its file is missing");
  await register(model);
  await clock.run(NOON + 130_000);
  await ask();
  await desk.settled();
  expect((await ask()).trouble).toBeUndefined();
});

test("a feature without a value keeps it from answering", async () => {
  const { desk, register, told } = deskWith();
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  await desk.settled();
  expect(await desk.ask(model.use, { obi_5: null }, 1)).toMatchObject({ p: null, trouble: "features" });
  expect(told.at(-1)).toBe("features: one of obi_5, side has no value");
});

/** Answers `after` ms of virtual time. */
const slowModel =
  (after: number) =>
  (clock: VirtualClock): Inference => ({
    load: async () => ({
      async run(rows) {
        await clock.sleep(after);
        return rows.map(() => 0.95);
      },
      release: async () => {},
    }),
  });

test("past its deadline it counts as 1.0, and the signals behind it do not wait", async () => {
  const { desk, clock, register } = deskWith(slowModel(1_000));
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  await desk.settled();
  const first = desk.ask(model.use, { obi_5: 0.6 }, 1);
  await clock.run(NOON + 25);
  expect(await first).toMatchObject({ p: null, trouble: "slow", ms: 25 });
  expect(await desk.ask(model.use, { obi_5: 0.6 }, 1)).toMatchObject({ p: null, trouble: "slow", ms: 0 });
  await clock.run(NOON + 1_100);
  const third = desk.ask(model.use, { obi_5: 0.6 }, 1);
  await clock.run(NOON + 1_110);
  await clock.run(NOON + 1_130);
  expect(await third).toMatchObject({ trouble: "slow" });
});

test("who is asked while it is busy in time, as by a rehearsal, waits for its turn within its own deadline", async () => {
  const { desk, clock, register } = deskWith(slowModel(10));
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  await desk.settled();
  const all = [1, 2, 3].map(() => desk.ask(model.use, { obi_5: 0.6 }, 1));
  for (let ms = 1; ms <= 60; ms += 1) await clock.run(NOON + ms);
  const says = await Promise.all(all);
  expect(says.map(({ p, trouble, ms }) => [p, trouble, ms])).toEqual([
    [0.95, undefined, 10],
    [0.95, undefined, 20],
    [null, "slow", 25],
  ]);
});

test("one that computes on the asker's own thread, so that no timer can end it, is late all the same", async () => {
  const at = { ms: NOON };
  const clock = { now: () => at.ms, mono: () => at.ms, after: () => () => {} } as never;
  const stores = storesOn();
  const model = modelOf(2, 0);
  await write(stores, models, model.card);
  const desk = new ModelDesk({
    ...{ store: stores("s03"), clock, blobs: { get: async () => model.onnx }, asked: () => {}, troubled: () => {} },
    inference: {
      load: async () => ({
        async run(rows) {
          at.ms += 26;
          return rows.map(() => 0.95);
        },
        release: async () => {},
      }),
    },
  });
  expect(await desk.ask(model.use, { obi_5: 0.6 }, 1)).toMatchObject({ p: null, trouble: "slow", ms: 26 });
});

test("one that is just being loaded, after a swap, is waited for within its deadline", async () => {
  const { desk, register } = deskWith();
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  expect((await desk.ask(model.use, { obi_5: 0.6 }, 1)).trouble).toBeUndefined();
});

test("one that throws counts as 1.0", async () => {
  const { desk, register, told } = deskWith(() => ({
    load: async () => ({ run: () => Promise.reject(new Error("out of memory")), release: async () => {} }),
  }));
  const model = modelOf(2, 0);
  await register(model);
  desk.follow([model.use]);
  await desk.settled();
  expect(await desk.ask(model.use, { obi_5: 0.6 }, 1)).toMatchObject({ p: null, trouble: "broken" });
  expect(told.at(-1)).toContain("out of memory");
});

test("a revision swaps the model; that of the revision before stays for signals on their way, older ones go", async () => {
  const released: number[] = [];
  const { desk, register } = deskWith(() => {
    const real = onnxInference(atOnce);
    let count = 0;
    return {
      async load(onnx, inputs) {
        const model = await real.load(onnx, inputs);
        const number = ++count;
        const release = async () => void released.push(number);
        return { ...model, release };
      },
    };
  });
  const all = [modelOf(2, 0), modelOf(-2, 0), modelOf(0, 3)];
  for (const model of all) await register(model);
  for (const { use } of all) {
    desk.follow([use]);
    await desk.settled();
  }
  expect(released).toEqual([1]);
  const p = await Promise.all(all.slice(1).map(async ({ use }) => (await desk.ask(use, { obi_5: 1 }, 1)).p!));
  expect(p[0]).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
  expect(p[1]).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
});

test("a signal is decided with the model's word: sized, ended, and explained for ever", async () => {
  const good = modelOf(10, 0);
  const bad = modelOf(-10, 0);
  for (const [model, expected] of [
    [good, { action: "open", size_mult: 1.2 }],
    [bad, { action: "skip", reason: "model" }],
  ] as const) {
    const view = viewWith(strategyWith({ model: model.use }));
    const { strategist, models: desk, blobs, stores, asked, inquiries } = await engineWith({ view });
    await blobs.put(modelBlob(model.hash), model.onnx);
    await write(stores, models, model.card);
    desk.follow([model.use]);
    await desk.settled();
    const signal = signalWith();
    await strategist.onSignal(signal, 1);
    const story = await inquiries.story(signal.signal_id);
    expect(story.decision).toMatchObject(expected);
    expect(story.model?.contributions?.[0]).toMatchObject({ f: "obi_5", value: 0.6 });
    expect(asked).toHaveLength(expected.action === "open" ? 1 : 0);
  }
});
