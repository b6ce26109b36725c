/** Market events as S1 publishes them: prices and quantities are the exchange's own decimal strings. */
import { z } from "@hono/zod-openapi";
import { InstrumentId } from "./instrument.ts";

const Stamp = {
  instrument: InstrumentId,
  /** Exchange event time, epoch ms. */
  exch_ts: z.number(),
  /** When the frame reached us, epoch ms. */
  ts: z.number(),
};
/** `[price, quantity]`, decimal strings. */
export const Level = z.tuple([z.string(), z.string()]);
export type Level = z.output<typeof Level>;

/** Best bid and ask. */
export const Ticker = z.object({
  ...Stamp,
  seq: z.number(),
  bid: z.string(),
  bid_qty: z.string(),
  ask: z.string(),
  ask_qty: z.string(),
});
export type Ticker = Readonly<z.output<typeof Ticker>>;

/** The top of S1's book, best first. `ok` is false from a gap until the book is whole again: then decide nothing. */
export const Depth = z.object({
  ...Stamp,
  seq: z.number(),
  ok: z.boolean(),
  bids: z.array(Level).max(20),
  asks: z.array(Level).max(20),
});
export type Depth = Readonly<z.output<typeof Depth>>;

/** One public trade; `taker` is the side that crossed the spread. */
export const MarketTrade = z.object({
  ...Stamp,
  trade_id: z.string(),
  price: z.string(),
  qty: z.string(),
  taker: z.enum(["BUY", "SELL"]),
});
export type MarketTrade = Readonly<z.output<typeof MarketTrade>>;

export const TIMEFRAMES = ["1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d"] as const;
export const Timeframe = z.enum(TIMEFRAMES);
export type Timeframe = z.output<typeof Timeframe>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Length of a timeframe's bar, ms. */
export const TIMEFRAME_MS: Readonly<Record<Timeframe, number>> = {
  "1s": 1_000,
  "5s": 5_000,
  "15s": 15_000,
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": HOUR_MS,
  "4h": 4 * HOUR_MS,
  "1d": 24 * HOUR_MS,
};

/** A bar; `open_ts` to `close_ts` inclusive, epoch ms of exchange time. */
export const Kline = z.object({
  ...Stamp,
  timeframe: Timeframe,
  open_ts: z.number(),
  close_ts: z.number(),
  open: z.string(),
  high: z.string(),
  low: z.string(),
  close: z.string(),
  volume: z.string(),
  quote_volume: z.string(),
  trades: z.number().int(),
  closed: z.boolean(),
});
export type Kline = Readonly<z.output<typeof Kline>>;

/** Mark and index price with the funding rate to come (a fraction) and when it is due. */
export const Funding = z.object({
  ...Stamp,
  mark: z.string(),
  index: z.string(),
  rate: z.number(),
  next_funding_ts: z.number(),
});
export type Funding = Readonly<z.output<typeof Funding>>;
