/** Time split for walking forward and for folds: nothing is trained on that the test has seen. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FoldRules, type Method } from "../domain/experiment.ts";
import { foldsOf } from "./folds.ts";
import { DAY, HOUR, START } from "./runs.fixture.ts";

const window = { from: START, to: START + 80 * DAY };
const split = (method: Method, folds: object = {}) => foldsOf({ method, window, folds: FoldRules.parse(folds) });
const days = ({ from, to }: { from: number; to: number }) => [(from - START) / DAY, (to - START) / DAY];

describe("walk-forward", () => {
  test("trains three times as long as it tests, as often as asked, to the end", () => {
    const folds = split("WALK_FORWARD");
    expect(folds.map(({ train, test }) => [days(train[0]!), days(test)])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [
        [10 * i, 10 * i + 30],
        [10 * i + 30, 10 * i + 40],
      ]),
    );
  });
  test("takes lengths, and may grow from one beginning", () => {
    const folds = split("WALK_FORWARD", { train_ms: 20 * DAY, test_ms: 30 * DAY, anchored: true });
    expect(folds.map(({ train, test }) => [days(train[0]!), days(test)])).toEqual([
      [
        [0, 20],
        [20, 50],
      ],
      [
        [0, 50],
        [50, 80],
      ],
    ]);
  });
  test.each([
    [{ train_ms: 90 * DAY }, "folds.train_ms"],
    [{ train_ms: 70 * DAY, test_ms: 20 * DAY }, "folds.train_ms"],
    [{ train_ms: DAY, test_ms: HOUR }, "folds.test_ms"],
  ])("%p does not fit", (folds, field) => {
    expect(() => split("WALK_FORWARD", folds)).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ field })] }),
    );
  });
});

describe("purged folds", () => {
  test("test all of the time, each part once, and train on the rest but the embargo", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 0, max: 48 }), (count, hours) => {
        const embargo_ms = hours * HOUR;
        const folds = split("PURGED_KFOLD", { count, embargo_ms });
        expect(folds[0]?.test.from).toBe(window.from);
        expect(folds.at(-1)?.test.to).toBe(window.to);
        for (const [i, { train, test }] of folds.entries()) {
          expect(test.from).toBe(i === 0 ? window.from : folds[i - 1]!.test.to);
          for (const { from, to } of train) {
            expect(to <= test.from || from >= test.to + embargo_ms).toBe(true);
          }
        }
      }),
      { seed: 7, numRuns: 40 },
    );
  });
  test("have two training windows in the middle and one at an end", () => {
    const folds = split("PURGED_KFOLD", { count: 4, embargo_ms: DAY });
    expect(folds.map(({ train }) => train.length)).toEqual([1, 2, 2, 1]);
    expect(folds[1]?.train.map(days)).toEqual([
      [0, 20],
      [41, 80],
    ]);
  });
  test("an embargo over everything is refused", () => {
    expect(() => split("PURGED_KFOLD", { count: 2, embargo_ms: 60 * DAY })).toThrow("cannot be split so");
  });
});
