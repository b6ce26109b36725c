import { expect, test } from "bun:test";
import { placeOn } from "./scale.ts";

test("where more is worse, red is at 80 of 100 and nothing at the left", () => {
  const at = placeOn({ worse: "above", yellow: 1_200, red: 3_000 });
  expect([at(0), at(1_500), at(3_000), at(90_000)]).toEqual([1, 40, 80, 99]);
});

test("where less is worse, the best is at the left", () => {
  const at = placeOn({ worse: "below", yellow: 0.55, red: 0.35 });
  expect(Math.round(at(0.75))).toBe(1);
  expect(Math.round(at(0.55))).toBe(40);
  expect(Math.round(at(0.35))).toBe(80);
  expect(at(0)).toBe(99);
});
