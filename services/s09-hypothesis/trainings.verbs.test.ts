/** Training over REST: asked for, followed to its end, its curves read; roles and bad input refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { ModelCurves, Training } from "../../shared/domain/training.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Role } from "../../shared/kit/service.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { logisticOnnx } from "../../shared/trading/model/onnx-logistic.ts";
import { afterAll12h, labelledSignals, store } from "./labelled-signals.fixture.ts";
import s09 from "./service.ts";

const COUNT = 600;
const clock = new VirtualClock(afterAll12h(COUNT));
let world: SimWorld;
let all: Constellation;

beforeAll(async () => {
  world = simulatedWorld({ clock, net: {} as never, seed: 1, freeze: true });
  await store(world, labelledSignals({ count: COUNT }));
  all = await constellation([s09], ["s09"], world);
  await finish(all.start());
});
afterAll(async () => {
  expect(world.errors).toEqual([]);
  await finish(all.stop());
});

async function finish<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await clock.run(() => done);
  return work;
}

async function ask(
  method: "GET" | "POST",
  path: string,
  { body, role = "researcher" }: { body?: object; role?: Role } = {},
) {
  const token = await finish(createTokens(world.serviceKey, clock).mint("s12", "s09", { id: "ann", role }));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await finish(all.hosted.get("s09")!.fetch(new Request(`http://127.0.0.1${path}`, init)));
  // biome-ignore lint/suspicious/noExplicitAny: tests read what answers hold.
  return { status: answer.status, body: (await answer.json()) as any };
}

const wish = (change: object = {}) => ({ model_id: "baseline", label_horizon: 12, l2: 1, ...change });

describe("a training asked for", () => {
  test("is done by itself, and its model, figures and curves can be read", async () => {
    const asked = await ask("POST", "/models/train", { body: wish() });
    expect([asked.status, asked.body.status]).toEqual([202, "QUEUED"]);
    expect(Training.parse(asked.body).request).toMatchObject({
      tail_share: 0.25,
      calibration: "platt",
      folds: 5,
      seed: 1,
    });
    const path = `/trainings/${asked.body.training_id}`;
    await clock.run(clock.now() + 60_000);
    const { body: done } = await ask("GET", path, { role: "viewer" });
    expect([done.status, done.progress]).toEqual(["DONE", 1]);
    expect((await ask("GET", "/trainings?model_id=baseline&status=DONE")).body.items).toEqual([done]);
    expect((await ask("GET", "/trainings?status=FAILED")).body.items).toEqual([]);
    const card = await ask("GET", `/models/baseline/${done.result.hash}`);
    expect(card.body).toMatchObject({ training_id: done.training_id, metrics: { auc: done.result.figures.auc } });
    const curves = await ask("GET", `/models/baseline/${done.result.hash}/curves`, { role: "viewer" });
    expect(ModelCurves.parse(curves.body)).toEqual(curves.body);
    expect(curves.body.figures).toEqual(done.result.figures);
    expect((await ask("POST", `${path}/cancel`, { body: {} })).status).toBe(409);
  });

  test("can be canceled before it is done", async () => {
    const { body } = await ask("POST", "/models/train", { body: wish({ seed: 5 }) });
    const answer = await ask("POST", `/trainings/${body.training_id}/cancel`, { body: {} });
    expect([answer.status, answer.body.status]).toEqual([200, "CANCELED"]);
  });

  test("a model that came from elsewhere has no curves", async () => {
    const onnx = Buffer.from(logisticOnnx([1], 0)).toString("base64");
    const body = { model_id: "outside", features: ["side"], label_horizon: 24, onnx };
    const { hash } = (await ask("POST", "/models", { body })).body;
    expect((await ask("GET", `/models/outside/${hash}/curves`)).status).toBe(404);
  });
});

describe("what cannot be is refused", () => {
  test.each([
    ["no name", { model_id: undefined }, "model_id"],
    ["another horizon", { label_horizon: 7 }, "label_horizon"],
    ["a factor that is none", { features: ["magic"] }, "features.0"],
    ["an input twice", { features: ["side", "side"] }, "features"],
    ["no input at all", { features: [] }, "features"],
    ["a window that ends before it begins", { window: { from_ts: 2, to_ts: 1 } }, "window.to_ts"],
    ["isotonic calibration", { calibration: "isotonic" }, "calibration"],
    ["no penalty", { l2: 0 }, "l2"],
    ["one fold", { folds: 1 }, "folds"],
    ["a negative embargo", { embargo_h: -1 }, "embargo_h"],
    ["all of it for the tail", { tail_share: 1 }, "tail_share"],
    ["half a seed", { seed: 0.5 }, "seed"],
    ["an instrument that is none", { instruments: ["BTC"] }, "instruments.0"],
  ] as const)("%s", async (_what, change, field) => {
    const { status, body } = await ask("POST", "/models/train", { body: wish(change) });
    expect([status, body.errors.map((each: { field: string }) => each.field)]).toEqual([400, [field]]);
  });

  test("by viewers and traders, who may look", async () => {
    for (const role of ["viewer", "trader"] as const) {
      expect((await ask("POST", "/models/train", { body: wish(), role })).status).toBe(403);
      expect((await ask("GET", "/trainings", { role })).status).toBe(200);
    }
  });

  test("what nobody knows", async () => {
    expect((await ask("GET", "/trainings/training-1-00000000")).status).toBe(404);
    expect((await ask("GET", "/trainings/nonsense")).status).toBe(400);
    expect((await ask("GET", "/trainings?from_ts=2&to_ts=1")).status).toBe(400);
  });
});
