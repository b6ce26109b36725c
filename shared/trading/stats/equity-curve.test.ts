/** Equity curves: what is refused, how they are cut into periods, and where they end. */
import { expect, test } from "bun:test";
import { show } from "../../domain/money.ts";
import { daily, START } from "./curves.fixture.ts";
import { DAY_MS, type EquityPoint, meanEquity, readCurve, returnsOf, sampled } from "./equity-curve.ts";

const at = (...points: [number, string][]): EquityPoint[] => points.map(([ts, equity_usdt]) => ({ ts, equity_usdt }));
const samplesOf = (points: EquityPoint[], period: number) =>
  sampled(readCurve(points), period).map(({ ts, equity }) => [ts, show(equity)]);

test("a period ends with the last point at or before its end; what is left over is no period", () => {
  const points = at([5, "100"], [14, "110"], [15, "120"], [16, "130"], [37, "90"], [44, "80"]);
  expect(samplesOf(points, 10)).toEqual([
    [5, "100"],
    [15, "120"],
    [25, "130"],
    [35, "130"],
  ]);
  expect(returnsOf(sampled(readCurve(points), 10))).toEqual([0.2, 130 / 120 - 1, 0].map((r) => expect.closeTo(r, 15)));
  expect(samplesOf(points, 100)).toEqual([[5, "100"]]);
});

test("a curve ends where nothing is left, and that ends its period at once", () => {
  const points = at([0, "100"], [10, "50"], [14, "-5"], [20, "30"]);
  const curve = readCurve(points);
  expect(curve.ruined_at).toBe(14);
  expect(curve.points).toHaveLength(3);
  expect(samplesOf(points, 10)).toEqual([
    [0, "100"],
    [10, "50"],
    [14, "-5"],
  ]);
  expect(returnsOf(sampled(curve, 10))).toEqual([-0.5, -1.1]);
  expect(samplesOf(at([0, "100"], [10, "0"]), 10)).toHaveLength(2);
});

test("returns are as exact as the amounts", () => {
  expect(returnsOf(sampled(readCurve(daily(["0.3", "0.1", "123456789012345.12345678"])), DAY_MS))).toEqual([
    expect.closeTo(-2 / 3, 15),
    expect.closeTo(123456789012345 / 0.1, 0),
  ]);
});

test("the mean weighs each worth with how long it stood", () => {
  expect(meanEquity(readCurve(at([0, "100"], [1, "200"], [4, "900"])))).toBe((100 + 3 * 200) / 4);
  expect(meanEquity(readCurve(at([0, "100"])))).toBe(100);
});

test("a broken curve is refused with the point that broke it", () => {
  const broken: [EquityPoint[], string][] = [
    [[], "at least one point"],
    [at([0, "0"]), "begins with more than 0 USDT"],
    [at([0, "-3"]), "begins with more than -3 USDT"],
    [at([1, "1"], [1, "2"]), "point 2: its time"],
    [at([2, "1"], [1, "2"]), "point 2: its time"],
    [at([Number.NaN, "1"]), "point 1: its time"],
    [at([0, "1"], [1, "NaN"]), "point 2 is no amount: NaN"],
    [at([0, "1e5"]), "point 1 is no amount"],
  ];
  for (const [points, complaint] of broken) expect(() => readCurve(points)).toThrow(complaint);
  const year = readCurve(at([0, "1"], [START, "2"]));
  for (const period of [1, 0, -5, Number.NaN]) expect(() => sampled(year, period)).toThrow("periods");
});
