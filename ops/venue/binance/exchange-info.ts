/** exchangeInfo of both markets, from the listings: the fields and filters that clients read. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { show, showFixed } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { type Call, maybeListing } from "./desk.ts";
import { errors } from "./errors.ts";
import { namedListings } from "./named-listings.ts";
import { spotFilters } from "./spot-filters.ts";
import { STP_MODES } from "./spot-params.ts";

const ORDERS_MAX = 200;
const PERPETUAL_DELIVERY_AT = 4_133_404_800_000;
const ONBOARD_AT = 1_569_398_400_000;

const FIVE_MINUTES = { interval: "MINUTE", intervalNum: 5 } as const;

export function exchangeInfo(call: Call, market: Market): unknown {
  const { listed, limits } = call.desk;
  return {
    timezone: "UTC",
    serverTime: call.now,
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: limits.rules.weight[market] },
      ...limits.rules.orders[market].map((rule) => ({ rateLimitType: "ORDERS", ...rule })),
      ...(market === "SPOT" ? [{ rateLimitType: "RAW_REQUESTS", ...FIVE_MINUTES, limit: limits.rules.requests }] : []),
    ],
    exchangeFilters: [],
    ...(market === "FUT" ? { futuresType: "U_MARGINED", assets: futuresAssets(listed) } : {}),
    symbols: asked(call, market).map(market === "FUT" ? futuresSymbol : spotSymbol),
  };
}

const futuresAssets = (listed: readonly Listing[]): unknown[] =>
  [...new Set(listed.filter((each) => each.market === "FUT").map((each) => each.quote))].map((asset) => ({
    asset,
    marginAvailable: true,
    autoAssetExchange: null,
  }));

/** Futures answer all, whatever is asked for. */
function asked(call: Call, market: Market): Listing[] {
  const all = call.desk.listed.filter((listing) => listing.market === market);
  if (market === "FUT") return all;
  const one = maybeListing(call, market);
  const names = call.params.list("symbols");
  if (one && names) throw errors.combination();
  if (one) return [one];
  return names === undefined ? all : namedListings(all, names);
}

function futuresSymbol(listing: Listing): unknown {
  return {
    symbol: listing.symbol,
    pair: listing.symbol,
    contractType: "PERPETUAL",
    deliveryDate: PERPETUAL_DELIVERY_AT,
    onboardDate: ONBOARD_AT,
    status: "TRADING",
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    baseAsset: listing.base,
    quoteAsset: listing.quote,
    marginAsset: listing.quote,
    pricePrecision: listing.price_digits,
    quantityPrecision: listing.qty_digits,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: "COIN",
    underlyingSubType: ["PoW"],
    triggerProtect: showFixed(listing.trigger_protect, 4),
    liquidationFee: showFixed(listing.liquidation_fee, 6),
    marketTakeBound: "0.05",
    maxMoveOrderLimit: 10_000,
    filters: [
      {
        filterType: "PRICE_FILTER",
        minPrice: show(listing.min_price),
        maxPrice: show(listing.max_price),
        tickSize: showFixed(listing.tick, Math.max(2, listing.price_digits)),
      },
      sizes("LOT_SIZE", listing, show(listing.max_qty)),
      sizes("MARKET_LOT_SIZE", listing, show(listing.max_market_qty)),
      { filterType: "MAX_NUM_ORDERS", limit: ORDERS_MAX },
      { filterType: "MIN_NOTIONAL", notional: show(listing.min_notional) },
      {
        filterType: "PERCENT_PRICE",
        multiplierUp: showFixed(listing.price_up, 4),
        multiplierDown: showFixed(listing.price_down, 4),
        multiplierDecimal: "4",
      },
    ],
    orderTypes: ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
    timeInForce: ["GTC", "IOC", "FOK", "GTX", "GTD"],
  };
}

function sizes(filterType: string, listing: Listing, maxQty: string): unknown {
  return { filterType, minQty: show(listing.min_qty), maxQty, stepSize: show(listing.step) };
}

function spotSymbol(listing: Listing): unknown {
  return {
    symbol: listing.symbol,
    status: "TRADING",
    baseAsset: listing.base,
    baseAssetPrecision: 8,
    quoteAsset: listing.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    opoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: spotFilters(listing),
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: STP_MODES,
  };
}
