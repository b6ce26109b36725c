/** How USDⓈ-M futures print orders, trades, positions and accounts in REST answers. */
import type { InstrumentId } from "../../../shared/domain/instrument.ts";
import { type Amount, abs, add, div, mul, showFixed, sum, zero } from "../../../shared/domain/money.ts";
import {
  entryPrice,
  initialMargin,
  liquidationPrice,
  maintenance,
  type Position,
  unrealised,
} from "../../../shared/engine/futures.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { exposureOf, futuresFunds, openOrderMargin } from "../../../shared/engine/margin.ts";
import type { ExchangeState, VenueAlgo, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { type Desk, markPrice } from "./desk.ts";

export const money = (amount: Amount): string => showFixed(amount, 8);

export const averagePrice = (order: VenueOrder): Amount =>
  order.filled === zero ? zero : div(order.quote_filled, order.filled, "nearest");

/** What a triggered conditional order was before it became MARKET. */
export function originalType(state: ExchangeState, order: VenueOrder): string {
  return (order.algo_id === undefined ? undefined : state.algos.get(order.algo_id)?.type) ?? order.type;
}

export function umOrder(state: ExchangeState, order: VenueOrder): Record<string, unknown> {
  const listing = state.listing(order.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const qty = (amount: Amount): string => showFixed(amount, listing.qty_digits);
  return {
    orderId: order.order_id,
    symbol: listing.symbol,
    status: order.status,
    clientOrderId: order.client_id,
    price: price(order.price),
    avgPrice: showFixed(averagePrice(order), listing.price_digits + 4),
    origQty: qty(order.qty),
    executedQty: qty(order.filled),
    cumQty: qty(order.filled),
    cumQuote: money(order.quote_filled),
    timeInForce: order.tif,
    type: order.forced ? "LIQUIDATION" : order.type,
    reduceOnly: order.reduce_only,
    closePosition: order.close_position,
    side: order.side,
    positionSide: "BOTH",
    stopPrice: price(zero),
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    origType: originalType(state, order),
    priceMatch: "NONE",
    selfTradePreventionMode: "NONE",
    goodTillDate: 0,
    time: order.created_at,
    updateTime: order.updated_at,
  };
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
    positionSide: "BOTH",
    maker: trade.maker,
    buyer: trade.side === "BUY",
  };
}

export function umAlgo(state: ExchangeState, algo: VenueAlgo): Record<string, unknown> {
  const listing = state.listing(algo.instrument);
  const sent = algo.order_id === undefined ? undefined : state.orders.get(algo.order_id);
  return {
    algoId: algo.algo_id,
    clientAlgoId: algo.client_id,
    algoType: "CONDITIONAL",
    orderType: algo.type,
    symbol: listing.symbol,
    side: algo.side,
    positionSide: "BOTH",
    timeInForce: "GTC",
    quantity: showFixed(algo.qty, listing.qty_digits),
    algoStatus: algo.status,
    actualOrderId: algo.order_id === undefined ? "" : String(algo.order_id),
    actualPrice: showFixed(sent ? averagePrice(sent) : zero, listing.price_digits + 4),
    triggerPrice: showFixed(algo.trigger_price, listing.price_digits),
    price: showFixed(zero, listing.price_digits),
    icebergQuantity: null,
    tpTriggerPrice: "0.000",
    tpPrice: "0.000",
    slTriggerPrice: "0.000",
    slPrice: "0.000",
    tpOrderType: "",
    selfTradePreventionMode: "NONE",
    workingType: algo.working_type,
    priceMatch: "NONE",
    closePosition: algo.close_position,
    priceProtect: algo.price_protect,
    reduceOnly: algo.reduce_only,
    createTime: algo.created_at,
    updateTime: algo.updated_at,
    triggerTime: algo.triggered_at,
    goodTillDate: 0,
  };
}

export interface PositionView {
  readonly listing: Listing;
  readonly position: Position;
  readonly mark: Amount;
  readonly margin: Amount;
  readonly unrealised: Amount;
  readonly notional: Amount;
  readonly maintenance: Amount;
  readonly initial: Amount;
  readonly openMargin: Amount;
  readonly liquidation: Amount;
}

/** A position with everything that follows from its mark; the entry price stands in while there is no mark. */
export function positionView(desk: Desk, account: string, instrument: InstrumentId): PositionView {
  const { state } = desk.exchange;
  const listing = state.listing(instrument);
  const position = state.position(account, instrument);
  const mark = markPrice(desk, listing) ?? entryPrice(position);
  const notional = mul(position.qty, mark);
  const isolated = position.margin_type === "ISOLATED";
  const margin = isolated ? state.isolatedMargin(position) : zero;
  const backing = isolated ? margin : state.free(account, "FUT", listing.quote);
  const terms = { dual: state.futures.isDual(account), leverage: position.leverage };
  return {
    listing,
    position,
    mark,
    margin,
    unrealised: unrealised(position, mark),
    notional,
    maintenance: maintenance(listing, abs(notional)),
    initial: initialMargin(abs(notional), position.leverage),
    openMargin: openOrderMargin(exposureOf(state, { account, instrument }, mark), terms),
    liquidation: liquidationPrice(position, backing, listing),
  };
}

/** A row of /fapi/v3/positionRisk. */
export function umPositionRisk(view: PositionView): Record<string, unknown> {
  const { listing, position, margin } = view;
  const digits = listing.price_digits;
  const isolated = position.margin_type === "ISOLATED" && position.qty !== zero;
  return {
    symbol: listing.symbol,
    positionSide: "BOTH",
    positionAmt: showFixed(position.qty, listing.qty_digits),
    entryPrice: showFixed(entryPrice(position), digits + 4),
    breakEvenPrice: showFixed(entryPrice(position), digits + 4),
    markPrice: money(view.mark),
    unRealizedProfit: money(view.unrealised),
    liquidationPrice: position.qty === zero ? "0" : showFixed(view.liquidation, digits),
    isolatedMargin: isolated ? money(add(margin, view.unrealised)) : "0",
    notional: money(view.notional),
    marginAsset: listing.quote,
    isolatedWallet: isolated ? money(margin) : "0",
    initialMargin: money(add(view.initial, view.openMargin)),
    maintMargin: money(view.maintenance),
    positionInitialMargin: money(view.initial),
    openOrderInitialMargin: money(view.openMargin),
    adl: position.qty === zero ? 0 : 1,
    bidNotional: "0",
    askNotional: "0",
    updateTime: position.updated_at,
  };
}

/** /fapi/v3/account: the wallet in one asset, and every position held or backing orders. */
export function umAccount(desk: Desk, account: string): Record<string, unknown> {
  const { state } = desk.exchange;
  const futures = desk.listed.filter((listing) => listing.market === "FUT");
  const views = futures.map((listing) => positionView(desk, account, listing.instrument));
  const funds = futuresFunds(state, account, (instrument) => desk.exchange.mark(instrument));
  const total = (pick: (view: PositionView) => Amount): Amount => sum(views.map(pick));
  const wallet = add(
    funds.wallet,
    total((view) => view.margin),
  );
  const pnl = total((view) => view.unrealised);
  const positionMargin = total((view) => view.initial);
  const orderMargin = funds.orderMargin;
  const updated = Math.max(1, ...views.map((view) => view.position.updated_at));
  const totals = {
    initialMargin: money(add(positionMargin, orderMargin)),
    maintMargin: money(total((view) => view.maintenance)),
    positionInitialMargin: money(positionMargin),
    openOrderInitialMargin: money(orderMargin),
    crossWalletBalance: money(funds.wallet),
    crossUnPnl: money(funds.crossPnl),
    availableBalance: money(funds.available),
    maxWithdrawAmount: money(funds.available),
  };
  return {
    totalInitialMargin: totals.initialMargin,
    totalMaintMargin: totals.maintMargin,
    totalWalletBalance: money(wallet),
    totalUnrealizedProfit: money(pnl),
    totalMarginBalance: money(add(wallet, pnl)),
    totalPositionInitialMargin: totals.positionInitialMargin,
    totalOpenOrderInitialMargin: totals.openOrderInitialMargin,
    totalCrossWalletBalance: totals.crossWalletBalance,
    totalCrossUnPnl: totals.crossUnPnl,
    availableBalance: totals.availableBalance,
    maxWithdrawAmount: totals.maxWithdrawAmount,
    assets: [
      {
        asset: "USDT",
        walletBalance: money(wallet),
        unrealizedProfit: money(pnl),
        marginBalance: money(add(wallet, pnl)),
        ...totals,
        updateTime: updated,
      },
    ],
    positions: views.filter((view) => view.position.qty !== zero || view.openMargin !== zero).map(umAccountPosition),
  };
}

function umAccountPosition(view: PositionView): Record<string, unknown> {
  const risk = umPositionRisk(view);
  return {
    symbol: risk.symbol,
    positionSide: "BOTH",
    positionAmt: risk.positionAmt,
    unrealizedProfit: risk.unRealizedProfit,
    isolatedMargin: risk.isolatedMargin,
    notional: risk.notional,
    isolatedWallet: risk.isolatedWallet,
    initialMargin: risk.initialMargin,
    maintMargin: risk.maintMargin,
    updateTime: risk.updateTime,
  };
}
