import { describe, expect, test } from "bun:test";
import { ageOf, clockText, isTime, utcText } from "./times.ts";

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
  test("missing times are no times", () => {
    expect([isTime(undefined), isTime(0), isTime(1)]).toEqual([false, false, true]);
  });
});
