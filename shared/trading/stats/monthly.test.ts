/** The monthly table: by hand, and compounding back to the whole. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { daily, fromReturns } from "./curves.fixture.ts";
import { changeOf, readCurve } from "./equity-curve.ts";
import { monthlyReturns } from "./monthly.ts";

const point = (year: number, month: number, day: number, equity: number) => ({
  ts: Date.UTC(year, month - 1, day),
  equity_usdt: String(equity),
});

test("by hand: a month begins with what the last point before or at its first moment says", () => {
  const curve = readCurve([
    point(2023, 11, 20, 100),
    point(2023, 11, 30, 110),
    point(2023, 12, 31, 99),
    point(2024, 2, 1, 198),
    point(2024, 2, 10, 99),
  ]);
  const none = (count: number) => Array.from({ length: count }, () => null);
  expect(monthlyReturns(curve)).toEqual([
    {
      year: 2023,
      months: [...none(10), expect.closeTo(0.1, 12), expect.closeTo(-0.1, 12)],
      total: expect.closeTo(-0.01, 12),
    },
    { year: 2024, months: [1, -0.5, ...none(10)], total: 0 },
  ]);
});

test("a curve that ends with the year has no next one; one point has its month", () => {
  const year = readCurve([point(2023, 1, 1, 100), point(2024, 1, 1, 150)]);
  expect(monthlyReturns(year)).toEqual([{ year: 2023, months: [...Array(11).fill(0), 0.5], total: 0.5 }]);
  const [only, ...more] = monthlyReturns(readCurve([point(2024, 3, 1, 100)]));
  expect(more).toEqual([]);
  expect(only).toEqual({ year: 2024, months: [null, null, 0, ...Array(9).fill(null)], total: 0 });
});

test("a ruin is the last there is", () => {
  const [year] = monthlyReturns(readCurve(daily([100, 50, 0, 70])));
  expect(year).toEqual({ year: 2024, months: [-1, ...Array(11).fill(null)], total: -1 });
});

test("months compound to their year, and years to the whole", () => {
  const returns = fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), { minLength: 1, maxLength: 900 });
  const compound = (changes: readonly (number | null)[]) => changes.reduce((all: number, r) => all * (1 + (r ?? 0)), 1);
  fc.assert(
    fc.property(returns, (list) => {
      const curve = readCurve(fromReturns(list));
      const years = monthlyReturns(curve);
      for (const { months, total } of years) expect(compound(months)).toBeCloseTo(1 + total, 10);
      const whole = changeOf(curve.points[0]!.equity, curve.points.at(-1)!.equity);
      expect(compound(years.map(({ total }) => total)) / (1 + whole)).toBeCloseTo(1, 8);
    }),
    { seed: 13, numRuns: 40 },
  );
});
