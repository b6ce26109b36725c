/** Trainings: from labelled signals to a registered model, the same after a crash, and a reason where there is none. */
import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit, put, remove } from "../../shared/changes.ts";
import { LABELS } from "../../shared/collections/labels.ts";
import { models as cards, modelBlob } from "../../shared/collections/models.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { modelCurves, trainings } from "../../shared/collections/trainings.ts";
import { NewTraining, type Training } from "../../shared/domain/training.ts";
import { refuse } from "../../shared/errors.ts";
import type { Inference } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { afterAll12h, HOUR_MS, type Labelled, labelledSignals, store, TRUTH } from "./labelled-signals.fixture.ts";
import { Models } from "./models.ts";
import type { TrainingPorts } from "./training-types.ts";
import { LABELS_MAX, Trainings } from "./trainings.ts";

const COUNT = 800;
const net = { fetch: () => Promise.reject(new Error("no net")), connect: () => ({ send() {}, close() {} }) };

async function world(labelled: readonly Labelled[]) {
  const clock = new VirtualClock(afterAll12h(labelled.length));
  const sim = simulatedWorld({ clock, net, seed: "s09", freeze: true });
  await store(sim, labelled);
  const audited: string[] = [];
  const audit = (entry: { actor: string; what: string; ref: string; outcome: string }) => {
    audited.push(`${entry.what} ${entry.outcome}`);
    return emit(opsEvents, { source: "s09", ts: clock.now(), ...entry });
  };
  const own = sim.store("s09");
  const models = () => new Models({ store: own, blobs: sim.blobs, clock, inference: sim.inference, audit });
  const make = (over: Partial<TrainingPorts> = {}) =>
    new Trainings({ store: own, clock, inference: sim.inference, models: models(), audit, ...over });
  async function finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await clock.run(() => done);
    return work;
  }
  const all = make();
  return {
    ...{ clock, sim, own, all, make, models, finish, audited },
    ask: (request: object = {}, actor = "ann") => {
      const whole = { model_id: "baseline", label_horizon: 12, l2: 1, ...request };
      return finish(all.accept(NewTraining.parse(whole), actor));
    },
    step: (by = all) => finish(by.step()),
    async work(by = all) {
      while (await finish(by.step()));
    },
    read: async (id: string): Promise<Training> => (await own.get(trainings, id))!.value,
  };
}

const DRAWN = labelledSignals({ count: COUNT });

describe("a training", () => {
  test("ends with a model that says what its truth says, on record with its file, figures and curves", async () => {
    const { ask, work, read, own, sim, all, audited } = await world(DRAWN);
    const asked = await ask({ l2: undefined, note: "first" });
    expect(asked).toMatchObject({ status: "QUEUED", stage: "WAITING", progress: 0, actor: "ann" });
    await work();
    const { status, progress, data, result } = await read(asked.training_id);
    expect([status, progress]).toEqual(["DONE", 1]);
    expect(data).toMatchObject({
      ...{ labels: COUNT, counterfactual: COUNT / 2, later: 0, without_signal: 0, without_value: 0, usable: COUNT },
      features: ["obi_5", "ret_10s", "spread_bps", "side"],
    });
    expect(data!.dropped.map(({ feature, why }) => `${feature}: ${why}`)).toEqual([
      ...["atr_14_5s: never varies", "depth_top1_usdt: a value in 80 % of the signals", "funding_rate: never varies"],
      ...["mid: a price", "minutes_to_funding: never varies", "regime: never varies"],
    ]);
    expect(result!.onnx_off).toBeLessThan(1e-6);
    expect(result!.purged).toBe(13);
    const card = (await own.get(cards, `baseline@${result!.hash}`))!.value;
    expect(card).toMatchObject({ features: data!.features, label_horizon: 12, note: "first", author: "ann" });
    expect(card).toMatchObject({ training_id: asked.training_id, metrics: { samples: COUNT / 4 } });
    expect(card.metrics!.auc).toBe(result!.figures.auc!);
    expect(card.metrics!.auc).toBeGreaterThan(0.7);
    expect(card.window!.to_ts).toBeLessThan(result!.tail.from_ts);
    const curves = await all.curves(card);
    expect(curves).toMatchObject({ figures: result!.figures, training_id: asked.training_id, notes: result!.notes });
    for (const { feature, weight } of curves.weights) {
      const truth = TRUTH[feature as keyof typeof TRUTH] ?? 0;
      const deviation = curves.weights.find((each) => each.feature === feature)!.deviation;
      expect(Math.abs(weight - truth) * deviation).toBeLessThan(0.25);
    }
    const loaded = await sim.inference.load((await sim.blobs.get(modelBlob(card.hash)))!, 4);
    expect((await loaded.run([card.reference]))[0]).toBeCloseTo(0.4, 1);
    await loaded.release();
    expect(audited).toEqual(["model.train accepted", "model.register stored"]);
  });

  test("asked again while it is not over is the same; asked again later ends with the same model", async () => {
    const { ask, work, read, clock, all } = await world(DRAWN);
    const first = await ask();
    expect((await ask({}, "bob")).training_id).toBe(first.training_id);
    await clock.run(clock.now() + 1_000);
    expect((await ask({ seed: 2 })).training_id).not.toBe(first.training_id);
    await work();
    await clock.run(clock.now() + 1_000);
    const again = await ask();
    await work();
    const [one, other] = [await read(first.training_id), await read(again.training_id)];
    expect(other.training_id).not.toBe(one.training_id);
    expect([other.status, other.result!.hash]).toEqual(["DONE", one.result!.hash]);
    expect((await all.curves({ model_id: "baseline", hash: one.result!.hash })).training_id).toBe(one.training_id);
  });

  test("takes the strategies, the window and the features that it was asked for", async () => {
    const { ask, work, read } = await world(labelledSignals({ count: COUNT, strategies: ["lean", "other"] }));
    const to_ts = DRAWN[599]!.signal.ts;
    const { training_id } = await ask({ strategies: ["other"], window: { to_ts }, features: ["ret_10s", "obi_5"] });
    const both = await ask({ strategies: ["lean", "other"], window: { to_ts }, features: ["obi_5", "side", "mid"] });
    await work();
    const { data, result } = await read(training_id);
    expect(data).toMatchObject({ labels: 300, features: ["ret_10s", "obi_5"], dropped: [] });
    expect(result!.tail.to_ts).toBe(to_ts - 5);
    expect((await read(both.training_id)).data).toMatchObject({ labels: 600, features: ["obi_5", "side", "mid"] });
    expect((await read(both.training_id)).result!.onnx_off).toBeLessThan(1e-6);
  });

  test("learns nothing that was not known when it was asked for", async () => {
    const { ask, work, read, own, sim } = await world(DRAWN);
    const asked = await ask();
    const late = DRAWN.slice(50, 80).map(
      ({ label }) => ({ ...label, class: "neutral", computed_at: asked.created_at + 1 }) as const,
    );
    await sim.store("s07").commit(late.map((label) => put(LABELS[12], label)));
    await sim.store("s02").commit(DRAWN.slice(0, 7).map(({ signal }) => remove(signalsSeen, signal.signal_id)));
    await work();
    const { data } = await read(asked.training_id);
    expect(data).toMatchObject({ labels: COUNT, later: 30, without_signal: 7, usable: COUNT - 37 });
    expect(await own.count(cards)).toBe(1);
  });
});

describe("a crash", () => {
  test.each([2, 6, 25])("after %i parts changes nothing about the model", async (parts) => {
    const calm = await world(DRAWN);
    const { training_id } = await calm.ask();
    await calm.work();
    const { result, data } = await calm.read(training_id);
    const { ask, step, make, work, read, own } = await world(DRAWN);
    const asked = await ask();
    for (let i = 0; i < parts; i++) expect(await step()).toBe(true);
    expect((await read(asked.training_id)).status).toBe("RUNNING");
    await work(make());
    const after = await read(asked.training_id);
    expect([after.status, after.data, after.result]).toEqual(["DONE", data, result]);
    expect([await own.count(cards), await own.count(modelCurves)]).toEqual([1, 1]);
  });

  test("of the disk is waited out, and told", async () => {
    const { ask, step, make, models, read, clock } = await world(DRAWN);
    let isAway = true;
    const keep: Models["keep"] = (...all) =>
      isAway ? refuse("UNAVAILABLE", "the disk is away") : models().keep(...all);
    const all = make({ models: { keep } });
    const { training_id } = await ask();
    const worker = async () => {
      while (await step(all));
    };
    await worker();
    expect(await read(training_id)).toMatchObject({
      status: "RUNNING",
      stage: "KEEPING",
      waiting_for: "the disk is away",
    });
    isAway = false;
    expect(await step(all)).toBe(false);
    await clock.run(clock.now() + 15_000);
    await worker();
    const done = await read(training_id);
    expect([done.status, done.waiting_for]).toEqual(["DONE", undefined]);
  });
});

describe("a training that comes to nothing", () => {
  test("from too little data says how much there is and how much is needed, and where the rest went", async () => {
    const few = labelledSignals({ count: 120 });
    const { ask, work, read, own } = await world(few);
    const { training_id } = await ask({ features: ["obi_5", "depth_top1_usdt"] });
    await work();
    const { status, stage, failure, data } = await read(training_id);
    expect([status, stage, failure!.code]).toEqual(["FAILED", "OVER", "TOO_LITTLE_DATA"]);
    expect(failure!.shortages).toContainEqual({
      part: "train",
      kind: "positives",
      there: expect.any(Number),
      needed: 50,
    });
    const there = failure!.shortages!.find(({ part, kind }) => part === "train" && kind === "positives")!.there;
    expect(failure!.detail).toContain(`${there} positives to learn from, 50 needed`);
    expect(failure!.detail).toContain("120 labels were found; in 24 an input has no value (depth_top1_usdt in 24).");
    expect(data).toMatchObject({ usable: 96, without_value: 24 });
    expect(await own.count(cards)).toBe(0);
  });

  test("without any label, or with nothing to look at, says so", async () => {
    const none = await world([]);
    const { training_id } = await none.ask();
    await none.work();
    expect((await none.read(training_id)).failure).toMatchObject({ code: "NO_INPUTS" });
    expect((await none.read(training_id)).failure!.detail).toContain("no label yet");
    const bare = labelledSignals({ count: 300 }).map(({ signal, label }) => ({
      signal: { ...signal, features: { ...signal.features, values: { mid: 1 } } },
      label: { ...label, side: "BUY" as const },
    }));
    const dull = await world(bare);
    const other = await dull.ask();
    await dull.work();
    expect((await dull.read(other.training_id)).failure!.detail).toContain("name the features");
  });

  test("whose file says something else than the fit registers nothing", async () => {
    const { ask, work, make, read, own, sim } = await world(DRAWN);
    const inference: Inference = {
      async load(file, inputs) {
        const loaded = await sim.inference.load(file, inputs);
        return { ...loaded, run: async (rows) => (await loaded.run(rows)).map((p) => p * (1 - 1e-5)) };
      },
    };
    const { training_id } = await ask();
    await work(make({ inference }));
    const { status, failure } = await read(training_id);
    expect([status, failure!.code]).toEqual(["FAILED", "ONNX_DIFFERS"]);
    expect(await own.count(cards)).toBe(0);
  });

  test("whose file is on record under that name with other inputs says so, once", async () => {
    const first = await world(DRAWN);
    const { training_id } = await first.ask();
    await first.work();
    const { result } = await first.read(training_id);
    const file = (await first.sim.blobs.get(modelBlob(result!.hash)))!;
    const { ask, work, read, models, finish } = await world(DRAWN);
    const features = result!.features.toReversed();
    const about = { model_id: "baseline", label_horizon: 12, features } as const;
    await finish(models().keep(file, about, { author: "bob" }));
    const asked = await ask();
    await work();
    expect((await read(asked.training_id)).failure).toMatchObject({ code: "CONFLICT" });
  });
});

describe("a training that people end", () => {
  test("canceled keeps nothing, whenever it is; one that is over cannot be", async () => {
    const { ask, step, work, read, all, own, audited } = await world(DRAWN);
    const waiting = await ask({ seed: 9 });
    await all.queue.cancel(waiting.training_id, "bob");
    const { training_id } = await ask();
    for (let i = 0; i < 15; i++) await step();
    expect((await all.queue.cancel(training_id, "bob")).status).toBe("CANCELED");
    await work();
    expect((await all.queue.cancel(training_id, "bob")).status).toBe("CANCELED");
    expect((await read(training_id)).status).toBe("CANCELED");
    expect(await own.count(cards)).toBe(0);
    const next = await ask();
    await work();
    expect((await read(next.training_id)).status).toBe("DONE");
    expect(await all.queue.cancel(next.training_id, "bob").catch(({ code }) => code)).toBe("WRONG_STATE");
    expect(audited.filter((what) => what === "model.train canceled")).toHaveLength(2);
  });

  test("or that could not be done is not even accepted", async () => {
    const { ask, all, clock, make, own } = await world(labelledSignals({ count: 10 }));
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => "none",
        ({ code }) => code,
      );
    expect(await codeOf(ask({ features: ["magic"] }))).toBe("INVALID");
    const crowded: TrainingPorts["store"] = {
      get: (...all) => own.get(...all),
      query: (...all) => own.query(...all),
      commit: (...all) => own.commit(...all),
      count: async ({ name }) => (name === trainings.name ? 0 : LABELS_MAX + 1),
    };
    const many = make({ store: crowded });
    const wish = NewTraining.parse({ model_id: "baseline", label_horizon: 12 });
    await expect(many.accept(wish, "ann")).rejects.toThrow("say a shorter window");
    expect(await codeOf(all.queue.cancel("training-1-00000000", "bob"))).toBe("NOT_FOUND");
    expect(await codeOf(all.curves({ model_id: "baseline", hash: "0".repeat(64) }))).toBe("NOT_FOUND");
    for (let i = 0; i < 20; i++) {
      await ask({ seed: i });
      await clock.run(clock.now() + HOUR_MS);
    }
    expect(await codeOf(ask({ seed: 99 }))).toBe("WRONG_STATE");
  });
});
