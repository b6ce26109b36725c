/** Models put on record over REST: tried first, kept once, told to the audit log, garbage refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { modelBlob } from "../../shared/collections/models.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Role } from "../../shared/kit/service.ts";
import { opsEvents } from "../../shared/streams.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { logisticOnnx } from "../../shared/trading/model/onnx-logistic.ts";
import s09 from "./service.ts";

const clock = new VirtualClock(Date.UTC(2024, 7, 8, 12));
let world: SimWorld;
let all: Constellation;

beforeAll(async () => {
  world = simulatedWorld({ clock, net: {} as never, seed: 1, freeze: true });
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

type Method = "GET" | "POST";
async function ask(method: Method, path: string, { body, role = "researcher" }: { body?: object; role?: Role } = {}) {
  const token = await finish(createTokens(world.serviceKey, clock).mint("s12", "s09", { id: "ann", role }));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await finish(all.hosted.get("s09")!.fetch(new Request(`http://127.0.0.1${path}`, init)));
  return { status: answer.status, body: (await answer.json()) as Answer };
}
type Answer = { hash: string; items: unknown[]; errors: { field: string }[]; code: string };

const onnx = Buffer.from(logisticOnnx([0.5, -1], 0.1)).toString("base64");
const model = (change: object = {}) => ({
  model_id: "baseline",
  features: ["spread_bps", "side"],
  label_horizon: 24,
  metrics: { auc: 0.61, brier: 0.24 },
  onnx,
  ...change,
});

describe("registering a model", () => {
  test("keeps its file and its card, once, and says so in the audit log", async () => {
    const first = await ask("POST", "/models", { body: model() });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      model_id: "baseline",
      reference: [0, 0],
      author: "ann",
      metrics: { auc: 0.61 },
    });
    const { hash } = first.body;
    expect(Buffer.from((await world.blobs.get(modelBlob(hash)))!).toString("base64")).toBe(onnx);
    expect((await ask("POST", "/models", { body: model() })).body).toEqual(first.body);
    expect((await ask("GET", `/models/baseline/${hash}`)).body).toEqual(first.body);
    expect((await ask("GET", "/models?model_id=baseline")).body.items).toEqual([first.body]);
    await finish(all.flush());
    const told = (await world.bus.read(opsEvents, { limit: 10 })).map(({ event }) => [event.actor, event.what]);
    expect(told).toEqual([["ann", "model.register"]]);
  });

  test("the same file under the same name with other inputs is refused", async () => {
    const answer = await ask("POST", "/models", { body: model({ features: ["side", "spread_bps"] }) });
    expect([answer.status, answer.body.code]).toEqual([409, "CONFLICT"]);
  });

  test.each([
    ["a factor that is none", { features: ["spread_bps", "magic"] }, 400, "features.1"],
    ["an input twice", { features: ["side", "side"] }, 400, "features"],
    ["references of another length", { reference: [1] }, 400, "reference"],
    ["another horizon", { label_horizon: 7 }, 400, "label_horizon"],
    ["a window that ends before it begins", { window: { from_ts: 2, to_ts: 1 } }, 400, "window.to_ts"],
    ["no base64", { onnx: "%%%%" }, 400, "onnx"],
    ["a file of more inputs", { features: ["side"] }, 422, undefined],
    ["a file that is no model", { onnx: Buffer.from("no model at all").toString("base64") }, 422, undefined],
  ] as const)("%s is refused", async (_what, change, status, field) => {
    const answer = await ask("POST", "/models", { body: model({ model_id: "other", ...change }) });
    expect(answer.status).toBe(status);
    if (field !== undefined) expect(answer.body.errors.map((e) => e.field)).toContain(field);
    expect((await ask("GET", "/models?model_id=other")).body.items).toEqual([]);
  });

  test("viewers and traders may look, not register", async () => {
    for (const role of ["viewer", "trader"] as const) {
      expect((await ask("POST", "/models", { body: model(), role })).status).toBe(403);
      expect((await ask("GET", "/models", { role })).status).toBe(200);
    }
  });

  test("a model nobody knows is 404", async () => {
    expect((await ask("GET", `/models/baseline/${"0".repeat(64)}`)).status).toBe(404);
  });
});
