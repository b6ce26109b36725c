import { describe, expect, test } from "bun:test";
import type { ParamSet, Trial } from "../../domain/experiment.ts";
import { aSummary, aTrial } from "./facts.fixture.ts";
import { HEAT_STEPS, heatMapOf, paramsText, shortPath, stepOf, turnedParams, valueText } from "./heat-map.ts";

const trial = (params: ParamSet, score: number | null, change: Partial<Trial> = {}) =>
  aTrial({ params, score, ...change });

describe("a map of trials", () => {
  const trials = [
    trial({ a: 2, b: 1, c: 1 }, 1),
    trial({ a: 2, b: 1, c: 2 }, 3),
    trial({ a: 10, b: 1, c: 1 }, 5),
    trial({ a: 10, b: 2, c: 1 }, null),
  ];
  test("a cell is the mean over the other parameters, numbers stand in their order", () => {
    const map = heatMapOf(trials, { x: "a", y: "b", metric: "score" });
    expect(map?.x.labels).toEqual(["2", "10"]);
    expect(map?.cells).toEqual([
      { column: 0, row: 0, mean: 2, trials: 2, step: 0 },
      { column: 1, row: 0, mean: 5, trials: 1, step: HEAT_STEPS - 1 },
      { column: 1, row: 1, mean: null, trials: 1, step: 4 },
    ]);
    expect([map?.low, map?.high]).toEqual([2, 5]);
  });
  test("one parameter alone has one row", () => {
    const map = heatMapOf(trials, { x: "a", metric: "score" });
    expect(map?.y).toBeUndefined();
    expect(map?.cells.map(({ mean }) => mean)).toEqual([2, 5]);
  });
  test("other figures come from the summary, money as a number", () => {
    const rich = trial({ a: 1 }, 0, { summary: aSummary(0, { net_usdt: "-12.5" }) });
    expect(heatMapOf([rich], { x: "a", metric: "net_usdt" })?.cells[0]?.mean).toBe(-12.5);
  });
  test("nothing to show is no map", () => {
    expect(heatMapOf([], { x: "a", metric: "score" })).toBeUndefined();
    expect(heatMapOf([trial({ a: 1 }, null)], { x: "a", metric: "score" })).toBeUndefined();
    expect(heatMapOf(trials, { x: "nobody", metric: "score" })).toBeUndefined();
  });
  test("many numbers are put into spans, and none is lost", () => {
    const many = Array.from({ length: 100 }, (_, i) => trial({ a: i / 7 }, i));
    const map = heatMapOf(many, { x: "a", metric: "score" });
    expect(map?.x.labels.length).toBe(10);
    expect(map?.cells.reduce((sum, { trials: count }) => sum + count, 0)).toBe(100);
  });
  test("only what was turned can be chosen", () => {
    expect(turnedParams(trials)).toEqual(["a", "b", "c"]);
    expect(turnedParams([trial({ a: 1, b: true }, 1), trial({ a: 1, b: false }, 1)])).toEqual(["b"]);
  });
  test("the scale's ends are its first and last step", () => {
    expect([0, 0.5, 1].map((value) => stepOf(value, 0, 1))).toEqual([0, 4, HEAT_STEPS - 1]);
    expect(stepOf(3, 3, 3)).toBe(4);
  });
});

describe("parameters as text", () => {
  test("a path is known by its end", () => {
    expect(shortPath("strategies.rsi-dip.position.break_even_roe")).toBe("break_even_roe");
    expect(shortPath("strategies.rsi-dip.long.allOf.0.v")).toBe("allOf.0.v");
    expect(shortPath("flags.sizing.stop_atrs.NORMAL")).toBe("stop_atrs.NORMAL");
  });
  test("values keep as many digits as tell them apart", () => {
    expect([0.1 + 0.2, 12_345.678, "x", true].map(valueText)).toEqual(["0.3", "12350", "x", "true"]);
    expect(paramsText({ "a.b": 1, c: "on" })).toBe("b = 1, c = on");
  });
});
