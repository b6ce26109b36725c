import { describe, expect, test } from "bun:test";
import { ageOf, clockText, durationOf, isTime, preciseText, utcText } from "./times.ts";

describe("times", () => {
  test("UTC is exact to the millisecond", () => {
    expect(utcText(1_795_000_000_123)).toBe("2026-11-18 11:06:40.123 UTC");
    expect(utcText(Number.NaN)).toBe("");
  });
  test("both locales write hours from 00 to 23", () => {
    const midnight = new Date(2026, 0, 1, 0, 5, 9).getTime();
    for (const locale of ["en", "zh-TW"]) expect(clockText(midnight, locale)).toBe("00:05:09");
  });
  test("ages grow units and never go below zero", () => {
    const texts = [-50, 340, 9_960, 59_999, 60_000, 3_599_000, 7_200_000, 172_800_000].map((ms) => {
      const { value, unit } = ageOf(ms);
      return `${value} ${unit}`;
    });
    expect(texts).toEqual(["0.0 s", "0.3 s", "9 s", "59 s", "1 min", "59 min", "2 h", "2 d"]);
  });
  test("a step's time is told to the millisecond", () => {
    const at = new Date(2026, 0, 1, 13, 5, 9, 7).getTime();
    for (const locale of ["en", "zh-TW"]) expect(preciseText(at, locale)).toBe("13:05:09.007");
  });
  test("durations use two units at most, and never say 60 of one", () => {
    const told = [-3, 0, 999, 1_000, 9_999, 59_999, 60_000, 250_000, 3_600_000, 11_100_000, 187_200_000];
    expect(
      told.map((ms) =>
        durationOf(ms)
          .map(({ value, unit }) => `${value} ${unit}`)
          .join(" "),
      ),
    ).toEqual([
      "0 ms",
      "0 ms",
      "999 ms",
      "1.0 s",
      "9.9 s",
      "59 s",
      "1 min",
      "4 min 10 s",
      "1 h",
      "3 h 5 min",
      "2 d 4 h",
    ]);
  });
  test("missing times are no times", () => {
    expect([isTime(undefined), isTime(0), isTime(1)]).toEqual([false, false, true]);
  });
});
