import { expect, test } from "bun:test";
import type { Depth, Level } from "../../../../shared/domain/market.ts";
import { LADDER_ROWS, ladderOf } from "./ladder.ts";

const depth = (bids: Level[], asks: Level[]): Depth => ({
  instrument: "FUT:BTCUSDT",
  exch_ts: 1,
  ts: 1,
  seq: 1,
  ok: true,
  bids,
  asks,
});

test("sizes add up from the best price, shares are of the deeper side", () => {
  const given = depth(
    [
      ["100.0", "1"],
      ["99.9", "2"],
    ],
    [["100.1", "6"]],
  );
  const ladder = ladderOf(given, { priceDigits: 1, ours: new Set([99.9]) });
  expect(ladder.bids.map((row) => [row.price, row.total, row.share, row.ours])).toEqual([
    ["100.0", "1.00", 1 / 6, false],
    ["99.9", "3.00", 0.5, true],
  ]);
  expect(ladder.asks[0]?.share).toBe(1);
  expect(ladder.bidShare).toBeCloseTo(1 / 3, 12);
});

test("no book, and more levels than fit", () => {
  expect(ladderOf(undefined, { priceDigits: 1, ours: new Set() })).toEqual({ bids: [], asks: [], bidShare: 0.5 });
  const many: Level[] = Array.from({ length: 30 }, (_, i) => [`${i + 1}`, "1"]);
  expect(ladderOf(depth(many, []), { priceDigits: 0, ours: new Set() }).bids.length).toBe(LADDER_ROWS);
});
