/** Public market data by REST, where spot and USDⓈ-M differ only in decimals and a few fields. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { type Amount, dec, mul, showFixed, zero } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { type Bar, MINUTES_MAX } from "../klines.ts";
import type { KlineQuery } from "../market.ts";
import type { RawTrade } from "../raw-trade.ts";
import { aggregate } from "./aggregate.ts";
import { barsOf } from "./bars.ts";
import {
  type Call,
  type Desk,
  indexPrice,
  keyed,
  markPrice,
  maybeListing,
  mustListing,
  type Routes,
  unsigned,
} from "./desk.ts";
import { errors } from "./errors.ts";
import { exchangeInfo } from "./exchange-info.ts";
import { INTERVALS, readTimeZone } from "./intervals.ts";
import { klineRow } from "./kline-rows.ts";
import { levelRows, MONEY_DIGITS, qtyDigits } from "./prints.ts";
import type { Params } from "./request.ts";
import { averagePrice, lastTrade } from "./tickers.ts";
import { umErrors } from "./um-errors.ts";

const DEPTH_MAX = { SPOT: 5_000, FUT: 1_000 } as const;
const DEPTH_DEFAULT = { SPOT: 100, FUT: 500 } as const;
const DEPTH_LIMITS = new Set([5, 10, 20, 50, 100, 500, 1_000]);
const KLINES_MAX = { SPOT: 1_000, FUT: 1_500 } as const;
const TRADES_MAX = 1_000;
const HOUR_MS = 3_600_000;

function depth(call: Call, market: Market): unknown {
  const listing = mustListing(call, market);
  const levels = call.params.limit(DEPTH_DEFAULT[market], DEPTH_MAX[market]);
  if (market === "FUT" && !DEPTH_LIMITS.has(levels)) throw errors.invalid("limit");
  const { bids, asks } = levelRows(call.desk, listing, levels);
  const lastUpdateId = call.desk.market.sequence(listing.instrument);
  const times = market === "FUT" ? { E: call.now, T: call.now } : {};
  return { lastUpdateId, ...times, bids, asks };
}

function klines(call: Call, market: Market): unknown {
  const listing = mustListing(call, market);
  const interval = call.params.mustText("interval");
  if (!INTERVALS[market].has(interval)) throw errors.interval();
  return askedBars(call, listing, interval).map((bar) => klineRow(listing, bar));
}

/** Without a start the newest, with one the first after it. */
function askedBars({ params, desk }: Call, listing: Listing, interval: string): Bar[] {
  const limit = params.limit(500, KLINES_MAX[listing.market]);
  const [from, to] = [params.int("startTime"), params.int("endTime")];
  const zone = listing.market === "SPOT" ? params.text("timeZone") : undefined;
  const offsetMs = zone === undefined ? 0 : readTimeZone(zone);
  if (offsetMs === undefined) throw errors.invalid("timeZone");
  const query: KlineQuery = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    limit: from === undefined ? limit : MINUTES_MAX * 1.25,
  };
  const { market } = desk;
  const bars = barsOf({ market, instrument: listing.instrument }, { interval, offsetMs }, query);
  return from === undefined ? bars : bars.slice(0, limit);
}

/** Marks have no history of their own here: the bars of the last price stand for those of mark and index. */
function priceKlines(call: Call, symbolName: "symbol" | "pair"): unknown {
  const listing = listingNamed(call, symbolName);
  const interval = call.params.mustText("interval");
  if (!INTERVALS.FUT.has(interval)) throw errors.interval();
  return askedBars(call, listing, interval).map((bar) => {
    const [at, open, high, low, close, , closeAt] = klineRow(listing, bar);
    return [at, open, high, low, close, "0", closeAt, "0", bar.trades, "0", "0", "0"];
  });
}

function listingNamed(call: Call, name: "symbol" | "pair"): Listing {
  if (name === "symbol") return mustListing(call, "FUT");
  const pair = call.params.mustText("pair");
  const listing = call.desk.listed.find((each) => each.market === "FUT" && each.symbol === pair);
  if (!listing) throw errors.symbol();
  return listing;
}

function continuousKlines(call: Call): unknown {
  const listing = listingNamed(call, "pair");
  if (call.params.mustText("contractType") !== "PERPETUAL") throw errors.invalid("contractType");
  const interval = call.params.mustText("interval");
  if (!INTERVALS.FUT.has(interval)) throw errors.interval();
  return askedBars(call, listing, interval).map((bar) => klineRow(listing, bar));
}

function premiumIndex(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  if (one) return premiumRow(call.desk, one, call.now);
  const futures = call.desk.listed.filter((listing) => listing.market === "FUT");
  return futures.map((listing) => premiumRow(call.desk, listing, call.now));
}

function premiumRow(desk: Desk, listing: Listing, now: number): unknown {
  const mark = showFixed(markPrice(desk, listing) ?? (zero as Amount), MONEY_DIGITS);
  const index = showFixed(indexPrice(desk, listing) ?? zero, MONEY_DIGITS);
  const { rate, nextAt } = desk.market.funding(listing.instrument);
  return {
    symbol: listing.symbol,
    markPrice: mark,
    indexPrice: index,
    estimatedSettlePrice: index,
    lastFundingRate: rate.toFixed(8),
    interestRate: "0.00010000",
    nextFundingTime: nextAt,
    time: now,
  };
}

const parsed = (raw: string): RawTrade => JSON.parse(raw) as RawTrade;

/** The newest public trades, or those from an id on as far as they are remembered; as the stream told them. */
function trades(call: Call, market: Market): unknown {
  const { instrument } = mustListing(call, market);
  const limit = call.params.limit(500, TRADES_MAX);
  const from = call.params.int("fromId");
  const known = call.desk.recentTrades(instrument, from === undefined ? limit : TRADES_MAX).map(parsed);
  const asked = from === undefined ? known : known.filter((trade) => trade.t >= from).slice(0, limit);
  return asked.map(({ t, p, q, T, m }) => {
    const quoteQty = showFixed(mul(dec(p), dec(q)), market === "SPOT" ? MONEY_DIGITS : 2);
    const kind = market === "SPOT" ? { isBestMatch: true } : {};
    return { id: t, price: p, qty: q, quoteQty, time: T, isBuyerMaker: m, ...kind };
  });
}

function aggTrades(call: Call, market: Market): unknown {
  const listing = mustListing(call, market);
  const { params } = call;
  const limit = params.limit(500, TRADES_MAX);
  const [from, start, end] = [params.int("fromId"), params.int("startTime"), params.int("endTime")];
  if (market === "FUT" && start !== undefined && end !== undefined && end - start > HOUR_MS) throw errors.interval1h();
  const all = aggregate(call.desk.recentTrades(listing.instrument, TRADES_MAX).map(parsed));
  const asked = all.filter(
    ({ id, first }) =>
      (from === undefined || id >= from) &&
      (start === undefined || first.T >= start) &&
      (end === undefined || first.T <= end),
  );
  const page = from === undefined && start === undefined ? asked.slice(-limit) : asked.slice(0, limit);
  return page.map(({ id, first, last, qty }) => {
    const { p, T, m } = first;
    const kind = market === "SPOT" ? { M: true } : {};
    return { a: id, p, q: showFixed(qty, qtyDigits(listing)), f: first.t, l: last.t, T, m, ...kind };
  });
}

function avgPrice(call: Call): unknown {
  const listing = mustListing(call, "SPOT");
  const price = showFixed(averagePrice(call.desk, listing, call.now) ?? zero, MONEY_DIGITS);
  return { mins: 5, price, closeTime: lastTrade(call.desk, listing)?.T ?? 0 };
}

/** What funding was at each of its times since this venue keeps its journal. */
function fundingRates(call: Call): unknown {
  const listing = maybeListing(call, "FUT");
  const { params, desk } = call;
  const [start, end] = [params.int("startTime"), params.int("endTime")];
  if (start !== undefined && end !== undefined && start > end) throw umErrors.startAfterEnd();
  const limit = params.limit(100, 1_000);
  const rows = desk.exchange.state.futures.rates.filter(
    ({ instrument, at }) =>
      (listing === undefined || instrument === listing.instrument) && at >= (start ?? 0) && at <= (end ?? Infinity),
  );
  return (start === undefined ? rows.slice(-limit) : rows.slice(0, limit)).map(({ instrument, rate, mark, at }) => ({
    symbol: desk.exchange.state.listing(instrument).symbol,
    fundingTime: at,
    fundingRate: showFixed(rate, MONEY_DIGITS),
    markPrice: showFixed(mark, MONEY_DIGITS),
  }));
}

const depthWeight = (params: Params): number => {
  const limit = Number(params.map().get("limit") ?? DEPTH_DEFAULT.SPOT);
  return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1_000 ? 50 : 250;
};
const futuresDepthWeight = (params: Params): number => {
  const limit = Number(params.map().get("limit") ?? DEPTH_DEFAULT.FUT);
  return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
};
const futuresKlineWeight = (params: Params): number => {
  const limit = Number(params.map().get("limit") ?? 500);
  return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1_000 ? 5 : 10;
};
const oneOrTen = (params: Params): number => (params.has("symbol") ? 1 : 10);

export const marketDataRoutes: Routes = {
  "GET /api/v3/ping": unsigned(1, () => ({})),
  "GET /api/v3/time": unsigned(1, ({ now }) => ({ serverTime: now })),
  "GET /api/v3/exchangeInfo": unsigned(20, (call) => exchangeInfo(call, "SPOT")),
  "GET /api/v1/exchangeInfo": unsigned(20, (call) => exchangeInfo(call, "SPOT")),
  "GET /api/v1/time": unsigned(1, ({ now }) => ({ serverTime: now })),
  "GET /api/v3/depth": unsigned(depthWeight, (call) => depth(call, "SPOT")),
  "GET /api/v3/trades": unsigned(25, (call) => trades(call, "SPOT")),
  "GET /api/v3/historicalTrades": unsigned(25, (call) => trades(call, "SPOT")),
  "GET /api/v3/aggTrades": unsigned(4, (call) => aggTrades(call, "SPOT")),
  "GET /api/v3/klines": unsigned(2, (call) => klines(call, "SPOT")),
  "GET /api/v3/uiKlines": unsigned(2, (call) => klines(call, "SPOT")),
  "GET /api/v3/avgPrice": unsigned(2, avgPrice),
  "GET /fapi/v1/ping": unsigned(1, () => ({})),
  "GET /fapi/v1/time": unsigned(1, ({ now }) => ({ serverTime: now })),
  "GET /fapi/v1/exchangeInfo": unsigned(1, (call) => exchangeInfo(call, "FUT")),
  "GET /fapi/v1/depth": unsigned(futuresDepthWeight, (call) => depth(call, "FUT")),
  "GET /fapi/v1/trades": unsigned(5, (call) => trades(call, "FUT")),
  "GET /fapi/v1/historicalTrades": keyed(200, (call) => trades(call, "FUT")),
  "GET /fapi/v1/aggTrades": unsigned(20, (call) => aggTrades(call, "FUT")),
  "GET /fapi/v1/klines": unsigned(futuresKlineWeight, (call) => klines(call, "FUT")),
  "GET /fapi/v1/continuousKlines": unsigned(futuresKlineWeight, continuousKlines),
  "GET /fapi/v1/indexPriceKlines": unsigned(futuresKlineWeight, (call) => priceKlines(call, "pair")),
  "GET /fapi/v1/markPriceKlines": unsigned(futuresKlineWeight, (call) => priceKlines(call, "symbol")),
  "GET /fapi/v1/premiumIndex": unsigned(oneOrTen, premiumIndex),
  "GET /fapi/v1/fundingRate": unsigned(0, fundingRates),
  // Only symbols with a cap, floor or interval of their own are listed there; none has one here.
  "GET /fapi/v1/fundingInfo": unsigned(0, () => []),
  "GET /fapi/v1/openInterest": unsigned(1, openInterest),
};

function openInterest(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const { positions } = call.desk.exchange.state;
  let held = 0n;
  for (const position of positions.values()) {
    if (position.instrument === listing.instrument && position.qty > 0n) held += position.qty;
  }
  return { symbol: listing.symbol, openInterest: showFixed(held as Amount, listing.qty_digits), time: call.now };
}
