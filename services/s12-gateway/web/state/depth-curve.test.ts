import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cornersOf, depthCurveOf, standingTo, stepAbove } from "./depth-curve.ts";

const BOOK = {
  bids: [
    ["99", "1"],
    ["98", "2"],
    ["96", "4"],
  ] as [string, string][],
  asks: [
    ["101", "2"],
    ["103", "1"],
  ] as [string, string][],
};

describe("the book as curves", () => {
  const curve = depthCurveOf(BOOK)!;
  test("sums what stands from the mid outwards", () => {
    expect(curve).toMatchObject({ mid: 100, spreadBps: 200, reach: 5, height: 10 });
    expect(curve.bids.map(({ total }) => total)).toEqual([1, 3, 7]);
    expect(curve.asks.map(({ worth }) => worth)).toEqual([202, 305]);
  });
  test("has none for a book with an empty side", () => {
    expect([depthCurveOf(undefined), depthCurveOf({ ...BOOK, asks: [] })]).toEqual([undefined, undefined]);
  });
  test("tells what stands between the mid and a price", () => {
    const totals = [99.5, 99, 97, 50, 100.5, 102, 103, 200].map((price) => standingTo(curve, price)?.total);
    expect(totals).toEqual([undefined, 1, 3, 7, undefined, 2, 3, 3]);
  });
  test("draws each side inside the picture, away from the mid, never falling", () => {
    const level = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 1_000 }));
    fc.assert(
      fc.property(fc.array(level, { minLength: 1 }), fc.array(level, { minLength: 1 }), (below, above) => {
        const of = (levels: [number, number][], sign: number): [string, string][] =>
          levels
            .map(([off, qty]): [number, number] => [500 + sign * off, qty])
            .sort(([a], [b]) => sign * (a - b))
            .map(([price, qty]) => [`${price}`, `${qty}`]);
        const drawn = depthCurveOf({ bids: of(below, -1), asks: of(above, 1) })!;
        for (const side of ["bids", "asks"] as const) {
          const corners = cornersOf(drawn, side);
          for (const [x, y] of corners) expect(x >= 0 && x <= 1 && y >= 0 && y <= 1).toBe(true);
          const rising = corners.slice(0, -1).map(([, y]) => y);
          expect(rising).toEqual(rising.toSorted((a, b) => b - a));
          expect(corners.every(([x]) => (side === "bids" ? x <= 0.5 : x >= 0.5))).toBe(true);
        }
      }),
      { seed: 7 },
    );
  });
  test("steps of 1, 2 and 5 stand above every value", () => {
    expect([0, 0.003, 1, 1.1, 4.9, 51, 1_000_001].map(stepAbove)).toEqual([1, 0.005, 1, 2, 5, 100, 2_000_000]);
  });
});
