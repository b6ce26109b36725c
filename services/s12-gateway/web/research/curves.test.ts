import { describe, expect, test } from "bun:test";
import type { CurvePoints } from "../../../../shared/domain/experiment.ts";
import { drawdownOf, gainOf, gridOf, onGrid, sinceStart, sparkline } from "./curves.ts";

const curve: CurvePoints = [
  [10_000, 100],
  [20_000, 120],
  [30_000, 90],
];

describe("curves", () => {
  test("drawdown is the share below the highest so far", () => {
    expect(drawdownOf(curve).map(([, value]) => value)).toEqual([0, 0, -0.25]);
    expect(drawdownOf([[1, -5]])).toEqual([[1, 0]]);
  });
  test("a gain is told by where it began", () => {
    const gains = gainOf(curve).map(([, value]) => Number(value.toFixed(9)));
    expect(gains).toEqual([0, 0.2, -0.1]);
    expect(gainOf([[1, 0]])).toEqual([]);
    expect(sinceStart(curve)[2]).toEqual([20_000, 90]);
  });
  test("on a grid it keeps its last value, and is nothing outside", () => {
    const points = onGrid(curve, [9_000, 10_000, 15_000, 20_000, 30_000, 31_000]);
    expect(points.map(({ value }) => value)).toEqual([null, 100, 100, 120, 90, null]);
  });
  test("a grid spans all curves, in whole seconds, each once, and not too many", () => {
    const long: CurvePoints = [
      [1_500, 1],
      [90_000_123, 2],
    ];
    const grid = gridOf([curve, long]);
    expect(grid.length).toBeLessThanOrEqual(500);
    expect([grid[0], grid.at(-1)]).toEqual([2_000, 90_001_000]);
    expect(new Set(grid).size).toBe(grid.length);
    expect(grid.every((ts) => ts % 1_000 === 0)).toBe(true);
    expect(onGrid(long, grid).at(-1)?.value).toBe(2);
    expect(gridOf([])).toEqual([]);
    expect(gridOf([[[5_000, 1]]])).toEqual([5_000]);
  });
  test("a small picture lies within its box", () => {
    const drawn = sparkline(curve, { width: 100, height: 20 });
    expect(drawn?.points).toBe("0.0,13.0 50.0,1.0 100.0,19.0");
    expect(drawn?.startY).toBeCloseTo(13);
    expect(sparkline(curve.slice(0, 1), { width: 100, height: 20 })).toBeUndefined();
  });
});
