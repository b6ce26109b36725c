import { describe, expect, test } from "bun:test";
import { gatesBefore, type KnownBefore } from "./gates-before.ts";

const NOW = 1_795_000_000_000;
const robust = { name: "robustness", state: "PASSED", value: 0.9, limit: 0.6, detail: "" } as const;
const known: KnownBefore = {
  record: { hash: "new" },
  mode: "CANARY",
  active: { hash: "old", stepsRequired: true },
  report: { passed: true, errors: [], warnings: [] },
  simulations: [{ sim_id: "sim-1", status: "DONE", active_hash: "old", ended_at: NOW - 1, bounds_guard: [robust] }],
  promotions: [],
  health: { level: "GREEN", reasons: [] },
  now: NOW,
};
const told = (change: Partial<KnownBefore>) =>
  gatesBefore({ ...known, ...change }).map(({ name, state }) => `${name} ${state}`);

describe("gates before a promotion", () => {
  test("all that is known to be well is told so", () => {
    expect(told({})).toEqual([
      "lint PASSED",
      "simulation PASSED",
      "robustness PASSED",
      "health PASSED",
      "steps PASSED",
    ]);
  });
  test("a simulation that is old, of another one in force or not over says nothing", () => {
    const [one] = known.simulations;
    for (const change of [{ ended_at: NOW - 90_000_000 }, { active_hash: "other" }, { status: "RUNNING" as const }]) {
      expect(told({ simulations: [{ ...one!, ...change }] })).toContain("simulation NOT_ENOUGH");
    }
    expect(told({ record: { hash: "old" }, simulations: [] })).toContain("simulation PASSED");
  });
  test("for all it takes a ramp of the same content that stood, where steps are required", () => {
    expect(told({ mode: "FULL" })).toContain("steps FAILED");
    expect(told({ mode: "FULL", active: { hash: "old", stepsRequired: false } })).toContain("steps PASSED");
    const ramp = { hash: "new", mode: "RAMP", status: "DONE" } as const;
    expect(told({ mode: "FULL", promotions: [ramp] })).toContain("steps PASSED");
    expect(told({ mode: "FULL", promotions: [{ ...ramp, hash: "other" }] })).toContain("steps FAILED");
  });
  test("bad health and faults stand in the way; going back is free", () => {
    expect(told({ health: undefined })).toContain("health FAILED");
    const report = { passed: false, errors: [{ path: "rules[0]", code: "X", message: "no" }], warnings: [] };
    expect(told({ report })).toContain("lint FAILED");
    expect(told({ mode: "ROLLBACK", report, health: undefined })).toEqual([]);
  });
});
