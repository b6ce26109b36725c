/** The tail set apart: nothing that trains has seen any of it, and every row has its place. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitTail } from "./split-tail.ts";

test("by hand: what ends in the tail, or nearly, is purged; what begins with it belongs to it", () => {
  const spans = [0, 10, 20, 30, 40, 40, 50, 60].map((from_ts) => ({ from_ts, to_ts: from_ts + 15 }));
  expect(splitTail(spans, { share: 0.3, embargo_ms: 0 })).toEqual({
    train: [0, 1, 2],
    purged: [3],
    tail: [4, 5, 6, 7],
  });
  expect(splitTail(spans, { share: 0.3, embargo_ms: 5 })).toEqual({
    train: [0, 1],
    purged: [2, 3],
    tail: [4, 5, 6, 7],
  });
  expect(splitTail([], { share: 0.3, embargo_ms: 5 })).toEqual({ train: [], purged: [], tail: [] });
});

test("no label of the training part reaches the tail, whatever the rows", () => {
  const span = fc.tuple(fc.nat(200), fc.nat(60)).map(([from_ts, length]) => ({ from_ts, to_ts: from_ts + length }));
  const options = fc.record({ share: fc.double({ min: 0.05, max: 0.95, noNaN: true }), embargo_ms: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), options, (spans, wish) => {
      const { train, tail, purged } = splitTail(spans, wish);
      const places = [...train, ...purged, ...tail];
      expect(places.toSorted((a, b) => a - b)).toEqual([...spans.keys()]);
      expect(tail.length).toBeGreaterThanOrEqual(Math.floor(spans.length * wish.share));
      const begins = spans[tail[0]!]!.from_ts;
      for (const i of train) expect(spans[i]!.to_ts).toBeLessThan(begins - wish.embargo_ms);
      for (const i of purged) expect(spans[i]!.to_ts).toBeGreaterThanOrEqual(begins - wish.embargo_ms);
    }),
    { seed: 8, numRuns: 200 },
  );
});

test("what makes no sense is refused", () => {
  expect(() => splitTail([], { share: 1, embargo_ms: 0 })).toThrow("between 0 and 1");
  expect(() => splitTail([], { share: 0.2, embargo_ms: -1 })).toThrow("not negative");
  expect(() => splitTail([{ from_ts: 2, to_ts: 1 }], { share: 0.2, embargo_ms: 0 })).toThrow("before it begins");
});
