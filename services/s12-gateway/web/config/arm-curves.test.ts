import { expect, test } from "bun:test";
import { lastOf, spanning, takenBackBelow } from "./arm-curves.ts";

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

test("a curve begins at nothing when both began, and goes on to the last of either", () => {
  expect(spanning([[5, -2]], { since: 1, until: 9 })).toEqual([
    [1, 0],
    [5, -2],
    [9, -2],
  ]);
  expect(spanning([[5, -2]], { since: 5, until: 5 })).toEqual([[5, -2]]);
  expect(spanning([], { since: 1, until: 9 })).toEqual([]);
  expect(lastOf([[5, 0]], [], [[7, 1]])).toBe(7);
});
