import { expect, test } from "bun:test";
import fc from "fast-check";
import { barsOf, windowOf } from "./binance/bars.ts";
import { barAround, INTERVALS } from "./binance/intervals.ts";
import { BARS_MAX, type Bar, type BarTrade, Klines } from "./klines.ts";
import type { MarketModel } from "./market.ts";

const buy = (ts: number, ticks: number, lots: number): BarTrade => ({ id: ts, ts, ticks, lots, buyerIsTaker: true });
const sell = (ts: number, ticks: number, lots: number): BarTrade => ({ id: ts, ts, ticks, lots, buyerIsTaker: false });
const minute = 60_000;

test("a bar says first, highest, lowest and last price, volume and who took", () => {
  const klines = new Klines();
  for (const trade of [buy(0, 10, 2), sell(1, 14, 3), buy(999, 8, 1), sell(59_999, 9, 4)]) klines.add(trade);
  expect(klines.query("1m", { limit: 5 })).toEqual([
    {
      openTs: 0,
      closeTs: 59_999,
      open: 10,
      high: 14,
      low: 8,
      close: 9,
      lots: 10,
      quote: 20 + 42 + 8 + 36,
      trades: 4,
      takerLots: 3,
      takerQuote: 28,
      firstId: 0,
      lastId: 59_999,
    },
  ]);
  expect(klines.query("1s", { limit: 1 })).toMatchObject([{ openTs: 59_000, trades: 1 }]);
});

test("a silent time has flat bars at the last close, and each close is told once", () => {
  const closed: string[] = [];
  const klines = new Klines((timeframe, bar) => timeframe === "1m" && closed.push(`${bar.openTs}:${bar.close}`));
  klines.add(buy(0, 10, 1));
  klines.advance(3 * minute);
  klines.advance(3 * minute + 1);
  expect(closed).toEqual(["0:10", "60000:10", "120000:10"]);
  klines.add(buy(3 * minute + 5, 12, 1));
  expect(klines.query("1m", { limit: 2 }).map((bar) => [bar.open, bar.trades])).toEqual([
    [10, 0],
    [12, 1],
  ]);
});

test("a straggler lands in the bar of its time; one from before the series is left out", () => {
  const klines = new Klines();
  klines.add(buy(minute, 10, 1));
  klines.add(buy(2 * minute, 11, 1));
  klines.add(sell(minute + 5, 9, 1));
  klines.add(sell(5, 1, 1));
  expect(klines.query("1m", { limit: 9 }).map((bar) => [bar.low, bar.trades])).toEqual([
    [9, 2],
    [11, 1],
  ]);
});

test("is bounded, however long the silence", () => {
  const klines = new Klines();
  klines.add(buy(0, 10, 1));
  for (let i = 1; i < 5000; i++) klines.add(buy(i * 1000, 10, 1));
  expect(klines.query("1s", { limit: 1e6 }).length).toBeLessThanOrEqual(BARS_MAX * 1.25);
  klines.advance(1e10);
  const bars = klines.query("1s", { limit: 1e6 });
  expect(bars.length).toBe(BARS_MAX);
  expect(bars.at(-1)!.openTs).toBe(1e10);
});

test("answers by open time, newest last, and makes 3m of 1m", () => {
  const klines = new Klines();
  for (let i = 0; i < 7; i++) klines.add(buy(i * minute, 10 + i, 1));
  expect(klines.query("1m", { from: minute, to: 3 * minute, limit: 2 }).map((bar) => bar.open)).toEqual([12, 13]);
  expect(klines.query("3m", { limit: 9 }).map((bar) => [bar.open, bar.close, bar.lots])).toEqual([
    [10, 12, 3],
    [13, 15, 3],
    [16, 16, 1],
  ]);
  expect(klines.query("1m", { limit: 0 })).toEqual([]);
  expect(() => klines.query("7w", { limit: 1 })).toThrow("no bars of 7w");
});

test("changed bars are handed out once", () => {
  const klines = new Klines();
  klines.add(buy(0, 10, 1));
  const seen: string[] = [];
  klines.takeChanged((timeframe) => seen.push(timeframe));
  expect(seen).toHaveLength(9);
  klines.takeChanged((timeframe) => seen.push(timeframe));
  expect(seen).toHaveLength(9);
});

test("nothing is lost between timeframes", () => {
  const trades = fc.array(fc.record({ gap: fc.nat(20_000), ticks: fc.integer({ min: 1, max: 99 }), lots: fc.nat(9) }));
  fc.assert(
    fc.property(trades, (steps) => {
      const klines = new Klines();
      let ts = 0;
      for (const { gap, ticks, lots } of steps) {
        ts += gap;
        klines.add(buy(ts, ticks, lots));
      }
      const sum = (bars: Bar[]) => bars.reduce((total, bar) => total + bar.lots, 0);
      const all = steps.reduce((total, step) => total + step.lots, 0);
      for (const timeframe of ["1s", "5s", "1m", "3m", "1d"]) {
        const bars = klines.query(timeframe, { limit: 1e6 });
        if (bars.length < BARS_MAX) expect(sum(bars)).toBe(all);
        for (const [i, bar] of bars.entries()) {
          expect(bar.low).toBeLessThanOrEqual(Math.min(bar.open, bar.close));
          expect(bar.high).toBeGreaterThanOrEqual(Math.max(bar.open, bar.close));
          if (i > 0) expect(bar.openTs).toBe(bars[i - 1]!.closeTs + 1);
        }
      }
    }),
    { seed: 2 },
  );
});

const instrument = "SPOT:BTCUSDT";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 30, 22, 58);

/** Trades of some days, in bursts and with long silences, and the market that keeps their bars. */
const trades = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.nat(900), fc.nat(90_000), fc.nat(9 * HOUR)),
      ticks: fc.integer({ min: 900, max: 1_100 }),
      lots: fc.integer({ min: 1, max: 50 }),
      buyerIsTaker: fc.boolean(),
    }),
    { minLength: 20, maxLength: 200 },
  )
  .map((steps) => {
    let ts = START;
    return steps.map(({ gap, ...rest }, at): BarTrade => {
      ts += gap;
      return { id: at + 1, ts, ...rest };
    });
  });

function marketOf(list: readonly BarTrade[], until: number): MarketModel {
  const klines = new Klines();
  for (const trade of list) klines.add(trade);
  klines.advance(until);
  return { klines: (_, timeframe, query) => klines.query(timeframe, query) } as Partial<MarketModel> as MarketModel;
}

/** What trades are as one bar; nothing of no trades. */
function barOf(list: readonly BarTrade[], times: { openTs: number; closeTs: number }): Bar | undefined {
  const [first, last] = [list[0], list.at(-1)];
  if (!first || !last) return undefined;
  const prices = list.map(({ ticks }) => ticks);
  const bought = list.filter(({ buyerIsTaker }) => buyerIsTaker);
  const lots = (of: readonly BarTrade[]) => of.reduce((sum, trade) => sum + trade.lots, 0);
  const quote = (of: readonly BarTrade[]) => of.reduce((sum, trade) => sum + trade.lots * trade.ticks, 0);
  return {
    ...times,
    ...{ open: first.ticks, high: Math.max(...prices), low: Math.min(...prices), close: last.ticks },
    ...{ lots: lots(list), quote: quote(list), trades: list.length },
    ...{ takerLots: lots(bought), takerQuote: quote(bought), firstId: first.id, lastId: last.id },
  };
}

const zones = fc.constantFrom(0, 8 * HOUR, -5.5 * HOUR);

test("bars of every interval and zone are what their trades make; silent ones repeat the last close", () => {
  fc.assert(
    fc.property(trades, zones, (list, offsetMs) => {
      const until = list.at(-1)!.ts + 2_000;
      const market = marketOf(list, until);
      for (const interval of INTERVALS.SPOT) {
        if (interval === "1s" && offsetMs !== 0) continue;
        const served = barsOf({ market, instrument }, { interval, offsetMs }, { limit: 1_000 });
        expect(served.at(-1)!.closeTs).toBeGreaterThanOrEqual(list.at(-1)!.ts);
        // The oldest may begin before what is kept.
        for (const [at, bar] of served.entries()) {
          const { openTs, closeTs } = barAround(interval, bar.openTs, offsetMs);
          expect([interval, bar.openTs, bar.closeTs]).toEqual([interval, openTs, closeTs]);
          const before = served[at - 1];
          if (!before) continue;
          expect(bar.openTs).toBe(before.closeTs + 1);
          const made = barOf(
            list.filter(({ ts }) => ts >= openTs && ts <= closeTs),
            { openTs, closeTs },
          );
          if (made) expect([interval, bar]).toEqual([interval, made]);
          else expect([bar.trades, bar.open, bar.close]).toEqual([0, before.close, before.close]);
        }
      }
    }),
    { seed: 41, numRuns: 25 },
  );
}, 300_000);

test("the last 24 hours are the trades of their minutes, wherever minutes are kept so far back", () => {
  fc.assert(
    fc.property(trades, fc.nat(3 * HOUR), (list, later) => {
      const now = list.at(-1)!.ts + later;
      const openTs = now - DAY;
      const first = Math.floor(openTs / 60_000) * 60_000;
      const inside = list.filter(({ ts }) => ts >= first);
      const day = windowOf({ market: marketOf(list, now), instrument }, openTs, now)!;
      expect(day.trades).toBe(inside.length);
      if (inside.length === 0) return;
      const made = barOf(inside, { openTs: 0, closeTs: 0 })!;
      const { openTs: _, closeTs: __, ...said } = made;
      expect(day).toMatchObject(said);
      const before = list.filter(({ ts }) => ts < first).at(-1);
      expect(day.before).toBe(before?.ticks ?? made.open);
    }),
    { seed: 42, numRuns: 100 },
  );
}, 300_000);
