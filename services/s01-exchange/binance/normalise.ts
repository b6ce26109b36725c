/** Binance's market frames as our events: every field is checked once, here, and trusted from then on. */

import type { Funding, MarketTrade, Ticker } from "../../../shared/domain/market.ts";
import { isDecimal } from "../../../shared/domain/money.ts";
import type { BookDiff } from "../../../shared/engine/book-sync.ts";
import type { Listed } from "../types.ts";

/** The inner data of a market frame; nothing about it is known yet. */
export type Frame = Readonly<Record<string, unknown>>;
export type FrameKind = "trade" | "ticker" | "depth" | "funding" | "other";

/** Why a frame is dropped. `long_id`: its ids need the exact parser. */
export type Flaw = "missing_field" | "bad_amount" | "long_id" | "crossed";

/** Spot's bookTicker is the one frame without an event name. */
export function kindOf(frame: Frame): FrameKind {
  switch (frame.e) {
    case "bookTicker":
      return "ticker";
    case "trade":
      return "trade";
    case "depthUpdate":
      return "depth";
    case "markPriceUpdate":
      return "funding";
    case undefined:
      return frame.b !== undefined && frame.A !== undefined ? "ticker" : "other";
    default:
      return "other";
  }
}

/** Exchange ids: small ones come as exact numbers, long ones as strings by `parseExact`. */
function idText(value: unknown): string | Flaw {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value !== "number") return "missing_field";
  return Number.isSafeInteger(value) ? String(value) : "long_id";
}

const isFlaw = (text: string): text is Flaw => text === "long_id" || text === "missing_field";
const isTime = (value: unknown): value is number => typeof value === "number" && value > 0 && Number.isFinite(value);

/** `T` is when the trade happened, which bars are built by. */
export function readTrade(frame: Frame, on: Listed, ts: number): MarketTrade | Flaw {
  const { p: price, q: qty, T: at, m: buyerIsMaker } = frame;
  if (!isTime(at) || typeof buyerIsMaker !== "boolean") return "missing_field";
  const trade_id = idText(frame.t);
  if (isFlaw(trade_id)) return trade_id;
  if (!(on.price.read(price as string) > 0 && on.qty.read(qty as string) > 0)) return "bad_amount";
  return {
    instrument: on.instrument,
    exch_ts: at,
    ts,
    trade_id,
    price: price as string,
    qty: qty as string,
    taker: buyerIsMaker ? "SELL" : "BUY",
  };
}

/** `newestTs` stands in for the exchange's time where the frame has none, as spot's has not. */
export function readTicker(frame: Frame, on: Listed, stamp: { ts: number; newestTs: number }): Ticker | Flaw {
  const { b: bid, B: bidQty, a: ask, A: askQty, u: seq } = frame;
  if (typeof seq !== "number") return "missing_field";
  if (!Number.isSafeInteger(seq)) return "long_id";
  const bidTicks = on.price.read(bid as string);
  const askTicks = on.price.read(ask as string);
  if (!(bidTicks > 0 && askTicks > 0 && on.qty.read(bidQty as string) >= 0 && on.qty.read(askQty as string) >= 0)) {
    return "bad_amount";
  }
  if (bidTicks >= askTicks) return "crossed";
  return {
    instrument: on.instrument,
    exch_ts: isTime(frame.E) ? frame.E : stamp.newestTs,
    ts: stamp.ts,
    seq,
    bid: bid as string,
    bid_qty: bidQty as string,
    ask: ask as string,
    ask_qty: askQty as string,
  };
}

export function readFunding(frame: Frame, on: Listed, ts: number): Funding | Flaw {
  const { p: mark, i: index, r: rate, T: next, E: at } = frame;
  if (!isTime(at) || !isTime(next) || typeof mark !== "string" || typeof index !== "string") return "missing_field";
  const fraction = typeof rate === "string" && rate !== "" ? Number(rate) : Number.NaN;
  if (!isDecimal(mark) || !isDecimal(index) || !(Number(mark) > 0) || !Number.isFinite(fraction)) return "bad_amount";
  return { instrument: on.instrument, exch_ts: at, ts, mark, index, rate: fraction, next_funding_ts: next };
}

/** A book update with the exchange's time of it. */
export interface Diff extends BookDiff {
  readonly exchTs: number;
}

export function readDiff(frame: Frame, on: Listed): Diff | Flaw {
  const { U: first, u: last, pu: previous, E: at } = frame;
  if (!isTime(at) || typeof first !== "number" || typeof last !== "number" || first > last) return "missing_field";
  if (previous !== undefined && typeof previous !== "number") return "missing_field";
  if (!Number.isSafeInteger(last) || !Number.isSafeInteger(first)) return "long_id";
  const bids = readLevels(frame.b, on);
  const asks = readLevels(frame.a, on);
  if (!Array.isArray(bids)) return bids;
  if (!Array.isArray(asks)) return asks;
  return { first, last, previous, exchTs: at, bids, asks };
}

/** `[price, quantity]` pairs of decimal text as flat numbers in units. */
export function readLevels(pairs: unknown, on: Listed): number[] | Flaw {
  if (!Array.isArray(pairs)) return "missing_field";
  const flat: number[] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair)) return "missing_field";
    const price = on.price.read(pair[0]);
    const quantity = on.qty.read(pair[1]);
    if (!(price > 0 && quantity >= 0)) return "bad_amount";
    flat.push(price, quantity);
  }
  return flat;
}
