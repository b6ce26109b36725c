/** What a search may turn, as points and ranges. */
import { describe, expect, test } from "bun:test";
import type { SearchParam } from "../domain/experiment.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { axesOf, combinations, draw, nudge, pointAt } from "./axis.ts";
import { bundle } from "./runs.fixture.ts";

const ROE = "strategies.rsi-dip.position.break_even_roe";
const LEVERAGE = "flags.sizing.leverage";
const range = (path: string, min: number, max: number, more: object = {}): SearchParam =>
  ({ path, min, max, scale: "linear", ...more }) as SearchParam;
const errorsOf = (run: () => unknown): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { errors: unknown }).errors;
  }
};

describe("an axis", () => {
  test("has the points that steps make, exact, the last included", () => {
    const [axis] = axesOf(bundle, [range(ROE, 0.1, 0.5, { step: 0.1 })], true);
    expect(axis).toMatchObject({ kind: "points", points: [0.1, 0.2, 0.3, 0.4, 0.5] });
    const [log] = axesOf(bundle, [range(ROE, 0.01, 1, { step: 10, scale: "log" })], true);
    expect(log).toMatchObject({ points: [0.01, 0.1, 1] });
  });
  test("is whole where the bundle takes whole numbers alone", () => {
    const [roe, leverage] = axesOf(bundle, [range(ROE, 1, 3), range(LEVERAGE, 1, 20)], false);
    expect([roe, leverage]).toMatchObject([{ isWhole: false }, { isWhole: true }]);
    const chance = seededChance(1);
    const drawn = Array.from({ length: 200 }, () => draw(leverage!, chance) as number);
    expect(drawn.every((value) => Number.isInteger(value) && value >= 1 && value <= 20)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(15);
  });
  test("drawn on a log scale spends as much on each tenfold", () => {
    const [axis] = axesOf(bundle, [range(ROE, 0.001, 1, { scale: "log" })], false);
    const chance = seededChance(2);
    const small = Array.from({ length: 3_000 }, () => draw(axis!, chance) as number).filter((v) => v < 0.01);
    expect(small.length / 3_000).toBeCloseTo(1 / 3, 1);
  });
  test("is moved within its ends", () => {
    const [roe, points] = axesOf(bundle, [range(ROE, 1, 2), range(LEVERAGE, 1, 9, { step: 1 })], false);
    const chance = seededChance(3);
    for (let i = 0; i < 500; i++) {
      const near = nudge(roe!, 1.5, chance) as number;
      expect(near).toBeWithin(1.29, 1.71);
      expect([1, 2, 3]).toContain(nudge(points!, 1, chance) as number);
    }
  });
  test("a grid's points come in order, the last axis first", () => {
    const axes = axesOf(bundle, [{ path: ROE, values: [0.1, 0.2] }, range(LEVERAGE, 1, 3, { step: 1 })], true);
    expect(combinations(axes)).toBe(6);
    expect(Array.from({ length: 6 }, (_, i) => Object.values(pointAt(axes, i)))).toEqual([
      ...[
        [0.1, 1],
        [0.1, 2],
        [0.1, 3],
      ],
      ...[
        [0.2, 1],
        [0.2, 2],
        [0.2, 3],
      ],
    ]);
  });
  test.each([
    ["a range without steps in a grid", range(ROE, 1, 2), true, "params.0.step"],
    ["ends that are the wrong way round", range(ROE, 2, 1), false, "params.0.max"],
    ["a log scale from zero", range(ROE, 0, 1, { scale: "log" }), false, "params.0.min"],
    ["a factor of one", range(ROE, 1, 2, { scale: "log", step: 1 }), true, "params.0.step"],
    ["a million steps", range(ROE, 1, 2, { step: 1e-6 }), true, "params.0.step"],
    ["an end that the bundle refuses", range(ROE, -1, 2), false, "params.0.path"],
    ["a value that the bundle refuses", { path: LEVERAGE, values: [1, 200] }, true, "params.0.path"],
  ] as const)("%s is refused", (_what, param, isGrid, field) => {
    expect(errorsOf(() => axesOf(bundle, [param as SearchParam], isGrid))).toMatchObject([{ field }]);
  });
  test("a path that is turned twice is refused", () => {
    const twice = [
      { path: ROE, values: [1] },
      { path: ROE, values: [2] },
    ];
    expect(errorsOf(() => axesOf(bundle, twice, true))).toMatchObject([{ field: "params.1.path" }]);
  });
});
