import { expect, test } from "bun:test";
import { digitsFor } from "./line-chart.ts";

test("the axis has as many decimals as tell the values apart", () => {
  const digits = (...values: (number | null)[]) => digitsFor(values.map((value, ts) => ({ ts, value })));
  expect([digits(60_000, 60_900), digits(0.2, 0.7), digits(-1, 1, null)]).toEqual([1, 4, 3]);
  expect([digits(0.0001, 0.0001), digits(0, 0), digits(), digits(null)]).toEqual([7, 3, 3, 3]);
  expect(digits(1e-12, 2e-12)).toBe(8);
});
