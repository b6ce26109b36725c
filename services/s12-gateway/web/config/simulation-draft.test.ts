import { expect, test } from "bun:test";
import { SimulationRequest } from "../../../../shared/domain/simulation.ts";
import { isShownInSimulation, newSimulation, simulationOf } from "./simulation-draft.ts";

const NOW = 1_795_000_000_000;
const draft = newSimulation("shipped@3", NOW);

test("a new form is what the service takes, a day up to now", () => {
  const { asked, problems } = simulationOf(draft);
  expect(problems).toEqual([]);
  const taken = SimulationRequest.parse(asked);
  expect(taken).toMatchObject({ bundle_id: "shipped", rev: 3, active_rev_ref: "CURRENT", method: "LABELS" });
  expect(taken.window.to_ts - taken.window.from_ts).toBe(86_400_000);
  expect(taken.sensitivity).toEqual({ epsilon: 0.05, topk: 5, n_eval: 1_000 });
});
test("what is chosen is asked for", () => {
  const chosen = { ...draft, against: "shipped@2", method: "REPLAY" as const, sensitivity: false };
  const { asked } = simulationOf({ ...chosen, instruments: ["FUT:BTCUSDT"] });
  expect(SimulationRequest.parse(asked)).toMatchObject({
    ...{ active_rev_ref: 2, method: "REPLAY", instruments: ["FUT:BTCUSDT"] },
  });
  expect(asked).not.toHaveProperty("sensitivity");
});
test("what is wrong is told at its field", () => {
  const broken = { ...draft, of: "", from: draft.to, to: draft.from, epsilon_pct: "much", topk: "" };
  const { problems } = simulationOf(broken);
  expect(problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
    "rev choose",
    "window.to_ts after",
    "sensitivity.epsilon number",
    "sensitivity.topk number",
  ]);
  expect(problems.every(isShownInSimulation)).toBe(true);
  expect(isShownInSimulation({ field: "body.window", message: "too long" })).toBe(true);
  expect(isShownInSimulation({ field: "horizons", message: "none" })).toBe(false);
});
