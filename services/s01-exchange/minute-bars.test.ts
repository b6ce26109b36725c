/** Bars from trades: whole ones alone, each once, with the minutes in which nothing traded. */
import { expect, test } from "bun:test";
import { Kline, type MarketTrade } from "../../shared/domain/market.ts";
import { MinuteBars } from "./minute-bars.ts";

const T = 1_700_000_040_000;
const MINUTE_MS = 60_000;
const FUT = "FUT:BTCUSDT";
type Told = [id: number, ms: number, price: string, qty?: string];
const tradeOf = ([id, ms, price, qty = "1"]: Told, instrument = FUT): MarketTrade => ({
  ...{ instrument, exch_ts: T + ms, ts: T + ms + 20, trade_id: String(id), price, qty },
  taker: "BUY",
});

function barsOf(...trades: Told[]): Kline[] {
  const bars: Kline[] = [];
  const minutes = new MinuteBars((bar) => bars.push(Kline.parse(bar)));
  for (const trade of trades) minutes.take(tradeOf(trade));
  return bars;
}
const short = (bars: readonly Kline[]) =>
  bars.map(({ open_ts, open, high, low, close, trades }) => [
    (open_ts - T) / MINUTE_MS,
    open,
    high,
    low,
    close,
    trades,
  ]);

test("a bar is told when a trade of the next minute has come, to the last digit", () => {
  const [bar, ...others] = barsOf(
    [1, -1, "100"],
    [2, 0, "100.1", "0.3"],
    [3, 10, "99.9", "0.1"],
    [4, MINUTE_MS - 1, "100.2", "0.2"],
    [5, MINUTE_MS, "7"],
  );
  expect(others).toEqual([]);
  expect(bar).toEqual({
    ...{ instrument: FUT, timeframe: "1m", open_ts: T, close_ts: T + MINUTE_MS - 1, exch_ts: T + MINUTE_MS },
    ...{ ts: T + MINUTE_MS + 20, open: "100.1", high: "100.2", low: "99.9", close: "100.2" },
    ...{ volume: "0.6", quote_volume: "60.06", trades: 3, closed: true },
  });
});

test("one that was joined halfway is not told, and one in which a trade is missing is not either", () => {
  const joined = barsOf([1, 5, "100"], [2, MINUTE_MS, "101"], [3, 2 * MINUTE_MS, "102"]);
  expect(short(joined)).toEqual([[1, "101", "101", "101", "101", 1]]);
  const holed = barsOf([1, -1, "9"], [2, 0, "10"], [4, 5, "11"], [5, MINUTE_MS, "12"], [6, 2 * MINUTE_MS, "13"]);
  expect(short(holed)).toEqual([[1, "12", "12", "12", "12", 1]]);
  // The hole lies between two minutes: nobody knows which one it belongs to.
  const between = barsOf([1, -1, "9"], [2, 0, "10"], [4, MINUTE_MS, "11"], [5, 2 * MINUTE_MS, "12"]);
  expect(short(between)).toEqual([]);
});

test("minutes without a trade are flat, but not after a long silence", () => {
  const quiet = barsOf([1, -1, "9"], [2, 0, "10"], [3, 3 * MINUTE_MS, "12"]);
  expect(short(quiet)).toEqual([
    [0, "10", "10", "10", "10", 1],
    [1, "10", "10", "10", "10", 0],
    [2, "10", "10", "10", "10", 0],
  ]);
  expect(short(barsOf([1, -1, "9"], [2, 0, "10"], [3, 61 * MINUTE_MS, "12"]))).toHaveLength(1);
});

test("a time that goes back, an id that is no number: that bar is told by nobody", () => {
  expect(barsOf([1, -1, "9"], [2, MINUTE_MS, "10"], [3, MINUTE_MS - 1, "11"], [4, 2 * MINUTE_MS, "12"])).toHaveLength(
    1,
  );
  expect(barsOf([Number.NaN, -1, "9"], [Number.NaN, 0, "10"], [Number.NaN, MINUTE_MS, "11"])).toEqual([]);
});

test("ids too long to be told apart, and those that are no count, make no bar", () => {
  const bars: Kline[] = [];
  const minutes = new MinuteBars((bar) => bars.push(bar));
  const take = (ids: readonly string[]) => {
    for (const [at, trade_id] of ids.entries())
      minutes.take({ ...tradeOf([0, (at - 1) * 30_000, "9"]), instrument: `FUT:${ids[0]}`, trade_id });
  };
  // Doubles take all of them for one and the same, and it for the one after itself.
  take(["00", "02", "05", "09", "20"].map((end) => `10000000000000000${end}`));
  take(["a-1", "a-2", "a-3", "a-4", "a-5"]);
  expect(bars).toEqual([]);
  take(["1", "2", "3", "4", "5"]);
  expect(bars).toHaveLength(1);
});

test("instruments do not mix", () => {
  const bars: Kline[] = [];
  const minutes = new MinuteBars((bar) => bars.push(bar));
  for (const trade of [
    [1, -1, "9"],
    [2, 0, "10"],
    [3, MINUTE_MS, "11"],
  ] as Told[]) {
    minutes.take(tradeOf(trade));
    minutes.take(tradeOf(trade, "SPOT:BTCUSDT"));
  }
  expect(bars.map(({ instrument, trades }) => [instrument, trades])).toEqual([
    [FUT, 1],
    ["SPOT:BTCUSDT", 1],
  ]);
});
