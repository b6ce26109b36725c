import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { RollingMoments, RollingRank } from "./rolling.ts";

test("moments equal those of the last n values, whatever has passed", () => {
  const random = seededRandom(21);
  const moments = new RollingMoments(7);
  const values: number[] = [];
  for (let at = 0; at < 500; at++) {
    const value = random.next() - 0.5;
    values.push(value);
    moments.push(value);
    if (values.length < 7) {
      expect(moments.mean).toBeNaN();
      expect(moments.sampleDeviation).toBeNaN();
      continue;
    }
    const window = values.slice(-7);
    const mean = window.reduce((a, b) => a + b, 0) / 7;
    expect(moments.mean).toBeCloseTo(mean, 12);
    const squares = window.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    expect(moments.sampleDeviation).toBeCloseTo(Math.sqrt(squares / 6), 12);
  }
});

test("rank counts the less and half of the equal among the last n", () => {
  const random = seededRandom(22);
  const rank = new RollingRank(9);
  const values: number[] = [];
  for (let at = 0; at < 500; at++) {
    const value = random.int(6);
    values.push(value);
    rank.push(value);
    const window = values.slice(-9);
    const equal = window.filter((x) => x === value).length;
    const expected = (window.filter((x) => x < value).length + equal / 2) / 9;
    if (values.length < 9) expect(rank.percentile).toBeNaN();
    else expect(rank.percentile).toBeCloseTo(expected, 12);
  }
});
