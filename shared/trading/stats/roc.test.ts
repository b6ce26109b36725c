/** ROC: its area is the AUC, its ends are where they belong, and it only rises. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { auc } from "./auc.ts";
import { rocCurve } from "./roc.ts";

const one = fc.record({ score: fc.integer({ min: 0, max: 12 }).map((n) => n / 12), positive: fc.boolean() });

test("the area below it, by trapezoids, is the AUC", () => {
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), (scored) => {
      const curve = rocCurve(scored);
      if (auc(scored) === null) return expect(curve).toEqual([]);
      const area = curve
        .slice(1)
        .reduce((sum, { fpr, tpr }, i) => sum + (fpr - curve[i]!.fpr) * ((tpr + curve[i]!.tpr) / 2), 0);
      expect(area).toBeCloseTo(auc(scored)!, 12);
      expect(curve[0]).toEqual({ fpr: 0, tpr: 0, threshold: null });
      expect(curve.at(-1)).toMatchObject({ fpr: 1, tpr: 1 });
      for (const { fpr, tpr, threshold } of curve.slice(1)) {
        const at = scored.filter(({ score }) => score >= threshold!);
        expect(
          at.filter(({ positive }) => positive).length / scored.filter(({ positive }) => positive).length,
        ).toBeCloseTo(tpr, 12);
        expect(
          at.filter(({ positive }) => !positive).length / scored.filter(({ positive }) => !positive).length,
        ).toBeCloseTo(fpr, 12);
      }
    }),
    { seed: 9, numRuns: 200 },
  );
});

test("of many points evenly spread ones are kept, both ends too", () => {
  const scored = Array.from({ length: 1_000 }, (_, i) => ({ score: i, positive: i % 3 === 0 }));
  const curve = rocCurve(scored, 50);
  expect(curve).toHaveLength(50);
  expect([curve[0]!.threshold, curve.at(-1)!.threshold]).toEqual([null, 0]);
  expect(curve.every(({ tpr, fpr }, i) => i === 0 || (tpr >= curve[i - 1]!.tpr && fpr >= curve[i - 1]!.fpr))).toBe(
    true,
  );
  expect(() => rocCurve([{ score: Number.NaN, positive: true }])).toThrow("no number");
});
