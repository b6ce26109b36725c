/** How far results are believed: an edge is seen, luck is not, and the more was tried the less. */
import { describe, expect, test } from "bun:test";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { DAY, partOf, START } from "./runs.fixture.ts";
import { type Evidence, significanceOf } from "./significance.ts";

const of = (change: Partial<Evidence> & Pick<Evidence, "run">) =>
  significanceOf({
    ...{
      benchmark: undefined,
      period_ms: DAY,
      trials: { count: 1, sharpes: [] },
      chance: seededChance(1),
      resamples: 200,
    },
    ...change,
  });

describe("significance", () => {
  test("of an edge is high, with intervals above zero", () => {
    const told = of({ run: partOf(START, 365, { drift: 0.003 }), benchmark: partOf(START, 365, { seed: 2 }) });
    expect(told).toMatchObject({ trials: 1, periods: 365, notes: [] });
    expect(told.deflated_sharpe).toBeGreaterThan(0.999);
    expect(told.mann_whitney_p).toBeLessThan(0.02);
    expect(told.p_value).toBe(Math.max(1 - told.deflated_sharpe!, told.mann_whitney_p!));
    expect(told.mean_return!.low).toBeGreaterThan(0);
    expect(told.sharpe_interval!.low).toBeLessThan(told.sharpe!);
    expect(told.sharpe_interval!.high).toBeGreaterThan(told.sharpe!);
  });
  test("falls with everything that was tried besides, known by its Sharpe ratio or not", () => {
    const run = partOf(START, 365, { drift: 0.001 });
    const at = (count: number, sharpes: number[] = []) => of({ run, trials: { count, sharpes } }).deflated_sharpe!;
    const falling = [at(1), at(10), at(100), at(1_000)];
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    expect(falling[0]! - falling[3]!).toBeGreaterThan(0.2);
    // Trials that all came out the same are as many tries all the same; those that differ wildly say more was possible.
    expect(at(10, new Array(10).fill(1))).toBe(at(10));
    expect(at(10, [-5, -3, -1, 0, 1, 2, 3, 4, 5, 6])).toBeLessThan(at(10));
  });
  test("of too little is not told, and says so", () => {
    const short = of({ run: partOf(START, 20, { drift: 0.01 }) });
    expect(short).toMatchObject({ deflated_sharpe: null, p_value: null, mean_return: null, sharpe_interval: null });
    expect(short.notes[0]).toContain("20 periods and 6 closed trades");
    const still = of({ run: partOf(START, 60, { deviation: 0 }) });
    expect(still).toMatchObject({ deflated_sharpe: null, p_value: null, sharpe: null });
    expect(still.notes[0]).toContain("do not vary");
  });
  test("repeats itself exactly", () => {
    const run = partOf(START, 100);
    expect(of({ run })).toEqual(of({ run }));
  });
  test("finds five in a hundred in what is nothing but chance", () => {
    const found = Array.from({ length: 1_000 }, (_, i) =>
      of({ run: partOf(START, 60, { seed: `n${i}` as never }), resamples: 1 }),
    );
    const share = found.filter(({ p_value }) => p_value! <= 0.05).length / 1_000;
    expect(share).toBeWithin(0.03, 0.07);
  });
});
