import { expect, test } from "bun:test";
import { columnsOf, PICTURE } from "./label-spread.ts";

test("columns stand from the worst to the best, as high as their share of the highest", () => {
  const columns = columnsOf([2, 0, 0, 0, 4, 0, 0, 0, 1]);
  expect(columns.map(({ tone, height }) => [tone, height])).toEqual([
    ["down", PICTURE.height / 2],
    ["flat", PICTURE.height],
    ["up", PICTURE.height / 4],
  ]);
  expect(columns.map(({ x }) => x)).toEqual([0, 40, 80]);
  expect(columns.every(({ y, height }) => y + height === PICTURE.height)).toBe(true);
});

test("one among very many is still seen, and nothing is no column", () => {
  expect(columnsOf([1, 10_000, 0]).map(({ height }) => height)).toEqual([1, PICTURE.height]);
  expect(columnsOf([0, 0, 0])).toEqual([]);
});
