import { describe, expect, test } from "bun:test";
import { countdownText, fundingBarsOf, yearlyOf } from "./funding-bars.ts";

describe("funding as bars", () => {
  test("stand on the zero line by their sign, the largest reaching the edge", () => {
    const [up, down, none] = fundingBarsOf([
      { ts: 1, rate: 0.0004 },
      { ts: 2, rate: -0.0002 },
      { ts: 3, rate: 0 },
    ]);
    expect(up).toMatchObject({ y: 0, height: 0.5 });
    expect(down).toMatchObject({ y: 0.5, height: 0.25 });
    expect(none?.height).toBeGreaterThan(0);
    expect(fundingBarsOf([])).toEqual([]);
    expect(fundingBarsOf([{ ts: 1, rate: 0 }])[0]?.height).toBeLessThan(0.02);
  });
  test("a year is as many times as the spacing fits, every eight hours where nothing else is known", () => {
    expect(yearlyOf(0.0001, { next: 8 * 3_600_000, last: 0 })).toBeCloseTo(0.1095, 10);
    expect(yearlyOf(0.0001, { next: 4 * 3_600_000, last: 0 })).toBeCloseTo(0.219, 10);
    expect(yearlyOf(0.0001, { next: 9, last: undefined })).toBeCloseTo(0.1095, 10);
  });
  test("counts down to nothing", () => {
    expect([18_189_000, 59_001, 0, -5].map(countdownText)).toEqual(["5:03:09", "0:01:00", "0:00:00", "0:00:00"]);
  });
});
