import { describe, expect, test } from "bun:test";
import { BEGIN_TS as T } from "../../testing/market-events.ts";
import { type Bar, BarBuilder, barOfKline, EMPTY_BARS_MAX } from "./bars.ts";
import { Portion } from "./exact-sum.ts";

type Told = [number, number, number, number, number, number, number, boolean];
/** Offset from T, open, high, low, close, volume, trades, whole. */
const told = (bar: Bar, whole: boolean): Told => [
  bar.openTs - T,
  bar.open,
  bar.high,
  bar.low,
  bar.close,
  bar.volume,
  bar.trades,
  whole,
];

function build(sinceTs = T) {
  const closed: Told[] = [];
  const portion = new Portion();
  const builder = new BarBuilder("1s", sinceTs);
  const advance = (now: number) => builder.advance(T + now, (bar, whole) => closed.push(told(bar, whole)));
  const trade = (now: number, price: number, qty: number) => {
    advance(now);
    portion.set(price, qty);
    builder.add(T + now, price, portion);
  };
  return { closed, advance, trade };
}

describe("a bar", () => {
  test("holds its trades and closes when the watermark reaches its end, not a millisecond before", () => {
    const { closed, advance, trade } = build();
    trade(0, 10, 1);
    trade(400, 12, 2);
    trade(999, 11, 3);
    advance(999);
    expect(closed).toEqual([]);
    advance(1_000);
    expect(closed).toEqual([[0, 10, 12, 10, 11, 6, 3, true]]);
  });

  test("a trade at the end belongs to the next bar", () => {
    const { closed, advance, trade } = build();
    trade(0, 10, 1);
    trade(1_000, 20, 1);
    advance(2_000);
    expect(closed).toEqual([
      [0, 10, 10, 10, 10, 1, 1, true],
      [1_000, 20, 20, 20, 20, 1, 1, true],
    ]);
  });

  test("a time without trades has flat bars at the last close", () => {
    const { closed, trade } = build();
    trade(100, 10, 1);
    trade(3_500, 9, 2);
    expect(closed).toEqual([
      [0, 10, 10, 10, 10, 1, 1, true],
      [1_000, 10, 10, 10, 10, 0, 0, true],
      [2_000, 10, 10, 10, 10, 0, 0, true],
    ]);
  });

  test("that was not watched from its first millisecond is told as broken", () => {
    const { closed, advance, trade } = build(T + 1);
    trade(500, 10, 1);
    advance(2_000);
    expect(closed.map((bar) => bar.at(-1))).toEqual([false, true]);
  });

  test("there is none before the first trade", () => {
    const { closed, advance, trade } = build();
    advance(5_000);
    trade(5_100, 10, 1);
    advance(6_000);
    expect(closed).toEqual([[5_000, 10, 10, 10, 10, 1, 1, true]]);
  });

  test("a silence longer than the series breaks it instead of filling it", () => {
    const { closed, advance, trade } = build();
    trade(0, 10, 1);
    const long = (EMPTY_BARS_MAX + 5) * 1_000;
    advance(long + 300);
    trade(long + 400, 11, 1);
    advance(long + 2_000);
    expect(closed.map((bar) => [bar[0], bar.at(-1)])).toEqual([
      [0, true],
      [long, false],
      [long + 1_000, true],
    ]);
  });
});

test("a kline becomes a bar in numbers", () => {
  const kline = {
    instrument: "FUT:BTCUSDT",
    exch_ts: T,
    ts: T,
    timeframe: "1m",
    open_ts: T,
    close_ts: T + 59_999,
    open: "1.5",
    high: "2",
    low: "1",
    close: "1.25",
    volume: "3",
    quote_volume: "4.5",
    trades: 7,
    closed: true,
  } as const;
  expect(barOfKline(kline)).toEqual({
    openTs: T,
    endTs: T + 60_000,
    open: 1.5,
    high: 2,
    low: 1,
    close: 1.25,
    volume: 3,
    quoteVolume: 4.5,
    trades: 7,
  });
});
