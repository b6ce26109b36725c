import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Point, thinned } from "./thin.ts";

const walk = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 400 });

test("thinned points keep the first, the last, the lowest and the highest, in order and no more than asked for", () => {
  fc.assert(
    fc.property(walk, fc.integer({ min: 8, max: 100 }), (values, max) => {
      const points = values.map((value, index): Point => [index * 7, value]);
      const kept = thinned(points, max);
      expect(kept.length).toBeLessThanOrEqual(Math.max(max, 4));
      expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
      for (const pick of [Math.min, Math.max]) {
        expect(pick(...kept.map(([, value]) => value))).toBe(pick(...values));
      }
      expect(kept.every(([ts], index) => index === 0 || ts > kept[index - 1]![0])).toBe(true);
      expect(kept.every((point) => points.includes(point))).toBe(true);
    }),
    { seed: 8, numRuns: 200 },
  );
});
