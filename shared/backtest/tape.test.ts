/** Tapes keep what they are given, find moments by time, and refuse to go back. */
import { describe, expect, test } from "bun:test";
import { defaultListings } from "../engine/listing.ts";
import { TapeBuilder, type TapeEvent, type TapeMoment } from "./tape.ts";

const events: TapeEvent[] = [
  { kind: "snapshot", last: 5, bids: [100, 3, 99, 4], asks: [101, 2] },
  { kind: "depth", first: 6, last: 7, prev: 5, bids: [100, 0], asks: [] },
  { kind: "depth", first: 8, last: 8, prev: undefined, bids: [], asks: [101, 9, 102, 1] },
  { kind: "trade", id: 77, ticks: 101, lots: 2, buyerIsTaker: true },
  { kind: "bookTicker", seq: 9, bidTicks: 99, bidLots: 4, askTicks: 101, askLots: 9 },
  { kind: "markPrice", mark: 100.25, rate: -0.0001, nextAt: 28_800_000 },
  { kind: "settlement", rate: 0.0003 },
  {
    ...{ kind: "bar", timeframe: "1m", openTs: 60_000, open: 1, high: 4, low: 1, close: 3, lots: 12 },
    ...{ quoteVolume: Number.NaN, trades: 5, takerLots: 6 },
  },
];
const moments = events.map((event, i): TapeMoment => ({ at: 1_000 + 10 * i, exchTs: 999 + 10 * i, who: i % 2, event }));
const head = {
  form: "book",
  listings: defaultListings().slice(0, 2),
  source: "a test",
  assumed: [],
  problems: { count: 0, first: [] },
} as const;

function taped(all: readonly TapeMoment[]) {
  const builder = new TapeBuilder();
  for (const moment of all) builder.add(moment);
  return builder.build(head);
}

describe("a tape", () => {
  test("gives back every kind of event as it was", () => {
    const tape = taped(moments);
    expect(tape.count).toBe(moments.length);
    expect(moments.map((_, i) => tape.moment(i))).toEqual(moments);
    expect([tape.head.from_ts, tape.head.to_ts]).toEqual([1_000, 1_070]);
  });
  test("keeps many more than it has room for at first", () => {
    const many = Array.from({ length: 5_000 }, (_, i) => ({ ...moments[i % 8]!, at: i }));
    const tape = taped(many);
    expect(tape.moment(4_999)).toEqual(many[4_999]!);
    expect(tape.columns.numbers.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
  test("finds the first event at or after a time", () => {
    const tape = taped(moments);
    expect([0, 1_000, 1_001, 1_070, 1_071].map((ts) => tape.indexAt(ts))).toEqual([0, 0, 1, 7, 8]);
  });
  test("is cut at either end, over the same memory", () => {
    const tape = taped(moments);
    const inner = tape.since(1_015).until(1_050);
    expect([inner.count, inner.head.from_ts, inner.head.to_ts]).toEqual([3, 1_020, 1_040]);
    expect([0, 1, 2].map((i) => inner.moment(i))).toEqual(moments.slice(2, 5));
    expect(inner.columns.numbers).toBe(tape.columns.numbers);
    expect([tape.since(2_000).count, tape.until(0).count, tape.until(2_000).count]).toEqual([0, 0, moments.length]);
    expect(tape.since(2_000).head).toMatchObject({ from_ts: 0, to_ts: 0 });
  });
  test("does not go back in time", () => {
    expect(() => taped([moments[1]!, moments[0]!])).toThrow("a tape is in order of time");
  });
  test("may be empty", () => {
    expect(taped([]).head).toMatchObject({ from_ts: 0, to_ts: 0 });
  });
});
