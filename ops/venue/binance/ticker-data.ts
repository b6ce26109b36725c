/** Tickers by REST: 24 hours, rolling windows and trading days, last prices, best bids and asks; for one, some or all. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { showFixed, zero } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { type Call, maybeListing, type Routes, unsigned } from "./desk.ts";
import { errors } from "./errors.ts";
import { barAround, readTimeZone } from "./intervals.ts";
import { namedListings } from "./named-listings.ts";
import { priceDigits, showLots } from "./prints.ts";
import type { Params } from "./request.ts";
import { DAY_MS, lastDay, lastTrade, quotesOf, rolling, type Statistics, show, statistics } from "./tickers.ts";

/** A row for `symbol`, rows for `symbols`, or for all; futures know no `symbols`. */
function rows(call: Call, market: Market, row: (listing: Listing) => unknown): unknown {
  const one = maybeListing(call, market);
  const names = market === "SPOT" ? call.params.list("symbols") : undefined;
  if (one && names) throw errors.combination();
  if (one) return row(one);
  const all = call.desk.listed.filter((listing) => listing.market === market);
  return (names ? namedListings(all, names) : all).map(row);
}

function isMini(params: Params): boolean {
  const type = params.text("type") ?? "FULL";
  if (type !== "FULL" && type !== "MINI") throw errors.tickerType();
  return type === "MINI";
}

function miniRow(of: Statistics): Record<string, unknown> {
  const { open, high, low, last, volume, quoteVolume } = show(of);
  const { openTime, closeTime, bar, listing } = of;
  const prices = { openPrice: open, highPrice: high, lowPrice: low, lastPrice: last, volume, quoteVolume };
  const ids = { firstId: bar.firstId, lastId: bar.lastId, count: bar.trades };
  return { symbol: listing.symbol, ...prices, openTime, closeTime, ...ids };
}

function fullRow(of: Statistics): Record<string, unknown> {
  const { change, changePercent, average } = show(of);
  const { symbol, ...rest } = miniRow(of);
  return { symbol, priceChange: change, priceChangePercent: changePercent, weightedAvgPrice: average, ...rest };
}

function dayRow(call: Call, listing: Listing, mini: boolean): unknown {
  const { desk, now } = call;
  const day = lastDay(desk, listing, now);
  if (mini) return miniRow(day);
  const lastQty = lastTrade(desk, listing)?.q ?? showLots(listing, 0);
  if (listing.market === "FUT") return { ...fullRow(day), lastQty };
  const { bid, bidQty, ask, askQty } = quotesOf(desk, listing);
  const quotes = { bidPrice: bid, bidQty, askPrice: ask, askQty };
  return { ...fullRow(day), prevClosePrice: show(day).before, lastQty, ...quotes };
}

function day(call: Call, market: Market): unknown {
  const mini = market === "SPOT" && isMini(call.params);
  return rows(call, market, (listing) => dayRow(call, listing, mini));
}

const WINDOW_UNITS = [
  { name: "m", ms: 60_000, most: 59 },
  { name: "h", ms: 3_600_000, most: 23 },
  { name: "d", ms: DAY_MS, most: 7 },
] as const;

/** 1m…59m, 1h…23h, 1d…7d. */
function windowMs(text: string): number {
  const match = /^([1-9]\d?)([mhd])$/.exec(text);
  const unit = WINDOW_UNITS.find(({ name }) => name === match?.[2]);
  const count = Number(match?.[1]);
  if (!unit || count > unit.most) throw errors.invalid("windowSize");
  return count * unit.ms;
}

function window(call: Call): unknown {
  const ms = windowMs(call.params.text("windowSize") ?? "1d");
  const row = isMini(call.params) ? miniRow : fullRow;
  if (!call.params.has("symbol") && !call.params.has("symbols")) throw errors.eitherOf("symbol", "symbols");
  return rows(call, "SPOT", (listing) => row(rolling(call.desk, listing, { ms, now: call.now })));
}

function tradingDay(call: Call): unknown {
  const offsetMs = readTimeZone(call.params.text("timeZone") ?? "0");
  if (offsetMs === undefined) throw errors.invalid("timeZone");
  const row = isMini(call.params) ? miniRow : fullRow;
  if (!call.params.has("symbol") && !call.params.has("symbols")) throw errors.eitherOf("symbol", "symbols");
  const { openTs, closeTs } = barAround("1d", call.now, offsetMs);
  return rows(call, "SPOT", (listing) =>
    row({ ...statistics(call.desk, listing, { openTime: openTs, now: call.now }), closeTime: closeTs }),
  );
}

function price(call: Call, market: Market): unknown {
  return rows(call, market, (listing) => {
    const last = showFixed(call.desk.lastPrice(listing.instrument) ?? zero, priceDigits(listing));
    const time = market === "FUT" ? { time: lastTrade(call.desk, listing)?.T ?? call.now } : {};
    return { symbol: listing.symbol, price: last, ...time };
  });
}

function book(call: Call, market: Market): unknown {
  return rows(call, market, (listing) => {
    const { bid, bidQty, ask, askQty } = quotesOf(call.desk, listing);
    const quotes = { symbol: listing.symbol, bidPrice: bid, bidQty, askPrice: ask, askQty };
    if (market === "SPOT") return quotes;
    return { ...quotes, time: call.now, lastUpdateId: call.desk.market.sequence(listing.instrument) };
  });
}

const symbolsIn = (params: Params): number => (params.map().get("symbols")?.split(",").length ?? 0) || 1;
const byWindow = (params: Params): number => Math.min(200, 4 * symbolsIn(params));
const byDay = (params: Params): number => {
  if (!params.has("symbol") && !params.has("symbols")) return 80;
  const count = symbolsIn(params);
  return count <= 20 ? 2 : count <= 100 ? 40 : 80;
};
const twoOrFour = (params: Params): number => (params.has("symbol") ? 2 : 4);
const oneOr =
  (all: number, one = 1) =>
  (params: Params): number =>
    params.has("symbol") ? one : all;

export const tickerRoutes: Routes = {
  "GET /api/v3/ticker/24hr": unsigned(byDay, (call) => day(call, "SPOT")),
  "GET /api/v3/ticker/tradingDay": unsigned(byWindow, tradingDay),
  "GET /api/v3/ticker": unsigned(byWindow, window),
  "GET /api/v3/ticker/price": unsigned(twoOrFour, (call) => price(call, "SPOT")),
  "GET /api/v3/ticker/bookTicker": unsigned(twoOrFour, (call) => book(call, "SPOT")),
  "GET /fapi/v1/ticker/24hr": unsigned(oneOr(40), (call) => day(call, "FUT")),
  "GET /fapi/v1/ticker/price": unsigned(oneOr(2), (call) => price(call, "FUT")),
  "GET /fapi/v2/ticker/price": unsigned(oneOr(2), (call) => price(call, "FUT")),
  "GET /fapi/v1/ticker/bookTicker": unsigned(oneOr(5, 2), (call) => book(call, "FUT")),
};
