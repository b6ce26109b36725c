import { expect, test } from "bun:test";
import type { Instrument } from "../../../shared/domain/instrument.ts";
import { BookSync } from "../../../shared/engine/book-sync.ts";
import { listed } from "../types.ts";
import { type Diff, readLevels } from "./normalise.ts";
import { TopLevels } from "./top-levels.ts";

const info: Instrument = {
  instrument: "SPOT:BTCUSDT",
  market: "SPOT",
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: "0.10",
  step_size: "0.001",
  min_qty: "0.001",
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
};
const on = listed(info);
type Row = [string, string];
const flat = (rows: Row[]) => readLevels(rows, on) as number[];
const spot = (first: number, last: number, bids: Row[] = [], asks: Row[] = []): Diff => ({
  first,
  last,
  previous: undefined,
  exchTs: last,
  bids: flat(bids),
  asks: flat(asks),
});
const fut = (previous: number, last: number, first = previous + 3): Diff => ({ ...spot(first, last), previous });
const snapshot = (last: number) => ({ last, bids: flat([["100.0", "1"]]), asks: flat([["100.1", "2"]]) });

test("updates wait for the snapshot, and what it covers is left out", () => {
  const sync = new BookSync();
  expect(sync.take(spot(1, 5, [["99.0", "9"]]))).toBe("held");
  expect(sync.take(spot(6, 12, [["99.5", "3"]]))).toBe("held");
  expect(sync.take(spot(13, 14, [["100.0", "0"]]))).toBe("held");
  expect(sync.restore(snapshot(8))).toBe(true);
  expect(sync.last).toBe(14);
  expect(sync.book.top(5)).toEqual({ bids: [[995_000, 3_000_000]], asks: [[1_001_000, 2_000_000]] });
});

const spotRows: [string, Diff, string][] = [
  ["next", spot(9, 10), "applied"],
  ["straddles the snapshot", spot(4, 10), "applied"],
  ["covered already", spot(4, 8), "repeat"],
  ["leaves one out", spot(10, 11), "gap"],
  ["crosses the book", spot(9, 10, [["100.1", "1"]]), "gap"],
  ["holds a price of an older tick", spot(9, 10, [["99.95", "1"]]), "applied"],
];
test.each(spotRows)("spot, first after a snapshot at 8: %s", (_, diff, taken) => {
  const sync = new BookSync();
  expect(sync.restore(snapshot(8))).toBe(true);
  expect(sync.take(diff)).toBe(taken as "applied");
  expect(sync.live).toBe(taken !== "gap");
});

test("spot: after the first, an update must begin right after the last", () => {
  const sync = new BookSync();
  sync.restore(snapshot(8));
  sync.take(spot(9, 10));
  expect(sync.take(spot(10, 12))).toBe("gap");
});

test("futures: each update names the one before it", () => {
  const sync = new BookSync();
  sync.take(fut(1, 5));
  sync.take(fut(5, 20, 7));
  expect(sync.restore(snapshot(12))).toBe(true);
  expect(sync.take(fut(20, 31))).toBe("applied");
  expect(sync.take(fut(33, 40))).toBe("gap");
  expect(sync.take(fut(40, 50))).toBe("held");
});

test("futures: a snapshot taken between two updates is followed by the one that names it", () => {
  const sync = new BookSync();
  sync.restore(snapshot(12));
  expect(sync.take(fut(12, 20))).toBe("applied");
});

test("a snapshot older than what is held is refused, and what is held stays", () => {
  const sync = new BookSync();
  sync.take(spot(20, 25));
  expect(sync.restore(snapshot(8))).toBe(false);
  expect(sync.live).toBe(false);
  expect(sync.restore(snapshot(21))).toBe(true);
  expect(sync.last).toBe(25);
});

test("a crossed snapshot is refused", () => {
  const sync = new BookSync();
  expect(sync.restore({ last: 1, bids: flat([["100.2", "1"]]), asks: flat([["100.1", "1"]]) })).toBe(false);
});

test("the top is the book's, with unchanged levels kept as they are", () => {
  const sync = new BookSync();
  const bids = new TopLevels(on, "BUY");
  const asks = new TopLevels(on, "SELL");
  const rows = Array.from({ length: 30 }, (_, i) => [`${100 - i}.0`, `${i + 1}`] as Row);
  sync.restore({ last: 1, bids: flat(rows), asks: flat([["100.1", "0.005"]]) });
  const before = bids.of(sync.book);
  expect(before.length).toBe(20);
  expect(before[0]).toEqual(["100.0", "1.000"]);
  expect(asks.of(sync.book)).toEqual([["100.1", "0.005"]]);
  sync.take(
    spot(
      2,
      2,
      [
        ["99.0", "0"],
        ["98.0", "7"],
        ["97.5", "1.5"],
      ],
      [
        ["100.1", "0"],
        ["100.2", "1"],
      ],
    ),
  );
  const after = bids.of(sync.book);
  expect(after.slice(0, 4)).toEqual([
    ["100.0", "1.000"],
    ["98.0", "7.000"],
    ["97.5", "1.500"],
    ["97.0", "4.000"],
  ]);
  expect(after[0]).toBe(before[0]!);
  expect(after[3]).toBe(before[3]!);
  expect(before[1]).toEqual(["99.0", "2.000"]);
  expect(asks.of(sync.book)).toEqual([["100.2", "1.000"]]);
});
