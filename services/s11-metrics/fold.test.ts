import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Figures, Fold, increase } from "./fold.ts";

const folded = (values: number[]): Figures => {
  const fold = new Fold();
  for (const value of values) fold.addScrape({ a: value });
  return fold.values().a!;
};

test("a step has the last, least, greatest, sum and count, and one made of steps is that of all their scrapes", () => {
  expect(folded([3, 1, 2])).toEqual([2, 1, 3, 6, 3]);
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer(), { minLength: 1 }), { minLength: 1 }), (parts) => {
      const fold = new Fold();
      for (const part of parts) fold.addStep({ a: folded(part) });
      expect(fold.values().a).toEqual(folded(parts.flat()));
    }),
    { seed: 11 },
  );
});

test("a series that not every scrape has counts those that have it", () => {
  const fold = new Fold();
  fold.addScrape({ a: 1 });
  fold.addScrape({ b: 5 });
  expect(fold.values()).toEqual({ a: [1, 1, 1, 1, 1], b: [5, 5, 5, 5, 1] });
});

test("a counter's growth is told through one new beginning a step, wherever it comes", () => {
  const growth = fc.array(fc.nat(50), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(growth, fc.option(fc.nat(19)), fc.nat(100), (steps, resetAt, before) => {
      let [counter, grew] = [before, 0];
      const scraped = steps.map((by, at) => {
        // A process that began anew counts from zero.
        if (at === resetAt) counter = 0;
        counter += by;
        grew += by;
        return counter;
      });
      // Nobody could tell from its figures that a counter began anew and has passed its former height since.
      const former = scraped.slice(0, resetAt ?? 0);
      const isHidden = resetAt !== null && resetAt < steps.length && scraped.at(-1)! >= Math.max(before, ...former);
      if (isHidden) expect(increase(before, folded(scraped))).toBeLessThanOrEqual(grew);
      else expect(increase(before, folded(scraped))).toBe(grew);
    }),
    { seed: 11, numRuns: 2_000 },
  );
});
