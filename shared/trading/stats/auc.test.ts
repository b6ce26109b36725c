/** AUC: a published example, every pair compared, Mann-Whitney's U, and what the interval is worth. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../adapters/random.ts";
import { auc, aucInterval, aucIntervalOfBlocks, type Scored } from "./auc.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { normalCdf, normalQuantile } from "./normal.ts";

test("Hanley and McNeil 1982, table I: 109 CT images rated from 1 to 5 have 0.893", () => {
  const rated = { false: [33, 6, 6, 11, 2], true: [3, 2, 2, 11, 33] };
  const scored = [true, false].flatMap((positive) =>
    rated[`${positive}`].flatMap((count, i) => Array.from({ length: count }, () => ({ score: i + 1, positive }))),
  );
  expect(auc(scored)).toBeCloseTo(0.893, 3);
  // Their standard error is 0.032, so that 95 % lie within 0.063 or so.
  const { estimate, low, high } = aucInterval(scored, { chance: seededRandom("ct"), method: "percentile" });
  expect(estimate).toBe(auc(scored)!);
  expect(Math.abs(low! - (0.893 - 1.96 * 0.032))).toBeLessThan(0.015);
  expect(Math.abs(high! - (0.893 + 1.96 * 0.032))).toBeLessThan(0.015);
});

test("is the share of pairs won, and U over n₁·n₂", () => {
  const one = fc.record({ score: fc.integer({ min: 0, max: 9 }).map((n) => n / 10), positive: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (scored) => {
      const [yes, no] = [true, false].map((kind) => scored.filter((s) => s.positive === kind).map((s) => s.score));
      if (yes!.length === 0 || no!.length === 0) return expect(auc(scored)).toBeNull();
      const pairs = yes!.flatMap((a) => no!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
      expect(auc(scored)).toBeCloseTo(pairs.reduce((a: number, b) => a + b, 0) / pairs.length, 12);
      expect(auc(scored)).toBeCloseTo(mannWhitney(yes!, no!, "two_sided").share, 12);
    }),
    { seed: 6, numRuns: 300 },
  );
});

/** Scores of two normal distributions `apart` deviations from each other. */
function drawn(seed: string, count: number, apart: number): Scored[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const positive = i % 2 === 0;
    return { score: normalQuantile(random.next() || 0.5) + (positive ? apart : 0), positive };
  });
}

test("two normal distributions d apart have Φ(d/√2), and the interval is around it", () => {
  const scored = drawn("apart", 600, 1);
  const { low, high } = aucInterval(scored, { chance: seededRandom("auc"), resamples: 300 });
  const truth = normalCdf(1 / Math.SQRT2);
  expect(auc(scored)).toBeCloseTo(truth, 1);
  expect(low!).toBeLessThan(truth);
  expect(high!).toBeGreaterThan(truth);
  expect(high! - low!).toBeLessThan(0.09);
});

test("scores of noise do not claim skill more often than the level allows", () => {
  const random = seededRandom("no skill");
  const options = { chance: random, level: 0.9, resamples: 100, method: "percentile" } as const;
  let claims = 0;
  for (let i = 0; i < 100; i++) {
    const { low } = aucInterval(drawn(`noise ${i}`, 80, 0), options);
    if (low! > 0.5) claims++;
  }
  // One side of 90 %: a twentieth, of a hundred five, and three deviations of luck.
  expect(claims).toBeLessThanOrEqual(5 + 7);
});

test("rows that come in bunches are drawn in bunches: the interval is as wide as that of the bunches themselves", () => {
  const single = drawn("bunches", 60, 0.8);
  const bunched = single.flatMap((row) => Array.from({ length: 12 }, () => row));
  const options = () => ({ chance: seededRandom("blocks"), resamples: 300, method: "percentile" }) as const;
  const widthOf = ({ low, high }: { low: number | null; high: number | null }) => high! - low!;
  const wide = widthOf(aucInterval(single, options()));
  expect(widthOf(aucInterval(bunched, options()))).toBeLessThan(wide / 2);
  expect(Math.abs(widthOf(aucIntervalOfBlocks(bunched, 24, options())) / wide - 1)).toBeLessThan(0.3);
  expect(aucIntervalOfBlocks(bunched, 24, options()).estimate).toBe(auc(single)!);
  expect(() => aucIntervalOfBlocks([], 1, options())).toThrow("nothing scored");
});

test("one kind alone has no AUC, and no numbers are refused", () => {
  const one = [{ score: 1, positive: true }];
  expect(auc([])).toBeNull();
  expect(aucInterval(one, { chance: seededRandom(1), resamples: 10 })).toMatchObject({ estimate: null, low: null });
  expect(() => aucInterval([], { chance: seededRandom(1) })).toThrow("nothing scored");
  expect(() => auc([{ score: Number.NaN, positive: true }])).toThrow("no number");
});
