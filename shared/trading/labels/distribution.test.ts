import { expect, test } from "bun:test";
import { distributionOf, EDGES, quantile } from "./distribution.ts";

const label = (roi_net: number) => ({
  roi_net,
  class: roi_net >= 0.005 ? ("pos" as const) : roi_net <= -0.005 ? ("neg" as const) : ("neutral" as const),
  net_usdt: roi_net * 20,
});

test("quartiles are linear between the nearest ranks", () => {
  // R: quantile(c(1, 2, 4, 8), c(.25, .5, .75), type = 7) is 1.75, 3, 5
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile([1, 2, 4, 8], share))).toEqual([1, 1.75, 3, 5, 8]);
  expect(quantile([3], 0.75)).toBe(3);
});

test("classes, mean and sums are counted, and every label is in one span of the histogram", () => {
  const found = distributionOf([0.2, 0.005, 0, -0.005, -0.3, 0.0049].map(label));
  expect(found).toMatchObject({ count: 6, pos: 2, neutral: 2, neg: 2, min: -0.3, max: 0.2 });
  expect(found.mean).toBeCloseTo(-0.0951 / 6, 12);
  expect(found.net_usdt).toBeCloseTo(-0.0951 * 20, 12);
  expect(found.histogram).toHaveLength(EDGES.length + 1);
  // Below −10 %; … −2 % to −0.5 % is empty, −0.5 % belongs to the middle span, as +0.5 % does to the one above it.
  expect(found.histogram).toEqual([1, 0, 0, 0, 3, 1, 0, 0, 1]);
});
