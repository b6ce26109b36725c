import { expect, test } from "bun:test";
import { HourlyMean } from "./hourly-mean.ts";

const MINUTE = 60_000;
const START = 1_767_600_000_000;

test("weighs each value by how long it stood, and says nothing before enough was seen", () => {
  const mean = new HourlyMean();
  expect(mean.mean(0)).toBeUndefined();
  mean.add(START, 1, 30_000);
  mean.add(START + 30_000, 4, 10_000);
  expect(mean.mean(60_000)).toBeUndefined();
  expect(mean.mean(40_000)).toBe(1.75);
});

test("forgets what is older than an hour, and all of it after a long silence", () => {
  const mean = new HourlyMean();
  mean.add(START, 100, 1_000);
  for (let minute = 1; minute < 60; minute++) mean.add(START + minute * MINUTE, 2, 1_000);
  expect(mean.mean(0)).toBeCloseTo((100 + 59 * 2) / 60, 9);
  mean.add(START + 60 * MINUTE, 2, 1_000);
  expect(mean.mean(0)).toBe(2);
  mean.add(START + 500 * MINUTE, 7, 1);
  expect(mean.mean(0)).toBe(7);
});
