/** Thinned curves: short, true at both ends, with every peak and trough. */
import { describe, expect, test } from "bun:test";
import { CURVE_POINTS_MAX, curveOf } from "./run-curve.ts";
import { partOf, START } from "./runs.fixture.ts";

describe("a thinned curve", () => {
  test("of few points is the curve itself", () => {
    const run = partOf(START, 100);
    expect(curveOf(run)).toEqual(run.equity.map(({ ts, equity_usdt }) => [ts, Number(equity_usdt)]));
  });
  test("of many keeps the ends, the highest and the lowest, in order of time", () => {
    const run = partOf(START, 20_000, { seed: 3 });
    const curve = curveOf(run);
    const all = run.equity.map(({ equity_usdt }) => Number(equity_usdt));
    expect(curve.length).toBeWithin(400, CURVE_POINTS_MAX + 1);
    expect([curve[0]?.[1], curve.at(-1)?.[1]]).toEqual([all[0]!, all.at(-1)!]);
    expect(Math.max(...curve.map(([, worth]) => worth))).toBe(Math.max(...all));
    expect(Math.min(...curve.map(([, worth]) => worth))).toBe(Math.min(...all));
    expect(curve.every(([ts], i) => i === 0 || ts > curve[i - 1]![0])).toBe(true);
  });
});
