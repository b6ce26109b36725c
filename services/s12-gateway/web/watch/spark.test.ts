import { expect, test } from "bun:test";
import { sparkPath } from "./spark.ts";

test("a line goes from left to right, its highest at the top", () => {
  const path = sparkPath(
    [
      [0, 0],
      [50, 4],
      [100, 2],
    ],
    { width: 100, height: 20 },
  );
  expect(path).toBe("M0 20L50 0L100 10");
});

test("what is small stays small: 1 is the least top", () => {
  expect(
    sparkPath(
      [
        [0, 0.1],
        [10, 0.1],
      ],
      { width: 10, height: 10 },
    ),
  ).toBe("M0 9L10 9");
});
