/** Seeded market events and bars for tests: believable enough to work the factors, hostile where asked. */
import { seededRandom } from "../adapters/random.ts";
import type { Depth, Funding, Level, MarketTrade, Ticker } from "../domain/market.ts";
import type { Random } from "../kit/ports.ts";
import type { Bar } from "../trading/factors/bars.ts";

const INSTRUMENT = "FUT:BTCUSDT";
/** A whole UTC day, so that bars of every timeframe begin here. */
export const BEGIN_TS = Date.UTC(2024, 7, 8);

export type MarketEvent =
  | { kind: "ticker"; event: Ticker }
  | { kind: "depth"; event: Depth }
  | { kind: "trade"; event: MarketTrade }
  | { kind: "funding"; event: Funding };

/** Standard normal, by the sum of twelve uniforms. */
const normal = (random: Random): number => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b) - 6;

/** Bars without holes; one in ten is empty, as after a time without trades. */
export function randomBars(seed: number, count: number, ms = 60_000): Bar[] {
  const random = seededRandom(seed);
  const bars: Bar[] = [];
  let close = 60_000;
  for (let at = 0; at < count; at++) {
    const openTs = BEGIN_TS + at * ms;
    const span = { openTs, endTs: openTs + ms };
    if (random.int(10) === 0) {
      const flat = { open: close, high: close, low: close, close, volume: 0, quoteVolume: 0, trades: 0 };
      bars.push({ ...span, ...flat });
      continue;
    }
    const prices = Array.from({ length: 4 }, () => close * (1 + normal(random) / 500));
    const [open, last] = [prices[0]!, prices[3]!];
    const volume = random.next() * 10;
    const quoteVolume = volume * prices[1]!;
    const shape = { open, high: Math.max(...prices), low: Math.min(...prices), close: last };
    bars.push({ ...span, ...shape, volume, quoteVolume, trades: 1 + random.int(50) });
    close = last;
  }
  return bars;
}

export const tickerAt = (
  ts: number,
  [bid, bidQty, ask, askQty]: readonly [string, string, string, string],
): Ticker => ({
  instrument: INSTRUMENT,
  exch_ts: ts,
  ts,
  seq: ts,
  bid,
  bid_qty: bidQty,
  ask,
  ask_qty: askQty,
});
export const depthAt = (ts: number, bids: Level[], asks: Level[], ok = true): Depth => ({
  instrument: INSTRUMENT,
  exch_ts: ts,
  ts,
  seq: ts,
  ok,
  bids,
  asks,
});
let tradeIds = 0;
export const tradeAt = (
  ts: number,
  price: string | number,
  qty: string | number,
  taker: "BUY" | "SELL" = "BUY",
): MarketTrade => ({
  instrument: INSTRUMENT,
  exch_ts: ts,
  ts,
  trade_id: String(++tradeIds),
  price: String(price),
  qty: String(qty),
  taker,
});
export const fundingAt = (ts: number, rate: number, nextTs: number): Funding => ({
  instrument: INSTRUMENT,
  exch_ts: ts,
  ts,
  mark: "60010",
  index: "60000",
  rate,
  next_funding_ts: nextTs,
});

/** Events of one instrument in order of arrival; exchange times mostly grow, now and then one comes late. */
export function randomEvents(seed: number, count: number): MarketEvent[] {
  const random = seededRandom(seed);
  const events: MarketEvent[] = [];
  let ts = BEGIN_TS;
  let cents = 6_000_000;
  for (let at = 0; at < count; at++) {
    ts += random.int(50) === 0 ? random.int(9_000) : random.int(120);
    cents += random.int(401) - 200;
    const late = random.int(20) === 0 ? random.int(800) : 0;
    events.push(randomEvent(random, ts - late, cents));
  }
  return events;
}

const price = (cents: number): string => (cents / 100).toFixed(2);
const size = (random: Random): string => (random.next() * 5 + 0.001).toFixed(3);

function randomEvent(random: Random, ts: number, cents: number): MarketEvent {
  const pick = random.int(100);
  if (pick < 45) {
    return { kind: "trade", event: tradeAt(ts, price(cents), size(random), random.int(2) === 0 ? "BUY" : "SELL") };
  }
  const gap = 10 + random.int(90);
  if (pick < 80) {
    return { kind: "ticker", event: tickerAt(ts, [price(cents), size(random), price(cents + gap), size(random)]) };
  }
  if (pick < 98) {
    const levels = (step: number, from: number): Level[] =>
      Array.from({ length: 12 }, (_, at) => [price(from + at * step), size(random)]);
    return { kind: "depth", event: depthAt(ts, levels(-10, cents), levels(10, cents + gap), random.int(20) > 0) };
  }
  return { kind: "funding", event: fundingAt(ts, random.next() / 1_000, BEGIN_TS + 8 * 3_600_000) };
}
