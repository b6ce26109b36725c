import { describe, expect, test } from "bun:test";
import {
  type Draft,
  designOf,
  draftOf,
  fieldTime,
  gridSize,
  isShown,
  newDraft,
  newParam,
  problemsAt,
  valuesOf,
  windowOf,
} from "./design.ts";
import { anExperiment } from "./samples.ts";

const NOW = 1_795_000_030_000;
const draft = (change: Partial<Draft> = {}): Draft => ({ ...newDraft(NOW), ...change });
const fieldsOf = (change: Partial<Draft>) => designOf(draft(change)).problems.map(({ field }) => field);

describe("the form of an experiment", () => {
  test("what it begins with is a design without faults, in the last whole minute's day", () => {
    const { design, problems } = designOf(draft());
    expect(problems).toEqual([]);
    expect(design.window).toEqual({ from: 1_794_913_620_000, to: 1_795_000_020_000 });
    expect(design).toMatchObject({
      bundle: "active",
      method: "BACKTEST",
      data: { source: "exchange", timeframe: "1m" },
    });
    expect(design).not.toHaveProperty("params");
    expect(design).not.toHaveProperty("folds");
  });
  test("a design comes back as it was", () => {
    const { design } = anExperiment();
    const again = designOf(draftOf(design, "again")).design;
    expect(again).toMatchObject({ window: design.window, params: design.params!, seed: 7, method: "WALK_FORWARD" });
    expect(again.folds).toEqual({ count: 4, anchored: false, embargo_ms: 3_600_000 });
  });
  test("each fault stands at its field", () => {
    expect(fieldsOf({ from: "x" })).toEqual(["window.from"]);
    expect(fieldsOf({ from: fieldTime(NOW), to: fieldTime(NOW) })).toEqual(["window.to"]);
    expect(fieldsOf({ bundle: "pasted", pasted: "{" })).toEqual(["bundle"]);
    expect(fieldsOf({ bundle: "pasted", pasted: "only words" })).toEqual(["bundle"]);
    expect(fieldsOf({ bundle: "kept" })).toEqual(["bundle"]);
    expect(fieldsOf({ method: "GRID" })).toEqual(["params"]);
    expect(fieldsOf({ method: "WALK_FORWARD" })).toEqual([]);
    expect(fieldsOf({ seed: "" })).toEqual(["seed"]);
    const range = { ...newParam(1, "flags.a"), kind: "range" as const, min: "3", max: "2" };
    expect(fieldsOf({ method: "RANDOM", params: [range, newParam(2)] })).toEqual([
      "params.0.max",
      "params.1.path",
      "params.1.values",
    ]);
  });
  test("a bundle on record and a pasted one are given as the service takes them", () => {
    expect(designOf(draft({ bundle: "kept", kept: "shipped@3" })).design.bundle).toEqual({
      bundle_id: "shipped",
      rev: 3,
    });
    expect(designOf(draft({ bundle: "pasted", pasted: '{"format":1}' })).design.bundle).toEqual({ format: 1 });
    expect(designOf(draft({ bundle: "pasted", pasted: "format: 1\nnote: as a file" })).design.bundle).toEqual({
      format: 1,
      note: "as a file",
    });
  });
  test("values are numbers, truth or text", () => {
    expect(valuesOf('1, -2.5, true, "50", fast,, ')).toEqual([1, -2.5, true, "50", "fast"]);
  });
  test("a grid's size is told where it is known", () => {
    const values = newParam(1, "a", "1, 2, 3");
    const range = { ...newParam(2, "b"), kind: "range" as const, min: "0.1", max: "0.5", step: "0.1" };
    expect(gridSize([values, range])).toBe(15);
    expect(gridSize([{ ...range, scale: "log", min: "1", max: "8", step: "2" }])).toBe(4);
    expect(gridSize([{ ...range, step: "" }])).toBeUndefined();
    expect(gridSize([])).toBe(1);
  });
  test("presets end at a whole minute", () => {
    const { from, to } = windowOf("6h", NOW);
    expect(new Date(to).getTime() - new Date(from).getTime()).toBe(6 * 3_600_000);
  });
});

test("what the service says of a field is found at it, and the rest stands beside", () => {
  const problems = [
    { field: "design.params.0.path", message: "leads nowhere" },
    { field: "window.to", message: "is late" },
    { field: "bundle.strategies[0]", message: "is odd" },
    { field: "hypothesis_id", message: "is unknown" },
  ];
  expect(problemsAt(problems, "params.0")).toEqual([problems[0]!]);
  expect(problemsAt(problems, "bundle")).toEqual([problems[2]!]);
  const shownWith = (method: Draft["method"]) => problems.map((problem) => isShown(draft({ method }), problem));
  expect(shownWith("GRID")).toEqual([true, true, true, false]);
  // Without a search its fields are not there.
  expect(shownWith("BACKTEST")).toEqual([false, true, true, false]);
  expect(isShown(draft(), { field: "design.data", message: "is missing" })).toBe(true);
  expect(isShown(draft(), { field: "data.on_problem", message: "is odd" })).toBe(false);
});
