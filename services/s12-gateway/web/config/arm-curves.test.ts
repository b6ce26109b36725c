import { expect, test } from "bun:test";
import { fromNothing, takenBackBelow } from "./arm-curves.ts";

test("the line follows the peak and never falls", () => {
  const curve: [number, number][] = [
    [1, -2],
    [2, 10],
    [3, 4],
    [4, 12],
  ];
  expect(takenBackBelow(curve, 25)).toEqual([
    [1, -25],
    [2, -15],
    [3, -15],
    [4, -13],
  ]);
  expect(takenBackBelow([], 25)).toEqual([]);
});

test("a curve begins at nothing when both began", () => {
  expect(fromNothing([[5, -2]], 1)).toEqual([
    [1, 0],
    [5, -2],
  ]);
  expect(fromNothing([[5, -2]], 5)).toEqual([[5, -2]]);
  expect(fromNothing([], 1)).toEqual([]);
});
