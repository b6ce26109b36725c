/** Walk-forward windows: by hand, and the past never tested on nor the future trained on. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { walkForward } from "./walk-forward.ts";

const shown = (options: Parameters<typeof walkForward>[0]) =>
  walkForward(options).map(({ train, test }) => [train.from_ts, train.to_ts, test.from_ts, test.to_ts]);

test("by hand: a hundred days, forty to train, twenty to test, two between", () => {
  const options = { from_ts: 0, to_ts: 100, train_ms: 40, test_ms: 20, gap_ms: 2 };
  expect(shown(options)).toEqual([
    [0, 40, 42, 62],
    [20, 60, 62, 82],
  ]);
  expect(shown({ ...options, anchored: true })[1]).toEqual([0, 60, 62, 82]);
  expect(shown({ ...options, to_ts: 102 })).toHaveLength(3);
  expect(shown({ ...options, step_ms: 10 }).map(([, , from]) => from)).toEqual([42, 52, 62, 72]);
  expect(shown({ ...options, to_ts: 61 })).toEqual([]);
});

test("training ends before the gap, tests follow one another, all lie within, and one more would not", () => {
  const length = fc.integer({ min: 1, max: 50 });
  const cases = fc.record({ to_ts: fc.integer({ min: 0, max: 1_000 }), train_ms: length, test_ms: length });
  fc.assert(
    fc.property(cases, fc.nat(20), fc.boolean(), (options, gap_ms, anchored) => {
      const steps = walkForward({ from_ts: 0, gap_ms, anchored, ...options });
      for (const [i, { train, test }] of steps.entries()) {
        expect(train.to_ts + gap_ms).toBe(test.from_ts);
        expect(train.to_ts - train.from_ts).toBe(options.train_ms + (anchored ? i * options.test_ms : 0));
        expect(test.from_ts).toBe(i === 0 ? options.train_ms + gap_ms : steps[i - 1]!.test.to_ts);
        expect(train.from_ts).toBeGreaterThanOrEqual(0);
        expect(test.to_ts).toBeLessThanOrEqual(options.to_ts);
      }
      const end = steps.at(-1)?.test.to_ts ?? options.train_ms + gap_ms;
      expect(end + options.test_ms).toBeGreaterThan(options.to_ts);
    }),
    { seed: 9, numRuns: 300 },
  );
});

test("what makes no windows is refused", () => {
  const options = { from_ts: 0, to_ts: 100, train_ms: 10, test_ms: 10 };
  expect(() => walkForward({ ...options, test_ms: 0 })).toThrow("take time");
  expect(() => walkForward({ ...options, step_ms: Number.NaN })).toThrow("take time");
  expect(() => walkForward({ ...options, gap_ms: -1 })).toThrow("gap");
  expect(() => walkForward({ ...options, to_ts: Number.POSITIVE_INFINITY })).toThrow("From when");
  expect(() => walkForward({ ...options, to_ts: 1e9 })).toThrow("At most 10000 steps");
});
