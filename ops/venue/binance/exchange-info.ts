/** exchangeInfo of both markets, from the listings: the fields and filters that clients read. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { show, showFixed } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { type Call, maybeListing } from "./desk.ts";

const ORDERS_MAX = 200;
const ALGOS_MAX = 5;
const PERPETUAL_DELIVERY_AT = 4_133_404_800_000;
const ONBOARD_AT = 1_569_398_400_000;

export const LIMITS = { SPOT: 6_000, FUT: 2_400 } as const;

export function exchangeInfo(call: Call, market: Market): unknown {
  const one = maybeListing(call, market);
  const all = call.desk.listed.filter((listing) => listing.market === market);
  const listings = one ? [one] : all;
  return {
    timezone: "UTC",
    serverTime: call.now,
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: LIMITS[market] },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: market === "SPOT" ? 100 : 300 },
    ],
    exchangeFilters: [],
    ...(market === "FUT" ? { futuresType: "U_MARGINED", assets: [{ asset: "USDT", marginAvailable: true }] } : {}),
    symbols: listings.map(market === "FUT" ? futuresSymbol : spotSymbol),
  };
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
    triggerProtect: "0.0500",
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
    orderTypes: ["LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"],
    timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  };
}

function sizes(filterType: string, listing: Listing, maxQty: string): unknown {
  return { filterType, minQty: show(listing.min_qty), maxQty, stepSize: show(listing.step) };
}

function spotSymbol(listing: Listing): unknown {
  const digits = (text: string): string =>
    text.includes(".") ? text.padEnd(text.indexOf(".") + 9, "0") : `${text}.00000000`;
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
    icebergAllowed: false,
    ocoAllowed: true,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      {
        filterType: "PRICE_FILTER",
        minPrice: digits(show(listing.min_price)),
        maxPrice: digits(show(listing.max_price)),
        tickSize: digits(show(listing.tick)),
      },
      {
        filterType: "LOT_SIZE",
        minQty: digits(show(listing.min_qty)),
        maxQty: digits(show(listing.max_qty)),
        stepSize: digits(show(listing.step)),
      },
      {
        filterType: "MARKET_LOT_SIZE",
        minQty: "0.00000000",
        maxQty: digits(show(listing.max_market_qty)),
        stepSize: "0.00000000",
      },
      {
        filterType: "PERCENT_PRICE_BY_SIDE",
        bidMultiplierUp: show(listing.price_up),
        bidMultiplierDown: show(listing.price_down),
        askMultiplierUp: show(listing.price_up),
        askMultiplierDown: show(listing.price_down),
        avgPriceMins: 5,
      },
      {
        filterType: "NOTIONAL",
        minNotional: digits(show(listing.min_notional)),
        applyMinToMarket: true,
        maxNotional: "9000000.00000000",
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
      { filterType: "MAX_NUM_ORDERS", maxNumOrders: ORDERS_MAX },
      { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: ALGOS_MAX },
    ],
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "NONE",
    allowedSelfTradePreventionModes: ["NONE"],
  };
}
