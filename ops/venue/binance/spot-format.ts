/** How spot prints orders, trades, lists and accounts in REST answers: eight decimals everywhere. */
import { type Amount, showFixed, zero } from "../../../shared/domain/money.ts";
import { mustOrder } from "../../../shared/engine/apply.ts";
import type { ExchangeState, VenueList, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { walletOf } from "../../../shared/engine/state.ts";

export const eight = (amount: Amount): string => showFixed(amount, 8);

const symbolOf = (state: ExchangeState, order: { instrument: VenueOrder["instrument"] }): string =>
  state.listing(order.instrument).symbol;

/** Fields that every view of an order has. */
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
    ...(of.stop_price === undefined ? {} : { stopPrice: eight(of.stop_price) }),
    selfTradePreventionMode: "NONE",
  };
}

export function spotOrder(state: ExchangeState, of: VenueOrder): Record<string, unknown> {
  return {
    ...order(state, of),
    stopPrice: eight(of.stop_price ?? zero),
    icebergQty: eight(zero),
    time: of.created_at,
    updateTime: of.updated_at,
    isWorking: of.working,
    workingTime: of.working_at,
  };
}

/** The answer to a new order, as long as `kind` wants it. */
export function spotPlaced(state: ExchangeState, of: VenueOrder, kind: "ACK" | "RESULT" | "FULL"): unknown {
  const { symbol, orderId, orderListId, clientOrderId } = order(state, of);
  const ack = { symbol, orderId, orderListId, clientOrderId, transactTime: of.updated_at };
  if (kind === "ACK") return ack;
  const result = { ...ack, ...order(state, of), workingTime: of.working_at };
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

export function spotCanceled(state: ExchangeState, of: VenueOrder, clientId: string): Record<string, unknown> {
  const origClientOrderId = of.client_id;
  return { ...order(state, of), origClientOrderId, clientOrderId: clientId, transactTime: of.updated_at };
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
    contingencyType: "OCO",
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

/** With a report of each leg, as placing and cancelling answer. */
export function spotList(state: ExchangeState, list: VenueList): Record<string, unknown> {
  const legs = list.order_ids.map((id) => mustOrder(state, id));
  return { ...listHead(state, list), orderReports: legs.map((leg) => spotPlaced(state, leg, "RESULT")) };
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
  for (const line of state.ledger.all()) if (line.owner === owner) assets.add(line.asset);
  return [...assets].sort().map((asset) => ({
    asset,
    free: state.ledger.balance(owner, "wallet", asset),
    locked: state.ledger.total(owner, "hold", asset),
  }));
}
