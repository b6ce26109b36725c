import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, dec, fromSteps, isOnStep, mul, show, sum, zero } from "../../domain/money.ts";
import { dueTimes, qtyUpTo, sliceLeg, sliceOfLeg, sliceQtys, slicesByNotional, slicesOf } from "./twap.ts";

const TABLE = [
  [300, 1],
  [1_500, 3],
  [5_000, 5],
  [20_000, 8],
] as const;

test("a table names the slices by notional; beyond its last row that row's count stands", () => {
  const counts = [1, 300, 300.01, 1_500, 1_501, 5_000, 20_000, 90_000].map((usdt) => slicesByNotional(usdt, TABLE));
  expect(counts).toEqual([1, 1, 3, 3, 5, 5, 8, 8]);
  expect(slicesByNotional(1_000, [])).toBe(1);
});

describe("slice quantities", () => {
  const size = (total: string, over = {}) => ({
    total: dec(total),
    step: dec("0.001"),
    minQty: dec("0.001"),
    minNotional: dec("5"),
    price: dec("60000"),
    ...over,
  });

  test("are equal but for one step, the larger first", () => {
    expect(sliceQtys(3, size("0.010")).map(show)).toEqual(["0.004", "0.003", "0.003"]);
  });

  test("are fewer where the exchange would refuse so small ones", () => {
    expect(sliceQtys(8, size("0.010", { minQty: dec("0.004") })).map(show)).toEqual(["0.005", "0.005"]);
    expect(sliceQtys(3, size("0.001")).map(show)).toEqual(["0.001"]);
    expect(sliceQtys(3, size("0.03", { price: dec("500") })).map(show)).toEqual(["0.015", "0.015"]);
  });

  test("property: they sum exactly to the total, each on the step and none below the exchange's minimum", () => {
    const steps = ["1", "0.1", "0.001", "0.00001"].map(dec);
    const sizes = fc.record({
      step: fc.constantFrom(...steps),
      steps: fc.integer({ min: 1, max: 5_000_000 }),
      count: fc.integer({ min: 1, max: 60 }),
      minSteps: fc.integer({ min: 0, max: 500 }),
      minNotional: fc.integer({ min: 0, max: 200 }),
      price: fc.integer({ min: 1, max: 90_000 }),
    });
    fc.assert(
      fc.property(sizes, ({ step, steps: n, count, minSteps, minNotional, price }) => {
        const total = fromSteps(n, step);
        const terms = {
          total,
          step,
          minQty: fromSteps(minSteps, step),
          minNotional: dec(minNotional),
          price: dec(price),
        };
        const qtys = sliceQtys(count, terms);
        expect(sum(qtys)).toBe(total);
        expect(qtys.length).toBeLessThanOrEqual(Math.min(count, 50));
        const fits = (qty: Amount) =>
          isOnStep(qty, step) && qty >= terms.minQty && mul(qty, terms.price) >= terms.minNotional && qty > zero;
        if (qtys.length > 1) expect(qtys.every(fits)).toBe(true);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe("due times", () => {
  const rhythm = { from: 1_000, intervalMs: 500, jitter: 0.2 };

  test("are the same for the same intent, others for another, the first at once", () => {
    const times = dueTimes("a:entry", 8, rhythm);
    expect(dueTimes("a:entry", 8, rhythm)).toEqual(times);
    expect(dueTimes("b:entry", 8, rhythm)).not.toEqual(times);
    expect(times[0]).toBe(1_000);
    for (const [at, due] of times.entries()) expect(Math.abs(due - 1_000 - at * 500)).toBeLessThanOrEqual(100);
  });

  test("without jitter keep the interval, with all of it never run backwards", () => {
    expect(dueTimes("a", 4, { ...rhythm, jitter: 0 })).toEqual([1_000, 1_500, 2_000, 2_500]);
    const wild = dueTimes("a", 50, { ...rhythm, jitter: 1 });
    expect([...wild].sort((a, b) => a - b)).toEqual(wild);
    expect(wild[0]).toBe(1_000);
  });
});

test("a leg names its slice; what the slices up to one add up to", () => {
  expect([sliceLeg(0, 1), sliceLeg(12, 0)].map(sliceOfLeg)).toEqual([0, 12]);
  expect(["e0", "e3", "sl2"].map(sliceOfLeg)).toEqual([0, 0, 0]);
  const slices = slicesOf([dec("0.4"), dec("0.3"), dec("0.3")], [1, 2, 3]);
  expect([0, 1, 2].map((last) => show(qtyUpTo(slices, last)))).toEqual(["0.4", "0.7", "1"]);
});
