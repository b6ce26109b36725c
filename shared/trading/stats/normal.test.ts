/** The normal distribution against Taylor's series in 200 digits, and against itself backwards. */
import { expect, test } from "bun:test";
import { Decimal } from "decimal.js";
import fc from "fast-check";
import { normalCdf, normalDensity, normalQuantile, normalTail } from "./normal.ts";

const Wide = Decimal.clone({ precision: 200 });
/** Φ(x) = ½ + Σ (−1)ᵏ·x^(2k+1)/(k!·2ᵏ·(2k + 1))/√(2π): alternating, hence the many digits. */
function cdf(x: number): Decimal {
  const square = new Wide(x).pow(2).neg().div(2);
  let term = new Wide(x);
  let sum = new Wide(x);
  for (let k = 1; term.abs().gt("1e-195") && k < 6_000; k++) {
    term = term.mul(square).div(k);
    sum = sum.add(term.div(2 * k + 1));
  }
  return sum.div(Wide.acos(-1).mul(2).sqrt()).add("0.5");
}

test("Φ has twelve right digits in the middle and in both tails", () => {
  for (const x of [-19, -10, -8, -5, -3.25, -2.0000001, -2, -1.9999999, -1.5, -1, -0.3, -1e-8, 0, 0.7, 1.96, 4]) {
    const exact = cdf(x);
    expect(exact.sub(normalCdf(x)).div(exact).abs().toNumber()).toBeLessThan(1e-12);
  }
});

test("further out it lies between the two simplest bounds on Mills's ratio", () => {
  for (let x = 15; x < 37; x += 1.1) {
    const ratio = normalTail(x) / normalDensity(x);
    expect(ratio).toBeGreaterThan(x / (x * x + 1));
    expect(ratio).toBeLessThan((x * x + 2) / (x ** 3 + 3 * x));
  }
});

test("published values: Abramowitz and Stegun, table 26.1 and 26.5", () => {
  expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 15);
  expect(normalCdf(2)).toBeCloseTo(0.97724986805182, 14);
  expect(normalCdf(3)).toBeCloseTo(0.9986501019683699, 15);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 14);
  expect(normalQuantile(0.0001)).toBeCloseTo(-3.719016485455709, 13);
});

test("the quantile leads back to its probability, with as many digits", () => {
  const smaller = fc.double({ min: -300, max: Math.log10(0.5), noNaN: true }).map((power) => 10 ** power);
  fc.assert(
    fc.property(smaller, (p) => {
      const x = normalQuantile(p);
      expect(Math.abs(normalCdf(x) / p - 1)).toBeLessThan(1e-12 * Math.max(1, x * x));
      expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(1 - (1 - p)), 9);
    }),
    { seed: 1, numRuns: 400 },
  );
});

test("the quantile of Φ(x) is x to twelve digits", () => {
  for (let x = -37; x <= 0; x += 0.37) expect(Math.abs(normalQuantile(normalCdf(x)) - x)).toBeLessThan(1e-12 * 37);
});

test("the ends and what lies outside", () => {
  expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
  for (const p of [-0.1, 1.1, Number.NaN]) expect(normalQuantile(p)).toBeNaN();
  expect([normalCdf(-Infinity), normalCdf(Infinity), normalTail(50)]).toEqual([0, 1, 0]);
  expect(normalCdf(Number.NaN)).toBeNaN();
  expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15);
});
