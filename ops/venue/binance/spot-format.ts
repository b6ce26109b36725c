/** How spot prints orders, trades, lists and balances in REST answers: eight decimals everywhere. */
import { type Amount, showFixed, zero } from "../../../shared/domain/money.ts";
import { mustOrder } from "../../../shared/engine/apply.ts";
import type { EndReason } from "../../../shared/engine/facts.ts";
import {
  type ExchangeState,
  isConditional,
  type PreventedMatch,
  type VenueList,
  type VenueOrder,
  type VenueTrade,
  walletOf,
} from "../../../shared/engine/state.ts";

export const eight = (amount: Amount): string => showFixed(amount, 8);

const symbolOf = (state: ExchangeState, of: { instrument: VenueOrder["instrument"] }): string =>
  state.listing(of.instrument).symbol;

/** Why an order expired, in Binance's words, as far as it has some. */
const EXPIRY: Partial<Record<EndReason, string>> = {
  no_liquidity: "INSUFFICIENT_LIQUIDITY",
  list: "OCO_TRIGGER",
  no_funds: "INSUFFICIENT_BALANCE",
};
export const expiryOf = (order: VenueOrder): string | undefined =>
  order.status === "EXPIRED" && order.end_reason ? EXPIRY[order.end_reason] : undefined;

/** Fields that every view of an order has, and those that some orders have. */
function order(state: ExchangeState, of: VenueOrder) {
  return {
    symbol: symbolOf(state, of),
    orderId: of.order_id,
    orderListId: of.list_id ?? -1,
    clientOrderId: of.client_id,
    price: eight(of.price),
    origQty: eight(of.qty),
    executedQty: eight(of.filled),
    origQuoteOrderQty: eight(of.quote_qty ?? zero),
    cummulativeQuoteQty: eight(of.quote_filled),
    status: of.status,
    timeInForce: of.tif,
    type: of.type,
    side: of.side,
    ...conditional(of),
    selfTradePreventionMode: of.stp,
  };
}

function conditional(of: VenueOrder): Record<string, unknown> {
  const expiryReason = expiryOf(of);
  return {
    ...(isConditional(of) ? { stopPrice: eight(of.stop_price ?? zero) } : {}),
    ...(of.iceberg_qty === undefined ? {} : { icebergQty: eight(of.iceberg_qty) }),
    ...(of.prevented === zero ? {} : { preventedMatchId: of.prevented_match, preventedQuantity: eight(of.prevented) }),
    ...(of.strategy_id === undefined ? {} : { strategyId: of.strategy_id }),
    ...(of.strategy_type === undefined ? {} : { strategyType: of.strategy_type }),
    ...(of.trailing_delta === undefined ? {} : { trailingDelta: of.trailing_delta, trailingTime: of.trailing_at }),
    ...(expiryReason === undefined ? {} : { expiryReason }),
  };
}

export function spotOrder(state: ExchangeState, of: VenueOrder): Record<string, unknown> {
  return {
    ...order(state, of),
    stopPrice: eight(of.stop_price ?? zero),
    icebergQty: eight(of.iceberg_qty ?? zero),
    time: of.created_at,
    updateTime: of.updated_at,
    isWorking: of.working,
    workingTime: of.working_at,
  };
}

/** The answer to a new order, as long as `kind` wants it. */
export function spotPlaced(
  state: ExchangeState,
  of: VenueOrder,
  kind: "ACK" | "RESULT" | "FULL",
): Record<string, unknown> {
  const { symbol, orderId, orderListId, clientOrderId } = order(state, of);
  const ack = { symbol, orderId, orderListId, clientOrderId, transactTime: of.updated_at };
  if (kind === "ACK") return ack;
  const result = { ...ack, ...order(state, of), workingTime: of.working_at, ...takerMatches(state, of) };
  if (kind === "RESULT") return result;
  const fills = state.tradesOfOrder(of.order_id);
  return {
    ...result,
    fills: fills.map((trade) => ({
      price: eight(trade.price),
      qty: eight(trade.qty),
      commission: eight(trade.fee),
      commissionAsset: trade.fee_asset,
      tradeId: trade.trade_id,
    })),
  };
}

/** What self-trade prevention did to a taker. */
function takerMatches(state: ExchangeState, of: VenueOrder): Record<string, unknown> {
  const since = state.prevented.findLastIndex((match) => match.at < of.created_at) + 1;
  const matches = state.prevented.slice(since).filter((match) => match.taker_id === of.order_id);
  if (matches.length === 0) return {};
  return {
    preventedMatches: matches.map((match) => ({
      preventedMatchId: match.match_id,
      makerOrderId: match.maker_id,
      price: eight(match.price),
      ...preventedQuantities(match),
    })),
  };
}

const preventedQuantities = ({ taker_qty, maker_qty }: PreventedMatch): Record<string, string> => ({
  ...(taker_qty === zero ? {} : { takerPreventedQuantity: eight(taker_qty) }),
  ...(maker_qty === zero ? {} : { makerPreventedQuantity: eight(maker_qty) }),
});

/** Accounts here are of no trade group. */
export const NO_TRADE_GROUP = -1;

export function spotPrevented(state: ExchangeState, match: PreventedMatch): Record<string, unknown> {
  return {
    symbol: symbolOf(state, match),
    preventedMatchId: match.match_id,
    takerOrderId: match.taker_id,
    makerSymbol: symbolOf(state, match),
    makerOrderId: match.maker_id,
    tradeGroupId: NO_TRADE_GROUP,
    selfTradePreventionMode: match.stp,
    price: eight(match.price),
    ...preventedQuantities(match),
    transactTime: match.at,
  };
}

export function spotCanceled(state: ExchangeState, of: VenueOrder, cancelId: string): Record<string, unknown> {
  const origClientOrderId = of.client_id;
  return { ...order(state, of), origClientOrderId, clientOrderId: cancelId, transactTime: of.updated_at };
}

export function spotAmended(state: ExchangeState, of: VenueOrder, before: string): Record<string, unknown> {
  const { origQty: qty, origQuoteOrderQty: quoteOrderQty, cummulativeQuoteQty, ...rest } = order(state, of);
  return {
    ...{ ...rest, origClientOrderId: before, qty, quoteOrderQty },
    preventedQty: eight(of.prevented),
    cumulativeQuoteQty: cummulativeQuoteQty,
    workingTime: of.working_at,
  };
}

/** From execution `from` on, oldest first. */
export function spotAmendments(
  state: ExchangeState,
  of: VenueOrder,
  { from, limit }: { from: number; limit: number },
): unknown[] {
  const rows = state.amendments.filter((row) => row.order_id === of.order_id && row.execution_id >= from);
  return rows.slice(0, limit).map((row) => ({
    symbol: symbolOf(state, of),
    orderId: of.order_id,
    executionId: row.execution_id,
    origClientOrderId: row.client_id_before,
    newClientOrderId: row.client_id,
    origQty: eight(row.qty_before),
    newQty: eight(row.qty),
    time: row.at,
  }));
}

export function spotTrade(state: ExchangeState, trade: VenueTrade): Record<string, unknown> {
  return {
    symbol: symbolOf(state, trade),
    id: trade.trade_id,
    orderId: trade.order_id,
    orderListId: state.orders.get(trade.order_id)?.list_id ?? -1,
    price: eight(trade.price),
    qty: eight(trade.qty),
    quoteQty: eight(trade.quote_qty),
    commission: eight(trade.fee),
    commissionAsset: trade.fee_asset,
    time: trade.at,
    isBuyer: trade.side === "BUY",
    isMaker: trade.maker,
    isBestMatch: true,
  };
}

export function listHead(state: ExchangeState, list: VenueList) {
  const orders = list.order_ids.map((id) => mustOrder(state, id));
  return {
    orderListId: list.list_id,
    contingencyType: list.kind === "OCO" ? "OCO" : "OTO",
    listStatusType: list.done ? "ALL_DONE" : "EXEC_STARTED",
    listOrderStatus: list.done ? "ALL_DONE" : "EXECUTING",
    listClientOrderId: list.client_id,
    transactionTime: list.updated_at,
    symbol: symbolOf(state, list),
    orders: orders.map((leg) => ({
      symbol: symbolOf(state, leg),
      orderId: leg.order_id,
      clientOrderId: leg.client_id,
    })),
  };
}

/** The answer to a new list: orders that wait for the first one are shown so even where it was filled at once. */
export function spotList(
  state: ExchangeState,
  list: VenueList,
  kind: "ACK" | "RESULT" | "FULL",
): Record<string, unknown> {
  const started = list.kind !== "OCO" && { listStatusType: "EXEC_STARTED", listOrderStatus: "EXECUTING" };
  return { ...listHead(state, list), ...(started || {}), orderReports: list.order_ids.map(report) };
  function report(id: number): Record<string, unknown> {
    const leg = mustOrder(state, id);
    const said = spotPlaced(state, leg, kind);
    if (list.kind === "OCO" || leg.leads || kind === "ACK") return said;
    const untouched = { executedQty: eight(zero), cummulativeQuoteQty: eight(zero), workingTime: -1 };
    return { ...said, ...untouched, status: "PENDING_NEW", ...(kind === "FULL" ? { fills: [] } : {}) };
  }
}

/** With a report of each order, as cancelling answers. */
export function spotCanceledList(state: ExchangeState, list: VenueList, cancelId: string): Record<string, unknown> {
  const orders = list.order_ids.map((id) => mustOrder(state, id));
  return { ...listHead(state, list), orderReports: orders.map((leg) => spotCanceled(state, leg, cancelId)) };
}

export interface SpotBalance {
  asset: string;
  free: Amount;
  locked: Amount;
}

/** Every asset the account holds, or that is listed. */
export function spotBalances(state: ExchangeState, account: string): SpotBalance[] {
  const owner = walletOf(account, "SPOT");
  const assets = new Set<string>();
  for (const listing of state.listings.values())
    if (listing.market === "SPOT") assets.add(listing.base).add(listing.quote);
  for (const asset of state.ledger.assetsOf(owner)) assets.add(asset);
  return [...assets].sort().map((asset) => spotBalance(state, account, asset));
}

export function spotBalance({ ledger }: ExchangeState, account: string, asset: string): SpotBalance {
  const owner = walletOf(account, "SPOT");
  return { asset, free: ledger.balance(owner, "wallet", asset), locked: ledger.total(owner, "hold", asset) };
}
