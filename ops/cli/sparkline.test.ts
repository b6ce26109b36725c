import { expect, test } from "bun:test";
import { sparkline } from "./sparkline.ts";

test("the lowest value is the lowest block, the highest the highest, and the end is in sight", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([7, 6, 5, 4, 3, 2, 1, 0], 4)).toBe("█▆▃▁");
  expect(
    sparkline(
      Array.from({ length: 1_000 }, (_, at) => at),
      60,
    ),
  ).toHaveLength(60);
});

test("what does not move lies in the middle, and nothing is nothing", () => {
  expect(sparkline([5, 5, 5], 60)).toBe("▄▄▄");
  expect(sparkline([], 60)).toBe("");
});
