/** Public market data by REST, where spot and USDⓈ-M differ only in decimals and a few fields. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { type Amount, dec, fromSteps, mul, showFixed, zero } from "../../../shared/domain/money.ts";
import { type Listing, priceOf, qtyOf } from "../../../shared/engine/listing.ts";
import type { Bar } from "../klines.ts";
import { type Call, type Desk, markPrice, maybeListing, mustListing, type Routes, unsigned } from "./desk.ts";
import { errors } from "./errors.ts";
import { exchangeInfo } from "./exchange-info.ts";

const SPOT_DIGITS = 8;
const DEPTH_MAX = { SPOT: 5_000, FUT: 1_000 } as const;
const DEPTH_DEFAULT = { SPOT: 100, FUT: 500 } as const;
const KLINES_MAX = { SPOT: 1_000, FUT: 1_500 } as const;
const INTERVALS = new Set(["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"]);

export const priceDigits = (listing: Listing): number =>
  listing.market === "SPOT" ? SPOT_DIGITS : listing.price_digits;
export const qtyDigits = (listing: Listing): number => (listing.market === "SPOT" ? SPOT_DIGITS : listing.qty_digits);

const showTicks = (listing: Listing, ticks: number): string => showFixed(priceOf(listing, ticks), priceDigits(listing));
const showLots = (listing: Listing, lots: number): string => showFixed(qtyOf(listing, lots), qtyDigits(listing));

function depth(call: Call, market: Market): unknown {
  const listing = mustListing(call, market);
  const levels = call.params.limit(DEPTH_DEFAULT[market], DEPTH_MAX[market]);
  const { bids, asks } = call.desk.market.matcher(listing.instrument).depth(levels);
  const rows = (side: [number, number][]): [string, string][] =>
    side.map(([ticks, lots]) => [showTicks(listing, ticks), showLots(listing, lots)]);
  const lastUpdateId = call.desk.market.sequence(listing.instrument);
  const times = market === "FUT" ? { E: call.now, T: call.now } : {};
  return { lastUpdateId, ...times, bids: rows(bids), asks: rows(asks) };
}

function klines(call: Call, market: Market): unknown {
  const listing = mustListing(call, market);
  const { params } = call;
  const interval = params.mustText("interval");
  const isKnown = INTERVALS.has(interval) || (interval === "1s" && market === "SPOT");
  if (!isKnown) throw errors.interval();
  const limit = params.limit(500, KLINES_MAX[market]);
  const [from, to] = [params.int("startTime"), params.int("endTime")];
  const bars = call.desk.market.klines(listing.instrument, interval, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    limit,
  });
  return bars.map((bar) => klineRow(listing, bar));
}

function klineRow(listing: Listing, bar: Bar): unknown[] {
  const price = (ticks: number): string => showTicks(listing, ticks);
  const value = (units: number): string => showFixed(mul(listing.tick, fromSteps(units, listing.step)), SPOT_DIGITS);
  return [
    bar.openTs,
    price(bar.open),
    price(bar.high),
    price(bar.low),
    price(bar.close),
    showLots(listing, bar.lots),
    bar.closeTs,
    value(bar.quote),
    bar.trades,
    showLots(listing, bar.takerLots),
    value(bar.takerQuote),
    "0",
  ];
}

function bookTicker(call: Call, market: Market): unknown {
  const one = maybeListing(call, market);
  if (one) return tickerRow(call, one);
  const listings = call.desk.listed.filter((listing) => listing.market === market);
  return listings.map((listing) => tickerRow(call, listing));
}

function tickerRow(call: Call, listing: Listing): unknown {
  const best = call.desk.market.matcher(listing.instrument).best();
  const [bid, bidQty, ask, askQty] = best ? [best.bidTicks, best.bidLots, best.askTicks, best.askLots] : [0, 0, 0, 0];
  return {
    symbol: listing.symbol,
    bidPrice: showTicks(listing, bid),
    bidQty: showLots(listing, bidQty),
    askPrice: showTicks(listing, ask),
    askQty: showLots(listing, askQty),
    ...(listing.market === "FUT" ? { time: call.now } : {}),
  };
}

function premiumIndex(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  if (one) return premiumRow(call.desk, one, call.now);
  const futures = call.desk.listed.filter((listing) => listing.market === "FUT");
  return futures.map((listing) => premiumRow(call.desk, listing, call.now));
}

function premiumRow(desk: Desk, listing: Listing, now: number): unknown {
  const mark = showFixed(markPrice(desk, listing) ?? (zero as Amount), SPOT_DIGITS);
  const { rate, nextAt } = desk.market.funding(listing.instrument);
  return {
    symbol: listing.symbol,
    markPrice: mark,
    indexPrice: mark,
    estimatedSettlePrice: mark,
    lastFundingRate: rate.toFixed(8),
    interestRate: "0.00010000",
    nextFundingTime: nextAt,
    time: now,
  };
}

const TRADES_MAX = 1_000;

/** The newest public trades; ids and prices as the stream told them. */
function trades(call: Call, market: Market): unknown {
  const { instrument } = mustListing(call, market);
  const raw = call.desk.recentTrades(instrument, call.params.limit(500, TRADES_MAX));
  return raw.map((text) => {
    const { t, p, q, T, m } = JSON.parse(text) as { t: number; p: string; q: string; T: number; m: boolean };
    const quoteQty = showFixed(mul(dec(p), dec(q)), market === "SPOT" ? SPOT_DIGITS : 2);
    const kind = market === "SPOT" ? { isBestMatch: true } : {};
    return { id: t, price: p, qty: q, quoteQty, time: T, isBuyerMaker: m, ...kind };
  });
}

export const marketDataRoutes: Routes = {
  "GET /api/v3/ping": unsigned(1, () => ({})),
  "GET /api/v3/time": unsigned(1, ({ now }) => ({ serverTime: now })),
  "GET /api/v3/exchangeInfo": unsigned(20, (call) => exchangeInfo(call, "SPOT")),
  "GET /api/v3/depth": unsigned(5, (call) => depth(call, "SPOT")),
  "GET /api/v3/trades": unsigned(25, (call) => trades(call, "SPOT")),
  "GET /api/v3/klines": unsigned(2, (call) => klines(call, "SPOT")),
  "GET /api/v3/ticker/bookTicker": unsigned(2, (call) => bookTicker(call, "SPOT")),
  "GET /fapi/v1/ping": unsigned(1, () => ({})),
  "GET /fapi/v1/time": unsigned(1, ({ now }) => ({ serverTime: now })),
  "GET /fapi/v1/exchangeInfo": unsigned(1, (call) => exchangeInfo(call, "FUT")),
  "GET /fapi/v1/depth": unsigned(10, (call) => depth(call, "FUT")),
  "GET /fapi/v1/trades": unsigned(5, (call) => trades(call, "FUT")),
  "GET /fapi/v1/klines": unsigned(5, (call) => klines(call, "FUT")),
  "GET /fapi/v1/ticker/bookTicker": unsigned(2, (call) => bookTicker(call, "FUT")),
  "GET /fapi/v1/premiumIndex": unsigned(1, premiumIndex),
};
