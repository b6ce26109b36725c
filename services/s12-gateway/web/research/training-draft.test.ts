import { expect, test } from "bun:test";
import { newTraining, trainingOf } from "./training-draft.ts";

test("what is left empty is left to the service", () => {
  const { asked, problems } = trainingOf({ ...newTraining(), model_id: " dip-win " });
  expect(problems).toEqual([]);
  expect(asked).toEqual({
    ...{ model_id: "dip-win", label_horizon: 12, window: {}, tail_share: 0.25, calibration: "platt" },
    ...{ folds: 5, embargo_h: 1, seed: 1 },
  });
});
test("lists and times are given as the service takes them", () => {
  const { asked } = trainingOf({
    ...newTraining(),
    ...{ model_id: "a", features: "rsi_14_1m, obi_5\nside", strategies: ["s"], from: "2026-11-01T00:00" },
  });
  expect(asked.features).toEqual(["rsi_14_1m", "obi_5", "side"]);
  expect(asked.strategies).toEqual(["s"]);
  expect(asked.window).toEqual({ from_ts: new Date("2026-11-01T00:00").getTime() });
});
test("each fault stands at its field", () => {
  const fields = (change: Parameters<typeof trainingOf>[0]) => trainingOf(change).problems.map(({ field }) => field);
  expect(fields(newTraining())).toEqual(["model_id"]);
  const draft = { ...newTraining(), model_id: "a" };
  expect(fields({ ...draft, folds: "", tail_pct: "x" })).toEqual(["tail_share", "folds"]);
  expect(fields({ ...draft, from: "2026-11-02T00:00", to: "2026-11-01T00:00" })).toEqual(["window.to_ts"]);
});
