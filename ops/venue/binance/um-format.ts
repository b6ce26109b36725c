/** How USDⓈ-M futures print orders, conditional orders and trades in REST answers. */
import { type Amount, div, showFixed, zero } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import type { ExchangeState, VenueAlgo, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";

export const money = (amount: Amount): string => showFixed(amount, 8);

/** What is printed of an order. */
export type Printed = Pick<
  VenueOrder,
  | "order_id"
  | "client_id"
  | "instrument"
  | "side"
  | "type"
  | "tif"
  | "price"
  | "qty"
  | "reduce_only"
  | "close_position"
  | "position_side"
  | "good_till"
  | "price_match"
  | "stp"
  | "algo_id"
  | "forced"
  | "filled"
  | "quote_filled"
  | "status"
  | "created_at"
  | "updated_at"
>;

export const averagePrice = (order: Pick<VenueOrder, "filled" | "quote_filled">): Amount =>
  order.filled === zero ? zero : div(order.quote_filled, order.filled, "nearest");

/** What a triggered conditional order was before it went to the book. */
export function originalType(state: ExchangeState, order: Pick<VenueOrder, "algo_id" | "type">): string {
  return (order.algo_id === undefined ? undefined : state.algos.get(order.algo_id)?.type) ?? order.type;
}

export const averageDigits = (listing: Listing): number => listing.price_digits + 4;

export function umOrder(state: ExchangeState, order: Printed): Record<string, unknown> {
  const listing = state.listing(order.instrument);
  const algo = order.algo_id === undefined ? undefined : state.algos.get(order.algo_id);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const qty = (amount: Amount): string => showFixed(amount, listing.qty_digits);
  return {
    orderId: order.order_id,
    symbol: listing.symbol,
    pair: listing.symbol,
    status: order.status,
    clientOrderId: order.client_id,
    price: price(order.price),
    avgPrice: showFixed(averagePrice(order), averageDigits(listing)),
    origQty: qty(order.qty),
    executedQty: qty(order.filled),
    cumQty: qty(order.filled),
    cumQuote: money(order.quote_filled),
    timeInForce: order.tif,
    type: order.forced ? "LIQUIDATION" : order.type,
    reduceOnly: order.reduce_only,
    closePosition: order.close_position,
    side: order.side,
    positionSide: order.position_side,
    stopPrice: price(algo?.trigger_price ?? zero),
    workingType: algo?.working_type ?? "CONTRACT_PRICE",
    priceProtect: algo?.price_protect ?? false,
    origType: originalType(state, order),
    priceMatch: order.price_match ?? "NONE",
    selfTradePreventionMode: order.stp,
    goodTillDate: order.good_till ?? 0,
    time: order.created_at,
    updateTime: order.updated_at,
  };
}

/** A forced order as /fapi/v1/forceOrders lists it. */
export function umForced(state: ExchangeState, order: VenueOrder): Record<string, unknown> {
  const {
    cumQty: _cum,
    priceMatch: _match,
    selfTradePreventionMode: _stp,
    goodTillDate: _till,
    ...row
  } = umOrder(state, { ...order, forced: false });
  return row;
}

export function umTrade(state: ExchangeState, trade: VenueTrade): Record<string, unknown> {
  const listing = state.listing(trade.instrument);
  return {
    symbol: listing.symbol,
    id: trade.trade_id,
    orderId: trade.order_id,
    side: trade.side,
    price: showFixed(trade.price, listing.price_digits),
    qty: showFixed(trade.qty, listing.qty_digits),
    realizedPnl: money(trade.realised),
    quoteQty: money(trade.quote_qty),
    commission: money(trade.fee),
    commissionAsset: trade.fee_asset,
    time: trade.at,
    positionSide: trade.position_side,
    maker: trade.maker,
    buyer: trade.side === "BUY",
  };
}

export function umAlgo(state: ExchangeState, algo: VenueAlgo): Record<string, unknown> {
  const listing = state.listing(algo.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const sent = algo.order_id === undefined ? undefined : state.orders.get(algo.order_id);
  return {
    algoId: algo.algo_id,
    clientAlgoId: algo.client_id,
    algoType: "CONDITIONAL",
    orderType: algo.type,
    symbol: listing.symbol,
    side: algo.side,
    positionSide: algo.position_side,
    timeInForce: algo.tif,
    quantity: showFixed(algo.qty, listing.qty_digits),
    algoStatus: algo.status,
    actualOrderId: algo.order_id === undefined ? "" : String(algo.order_id),
    actualPrice: showFixed(sent ? averagePrice(sent) : zero, averageDigits(listing)),
    actualType: sent?.type ?? "",
    actualQty: showFixed(sent?.filled ?? zero, listing.qty_digits),
    triggerPrice: price(algo.trigger_price),
    price: price(algo.price),
    icebergQuantity: null,
    tpTriggerPrice: "0.000",
    tpPrice: "0.000",
    slTriggerPrice: "0.000",
    slPrice: "0.000",
    tpOrderType: "",
    selfTradePreventionMode: algo.stp,
    workingType: algo.working_type,
    priceMatch: algo.price_match ?? "NONE",
    closePosition: algo.close_position,
    priceProtect: algo.price_protect,
    reduceOnly: algo.reduce_only,
    ...trailing(algo, price),
    createTime: algo.created_at,
    updateTime: algo.updated_at,
    triggerTime: algo.triggered_at,
    goodTillDate: algo.good_till ?? 0,
  };
}

function trailing(algo: VenueAlgo, price: (amount: Amount) => string): Record<string, unknown> {
  if (algo.type !== "TRAILING_STOP_MARKET") return {};
  const { activate_price, callback_rate } = algo;
  return { activatePrice: price(activate_price ?? zero), callbackRate: showFixed(callback_rate ?? zero, 2) };
}
