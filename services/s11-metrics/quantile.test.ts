import { expect, test } from "bun:test";
import fc from "fast-check";
import { bucketQuantile, readBound } from "./quantile.ts";

const BOUNDS = [10, 100, 1_000, Number.POSITIVE_INFINITY];
const bucketsOf = (values: number[]) =>
  BOUNDS.map((le) => ({ le, upTo: values.filter((value) => value <= le).length }));

test("a quantile lies straight between the bounds of its bucket", () => {
  expect(
    bucketQuantile(
      [
        { le: 10, upTo: 0 },
        { le: 20, upTo: 10 },
        { le: readBound("+Inf"), upTo: 10 },
      ],
      0.5,
    ),
  ).toBe(15);
  expect(bucketQuantile(bucketsOf([5, 5, 50, 500]), 0.5)).toBe(10);
});
test("of nothing there is none; what is above all bounds is told as the greatest", () => {
  expect(bucketQuantile(bucketsOf([]), 0.95)).toBeNull();
  expect(bucketQuantile(bucketsOf([5_000, 6_000]), 0.95)).toBe(1_000);
});
test("it is in the same bucket as the quantile itself", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1 }),
      (values, q) => {
        fc.pre(!Number.isNaN(q));
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length - 1e-9) - 1] as number;
        const told = bucketQuantile(bucketsOf(values), q) as number;
        const bucket = (value: number) => BOUNDS.findIndex((le) => value <= le);
        expect(bucket(told)).toBe(Math.min(bucket(exact), BOUNDS.length - 2));
      },
    ),
    { seed: 11 },
  );
});
