import { describe, expect, test } from "bun:test";
import type { Kline, MarketTrade } from "../../../../shared/domain/market.ts";
import { type Bar, barAt, barsOf, foldBar, foldTrade, gatherBars, mergeBars } from "./bars.ts";

const INSTRUMENT = "FUT:BTCUSDT";
const kline = (open_ts: number, close: string): Kline => ({
  instrument: INSTRUMENT,
  exch_ts: open_ts,
  ts: open_ts,
  timeframe: "1s",
  open_ts,
  close_ts: open_ts + 999,
  open: "100",
  high: "101",
  low: "99",
  close,
  volume: "2",
  quote_volume: "200",
  trades: 3,
  closed: true,
});
const trade = (exch_ts: number, price: string): MarketTrade => ({
  instrument: INSTRUMENT,
  exch_ts,
  ts: exch_ts,
  trade_id: "1",
  price,
  qty: "0.5",
  taker: "BUY",
});
const flat = (openTs: number, price: number): Bar => ({
  openTs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 1,
});

describe("bars", () => {
  test("history comes out ascending and unique, without broken bars", () => {
    const bars = barsOf([kline(2_000, "1"), kline(1_000, "2"), kline(2_000, "3"), kline(3_000, "x")]);
    expect(bars.map((b) => [b.openTs, b.close])).toEqual([
      [1_000, 2],
      [2_000, 3],
    ]);
  });
  test("a trade moves its bar, the next one opens another, an old one changes nothing", () => {
    const first = foldTrade([], trade(1_200, "100"), 1_000);
    const second = foldTrade(first, trade(1_900, "98"), 1_000);
    expect(second).toEqual([{ openTs: 1_000, open: 100, high: 100, low: 98, close: 98, volume: 1 }]);
    const third = foldTrade(second, trade(2_000, "99"), 1_000);
    expect(third.map((b) => b.openTs)).toEqual([1_000, 2_000]);
    expect(foldTrade(third, trade(1_500, "1"), 1_000)).toBe(third);
  });
  test("a live bar replaces its own time only", () => {
    const bars = [flat(1_000, 5), flat(2_000, 6)];
    expect(foldBar(bars, flat(2_000, 7)).at(-1)?.close).toBe(7);
    expect(foldBar(bars, flat(1_000, 9))).toBe(bars);
  });
  test("fetched history does not take away newer live bars", () => {
    const merged = mergeBars([flat(1_000, 1), flat(2_000, 1), flat(3_000, 1)], [flat(1_000, 2), flat(2_000, 2)]);
    expect(merged.map((b) => [b.openTs, b.close])).toEqual([
      [1_000, 2],
      [2_000, 2],
      [3_000, 1],
    ]);
  });
  test("gathering keeps the first open, the last close, the extremes and all volume", () => {
    const bars = [flat(1_000, 5), flat(4_000, 9), flat(4_500, 2), flat(5_000, 7)];
    expect(gatherBars(bars, 5_000)).toEqual([
      { openTs: 0, open: 5, high: 9, low: 2, close: 2, volume: 3 },
      { openTs: 5_000, open: 7, high: 7, low: 7, close: 7, volume: 1 },
    ]);
  });
  test("a moment finds its bar, and none when it is off the chart", () => {
    const bars = [flat(1_000, 1), flat(2_000, 1), flat(5_000, 1)];
    expect(barAt(bars, 2_999, 1_000)?.openTs).toBe(2_000);
    expect(barAt(bars, 4_000, 1_000)?.openTs).toBe(2_000);
    expect(barAt(bars, 500, 1_000)).toBeUndefined();
    expect(barAt(bars, 90_000, 1_000)).toBeUndefined();
  });
});
