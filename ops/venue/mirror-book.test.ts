import { expect, test } from "bun:test";
import { type Difference, MirrorBook, type SnapshotEvent } from "./mirror-book.ts";

const spot = (first: number, last: number): Difference => ({
  event: { kind: "depth", first, last, prev: undefined, bids: [], asks: [] },
  raw: `${first}-${last}`,
});
const fut = (first: number, last: number, prev: number): Difference => ({
  event: { kind: "depth", first, last, prev, bids: [], asks: [] },
  raw: `${first}-${last}`,
});
const snapshot = (last: number): SnapshotEvent => ({ kind: "snapshot", last, bids: [], asks: [] });
const applied = (...raws: string[]) => ({ kind: "apply", differences: raws.map((raw) => ({ raw })) });

test("a snapshot takes its place among the differences that came before it", () => {
  const book = new MirrorBook();
  for (const difference of [spot(1, 3), spot(4, 6), spot(7, 9)]) {
    expect(book.onDifference(difference)).toEqual({ kind: "wait" });
  }
  expect(book.onSnapshot(snapshot(5))).toMatchObject(applied("4-6", "7-9"));
  expect(book.isWhole).toBe(true);
  expect(book.onDifference(spot(10, 10))).toMatchObject(applied("10-10"));
});

test("a snapshot that is older than all differences is stale; one without any holds until they come", () => {
  const book = new MirrorBook();
  book.onDifference(spot(10, 12));
  expect(book.onSnapshot(snapshot(8))).toEqual({ kind: "stale" });
  expect(book.isWhole).toBe(false);
  expect(book.onSnapshot(snapshot(9))).toMatchObject(applied("10-12"));
  book.reset();
  expect(book.onSnapshot(snapshot(20))).toMatchObject(applied());
  expect(book.onDifference(spot(18, 20))).toEqual({ kind: "wait" });
  expect(book.onDifference(spot(19, 22))).toMatchObject(applied("19-22"));
});

test("a gap is seen on both markets, and what came with it is kept for the next snapshot", () => {
  const onSpot = new MirrorBook();
  onSpot.onSnapshot(snapshot(5));
  onSpot.onDifference(spot(6, 7));
  expect(onSpot.onDifference(spot(9, 10))).toEqual({ kind: "gap" });
  expect(onSpot.isWhole).toBe(false);
  expect(onSpot.onSnapshot(snapshot(8))).toMatchObject(applied("9-10"));

  const onFutures = new MirrorBook();
  onFutures.onSnapshot(snapshot(5));
  expect(onFutures.onDifference(fut(3, 8, 2))).toMatchObject(applied("3-8"));
  expect(onFutures.onDifference(fut(12, 15, 8))).toMatchObject(applied("12-15"));
  expect(onFutures.onDifference(fut(16, 17, 14))).toEqual({ kind: "gap" });
  expect(onFutures.onSnapshot(snapshot(11))).toEqual({ kind: "stale" });
  // Ids have holes: what follows the snapshot says so, wherever its own ids begin.
  expect(onFutures.onSnapshot(snapshot(14))).toMatchObject(applied("16-17"));
});
