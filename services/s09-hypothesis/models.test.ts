/** Models registered by several at once: one card, one answer. */
import { expect, test } from "bun:test";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { opsEvents } from "../../shared/streams.ts";
import { logisticOnnx } from "../../shared/trading/model/onnx-logistic.ts";
import { Models } from "./models.ts";

const NOW = 1_700_000_000_000;
const file = Buffer.from(logisticOnnx([0.5, -1], 0.1)).toString("base64");

test("two who register the same at once are both answered what the first of them put on record", async () => {
  const clock = new VirtualClock(NOW);
  const store = openStore({ path: ":memory:", owner: "s09", collections: COLLECTIONS });
  const models = new Models({
    ...{ store, clock, blobs: new MemoryBlobs(clock) },
    inference: onnxInference({ hold: (work) => work }),
    audit: (entry) => emit(opsEvents, { source: "s09", ts: NOW, ...entry }),
  });
  const request = { model_id: "base", features: ["spread_bps", "side"], label_horizon: 24, onnx: file } as const;
  const named = { ...request, features: [...request.features] };
  const [one, other] = await Promise.all(["ann", "bob"].map((author) => models.register(named, author)));
  expect(other).toEqual(one!);
  expect(await store.outbox.read(10)).toHaveLength(1);
  const turned = { ...named, features: ["side", "spread_bps"] };
  expect(await models.register(turned, "ann").catch((error) => error.code)).toBe("CONFLICT");
});
