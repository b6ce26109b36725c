/** Drawdowns by hand, and against every pair of points compared. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { daily, START } from "./curves.fixture.ts";
import { drawdownsOf, underwater } from "./drawdown.ts";
import { DAY_MS, readCurve } from "./equity-curve.ts";

const day = (n: number) => START + n * DAY_MS;
const of = (...worths: (number | string)[]) => drawdownsOf(readCurve(daily(worths)));

test("the deepest is the greatest share of its peak, the longest another one", () => {
  // 100 → 80 in a day, a fifth; 200 → 170 and four days under water, 15 %.
  const { deepest, longest } = of(100, 80, 100, 200, 170, 175, 199, 201);
  expect(deepest).toEqual({
    depth: 0.2,
    depth_usdt: "20",
    from_ts: day(0),
    trough_ts: day(1),
    to_ts: day(2),
    duration_ms: 2 * DAY_MS,
  });
  expect(longest).toEqual({
    depth: 0.15,
    depth_usdt: "30",
    from_ts: day(3),
    trough_ts: day(4),
    to_ts: day(7),
    duration_ms: 4 * DAY_MS,
  });
});

test("a peak that was held begins when it was left; one never reached again lasts to the end", () => {
  const { deepest } = of(100, 100, 60, 90, 70);
  expect(deepest).toMatchObject({
    depth: 0.4,
    from_ts: day(1),
    trough_ts: day(2),
    to_ts: null,
    duration_ms: 3 * DAY_MS,
  });
});

test("of equally deep ones the first; of less than nothing more than all", () => {
  expect(of(100, 50, 100, 50, 100).deepest!.trough_ts).toBe(day(1));
  expect(of(100, -20).deepest).toMatchObject({ depth: 1.2, depth_usdt: "120" });
});

test("no fall, no drawdown", () => {
  for (const curve of [of(100), of(5, 5, 5), of(1, 2, 3)]) expect(curve).toEqual({ deepest: null, longest: null });
});

test("is the greatest fall between any two points, on random curves", () => {
  const worths = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(worths, (list) => {
      const falls = list.flatMap((peak, i) => list.slice(i).map((later) => (peak - later) / peak));
      expect(of(...list).deepest?.depth ?? 0).toBeCloseTo(Math.max(0, ...falls), 12);
      const under = underwater(readCurve(daily(list)).points).map(({ depth }) => depth);
      expect(under).toEqual(list.map((x, i) => expect.closeTo(1 - x / Math.max(...list.slice(0, i + 1)), 12)));
      let [since, longest] = [0, 0];
      for (const [i, x] of list.entries()) {
        // What falls back to the peak ends there.
        const isPeak = x >= Math.max(...list.slice(0, i + 1));
        if (i > 0 && (!isPeak || list[i - 1]! < Math.max(...list.slice(0, i)))) longest = Math.max(longest, i - since);
        if (isPeak) since = i;
      }
      expect((of(...list).longest?.duration_ms ?? 0) / DAY_MS).toBe(longest);
    }),
    { seed: 10, numRuns: 300 },
  );
});
