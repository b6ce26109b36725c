/** Price statistics over a window as tickers tell them, by REST and as streams. */
import { type Amount, div, fromSteps, mul, showFixed } from "../../../shared/domain/money.ts";
import { type Listing, priceOf } from "../../../shared/engine/listing.ts";
import type { RawTrade } from "../raw-trade.ts";
import { type WindowBar, windowOf } from "./bars.ts";
import type { Desk } from "./desk.ts";
import { MONEY_DIGITS, priceDigits, showLots, showQuote, showTicks } from "./prints.ts";
import type { TickerKind } from "./stream-names.ts";

const MINUTE = 60_000;
export const DAY_MS = 86_400_000;
const WINDOW_MS = { "1h": 3_600_000, "4h": 14_400_000, "1d": DAY_MS } as const;

/** What traded from `openTime` to `closeTime`, epoch ms. */
export interface Statistics {
  readonly listing: Listing;
  readonly openTime: number;
  readonly closeTime: number;
  readonly bar: WindowBar;
}

const EMPTY: WindowBar = {
  openTs: 0,
  closeTs: 0,
  open: 0,
  high: 0,
  low: 0,
  close: 0,
  before: 0,
  lots: 0,
  quote: 0,
  trades: 0,
  takerLots: 0,
  takerQuote: 0,
  firstId: -1,
  lastId: -1,
};

/** Zeros while the market has no bar. */
export function statistics(
  desk: Desk,
  listing: Listing,
  { openTime, now }: { openTime: number; now: number },
): Statistics {
  const bar = windowOf({ market: desk.market, instrument: listing.instrument }, openTime, now) ?? EMPTY;
  return { listing, openTime, closeTime: now, bar };
}

/** The last 24 hours, ending now. */
export const lastDay = (desk: Desk, listing: Listing, now: number): Statistics =>
  statistics(desk, listing, { openTime: now - DAY_MS, now });

/** A rolling window opens on a whole minute, so that it may be up to a minute longer. */
export const rolling = (desk: Desk, listing: Listing, { ms, now }: { ms: number; now: number }): Statistics =>
  statistics(desk, listing, { openTime: Math.floor((now - ms) / MINUTE) * MINUTE, now });

export interface Shown {
  readonly change: string;
  readonly changePercent: string;
  readonly average: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly last: string;
  readonly before: string;
  readonly volume: string;
  readonly quoteVolume: string;
}

export function show({ listing, bar }: Statistics): Shown {
  const price = (ticks: number): string => showTicks(listing, ticks);
  const percent = bar.open === 0 ? 0 : ((bar.close - bar.open) / bar.open) * 100;
  const sign = bar.close < bar.open ? "-" : "";
  return {
    change: sign + price(Math.abs(bar.close - bar.open)),
    changePercent: percent.toFixed(listing.market === "SPOT" ? 3 : 2),
    average: showFixed(averageOf(listing, bar), priceDigits(listing)),
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    last: price(bar.close),
    before: price(bar.before),
    volume: showLots(listing, bar.lots),
    quoteVolume: showQuote(listing, bar.quote, listing.market === "SPOT" ? MONEY_DIGITS : 2),
  };
}

/** Quote over base volume; the last price where nothing traded. */
export function averageOf(listing: Listing, bar: { lots: number; quote: number; close: number }): Amount {
  if (bar.lots === 0) return priceOf(listing, bar.close);
  return div(mul(listing.tick, fromSteps(bar.quote, listing.step)), fromSteps(bar.lots, listing.step), "nearest");
}

export interface Quotes {
  readonly bid: string;
  readonly bidQty: string;
  readonly ask: string;
  readonly askQty: string;
}

export function quotesOf(desk: Desk, listing: Listing): Quotes {
  const best = desk.market.matcher(listing.instrument).best();
  return {
    bid: showTicks(listing, best?.bidTicks ?? 0),
    bidQty: showLots(listing, best?.bidLots ?? 0),
    ask: showTicks(listing, best?.askTicks ?? 0),
    askQty: showLots(listing, best?.askLots ?? 0),
  };
}

/** The last public trade, where one is remembered. */
export function lastTrade(desk: Desk, listing: Listing): RawTrade | undefined {
  const raw = desk.recentTrades(listing.instrument, 1).at(-1);
  return raw === undefined ? undefined : (JSON.parse(raw) as RawTrade);
}

const AVERAGE_MINUTES = 5;

/** Spot's average price over five minutes, the last price where nothing traded. */
export function averagePrice(desk: Desk, listing: Listing, now: number): Amount | undefined {
  const { bar } = statistics(desk, listing, { openTime: now - AVERAGE_MINUTES * MINUTE, now });
  return bar === EMPTY ? desk.lastPrice(listing.instrument) : averageOf(listing, bar);
}

/** What the stream of that kind says; nothing while there is no average price. */
export function tickerEvent(desk: Desk, listing: Listing, kind: TickerKind): Record<string, unknown> | undefined {
  const now = Math.floor(desk.clock.now());
  if (kind === "avgPrice") return averageEvent(desk, listing, now);
  if (kind === "miniTicker") return miniEvent(lastDay(desk, listing, now), now);
  if (kind !== "ticker") {
    const window = kind.slice("ticker_".length) as keyof typeof WINDOW_MS;
    return fullEvent(rolling(desk, listing, { ms: WINDOW_MS[window], now }), { name: `${window}Ticker`, now });
  }
  const day = lastDay(desk, listing, now);
  const event = fullEvent(day, { name: "24hrTicker", now });
  const Q = lastTrade(desk, listing)?.q ?? showLots(listing, 0);
  if (listing.market === "FUT") return { ...event, Q };
  const { bid, bidQty, ask, askQty } = quotesOf(desk, listing);
  return { ...event, x: show(day).before, Q, b: bid, B: bidQty, a: ask, A: askQty };
}

function averageEvent(desk: Desk, listing: Listing, now: number): Record<string, unknown> | undefined {
  const average = averagePrice(desk, listing, now);
  if (average === undefined) return undefined;
  const w = showFixed(average, MONEY_DIGITS);
  return { e: "avgPrice", E: now, s: listing.symbol, i: `${AVERAGE_MINUTES}m`, w, T: lastTrade(desk, listing)?.T ?? 0 };
}

function miniEvent(of: Statistics, now: number): Record<string, unknown> {
  const { last, open, high, low, volume, quoteVolume } = show(of);
  const head = { e: "24hrMiniTicker", E: now, s: of.listing.symbol };
  return { ...head, c: last, o: open, h: high, l: low, v: volume, q: quoteVolume };
}

function fullEvent(of: Statistics, { name, now }: { name: string; now: number }): Record<string, unknown> {
  const { change, changePercent, average, last, open, high, low, volume, quoteVolume } = show(of);
  return {
    e: name,
    E: now,
    s: of.listing.symbol,
    p: change,
    P: changePercent,
    w: average,
    c: last,
    o: open,
    h: high,
    l: low,
    v: volume,
    q: quoteVolume,
    O: of.openTime,
    C: of.closeTime,
    F: of.bar.firstId,
    L: of.bar.lastId,
    n: of.bar.trades,
  };
}
