/** Longer bars from shorter ones are those that the live builder makes from the trades themselves. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Timeframe } from "../domain/market.ts";
import { type Bar, BarBuilder } from "../trading/factors/bars.ts";
import { Portion } from "../trading/factors/exact-sum.ts";
import type { ClosedBar } from "../trading/factors/series.ts";
import { LongBars } from "./long-bars.ts";

const MINUTE = 60_000;
const START = Date.UTC(2024, 7, 8);
const LOTS = 1_000;
interface Trade {
  ts: number;
  price: number;
  lots: number;
}

function live(timeframe: Timeframe, trades: readonly Trade[], end: number): Bar[] {
  const bars: Bar[] = [];
  const builder = new BarBuilder(timeframe, START);
  const portion = new Portion();
  for (const { ts, price, lots } of trades) {
    builder.advance(ts, (bar) => bars.push(bar));
    portion.set(price, lots / LOTS);
    builder.add(ts, price, portion);
  }
  builder.advance(end, (bar) => bars.push(bar));
  return bars;
}

function joined(minutes: readonly Bar[], skip?: number): ClosedBar[] {
  const closed: ClosedBar[] = [];
  const long = new LongBars("1m", (lots) => lots / LOTS);
  for (const [n, bar] of minutes.entries()) {
    if (n !== skip) long.add({ ...bar, lots: Math.round(bar.volume * LOTS) }, closed);
  }
  return closed;
}

const of = (closed: readonly ClosedBar[], wanted: Timeframe): Bar[] =>
  closed.filter(({ timeframe }) => timeframe === wanted).map(({ bar }) => bar);

/** Sums of sums differ in the last bits. */
const rounded = (bars: readonly Bar[]): Bar[] =>
  bars.map((bar) => ({ ...bar, quoteVolume: Number(bar.quoteVolume.toPrecision(12)) }));

const aTrade = fc.record({
  after: fc.integer({ min: 0, max: 150_000 }),
  price: fc.integer({ min: 90, max: 110 }),
  lots: fc.integer({ min: 1, max: 5_000 }),
});
const market = fc.array(aTrade, { minLength: 1, maxLength: 60 }).map((rows) => {
  // The first trade lies in the first minute: before it there is no bar.
  const times: number[] = [];
  for (const [n, { after }] of rows.entries()) times.push(n === 0 ? START + (after % MINUTE) : times[n - 1]! + after);
  return rows.map(({ price, lots }, n) => ({ ts: times[n]!, price, lots }));
});

test("minutes make the same five minutes and quarters as trades do", () => {
  fc.assert(
    fc.property(market, (trades) => {
      const end = START + Math.ceil((trades.at(-1)!.ts + 1 - START) / (15 * MINUTE)) * 15 * MINUTE;
      const closed = joined(live("1m", trades, end));
      for (const timeframe of ["5m", "15m"] as const) {
        expect(rounded(of(closed, timeframe))).toEqual(rounded(live(timeframe, trades, end)));
      }
    }),
    { seed: 8, numRuns: 200 },
  );
});

test("a bar that lacks a part is none, and those around it stay", () => {
  const trades = Array.from({ length: 15 }, (_, n) => ({ ts: START + n * MINUTE, price: 100 + n, lots: 1 }));
  const minutes = live("1m", trades, START + 15 * MINUTE);
  expect(of(joined(minutes, 7), "5m").map(({ openTs }) => (openTs - START) / MINUTE)).toEqual([0, 10]);
  expect(of(joined(minutes, 7), "15m")).toEqual([]);
});

test("of one moment the shortest closes first", () => {
  const trades = Array.from({ length: 60 }, (_, n) => ({ ts: START + n * MINUTE, price: 100, lots: 1 }));
  const last = joined(live("1m", trades, START + 60 * MINUTE)).slice(-3);
  expect(last.map(({ timeframe }) => timeframe)).toEqual(["5m", "15m", "1h"]);
});
