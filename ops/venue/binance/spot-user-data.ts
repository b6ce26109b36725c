/** Spot account events: what each fact tells those who subscribed to the account over the WebSocket API. */
import { mul, zero } from "../../../shared/domain/money.ts";
import {
  type ExchangeState,
  isConditional,
  type VenueList,
  type VenueOrder,
  type VenueTrade,
} from "../../../shared/engine/state.ts";
import { eight, expiryOf, listHead, NO_TRADE_GROUP, spotBalance } from "./spot-format.ts";

export type SpotExecution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED" | "REPLACED" | "TRADE_PREVENTION";

export interface Execution {
  readonly order: VenueOrder;
  readonly execution: SpotExecution;
  readonly trade?: VenueTrade | undefined;
  /** The client id that an amended order had before. */
  readonly before?: string | undefined;
}

export function executionReport(state: ExchangeState, { order, execution, trade, before }: Execution): string {
  const at = order.updated_at;
  const isOver = execution === "CANCELED" || execution === "EXPIRED" || execution === "TRADE_PREVENTION";
  const cancelled = execution === "CANCELED";
  return JSON.stringify({
    e: "executionReport",
    E: at,
    s: state.listing(order.instrument).symbol,
    c: cancelled ? (order.cancel_id ?? order.client_id) : order.client_id,
    S: order.side,
    o: order.type,
    f: order.tif,
    q: eight(order.qty),
    p: eight(order.price),
    P: eight(order.stop_price ?? zero),
    F: eight(order.iceberg_qty ?? zero),
    g: order.list_id ?? -1,
    C: cancelled ? order.client_id : (before ?? ""),
    x: execution,
    X: order.status,
    r: "NONE",
    i: order.order_id,
    l: eight(trade?.qty ?? zero),
    z: eight(order.filled),
    L: eight(trade?.price ?? zero),
    n: eight(trade?.fee ?? zero),
    N: trade?.fee_asset ?? null,
    T: at,
    t: trade?.trade_id ?? -1,
    I: order.order_id,
    w: order.working && !(isOver && !isStillOpen(order)),
    m: trade?.maker ?? false,
    M: false,
    O: order.created_at,
    Z: eight(order.quote_filled),
    Y: eight(trade?.quote_qty ?? zero),
    Q: eight(order.quote_qty ?? zero),
    ...conditional(state, order, execution),
  });
}

const isStillOpen = (order: VenueOrder): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED";

/** Fields that only some reports have. */
function conditional(state: ExchangeState, order: VenueOrder, execution: SpotExecution): Record<string, unknown> {
  const expiry = execution === "EXPIRED" ? expiryOf(order) : undefined;
  return {
    ...(order.trailing_delta === undefined ? {} : { d: order.trailing_delta }),
    ...(isConditional(order) && order.trailing_at > 0 ? { D: order.trailing_at } : {}),
    ...(order.strategy_id === undefined ? {} : { j: order.strategy_id }),
    ...(order.strategy_type === undefined ? {} : { J: order.strategy_type }),
    ...(order.working_at > 0 ? { W: order.working_at } : {}),
    V: order.stp,
    ...(execution === "TRADE_PREVENTION" ? prevention(state, order) : {}),
    ...(expiry === undefined ? {} : { eR: expiry }),
  };
}

/** Of the newest match that was prevented, from this order's side. */
function prevention(state: ExchangeState, order: VenueOrder): Record<string, unknown> {
  const match = state.prevented.at(-1);
  if (!match) return {};
  const isTaker = match.taker_id === order.order_id;
  return {
    v: match.match_id,
    A: eight(order.prevented),
    B: eight(isTaker ? match.taker_qty : match.maker_qty),
    u: NO_TRADE_GROUP,
    U: isTaker ? match.maker_id : match.taker_id,
    Cs: state.listing(order.instrument).symbol,
    pl: eight(match.qty),
    pL: eight(match.price),
    pY: eight(mul(match.qty, match.price)),
  };
}

/** The balances of the assets an instrument trades. */
export function accountPosition(state: ExchangeState, account: string, at: number, assets: readonly string[]): string {
  const rows = [...new Set(assets)].map((asset) => spotBalance(state, account, asset));
  const balances = rows.map((row) => ({ a: row.asset, f: eight(row.free), l: eight(row.locked) }));
  return JSON.stringify({ e: "outboundAccountPosition", E: at, u: at, B: balances });
}

export function balanceUpdate(asset: string, change: string, at: number): string {
  return JSON.stringify({ e: "balanceUpdate", E: at, a: asset, d: change, T: at });
}

/** `renamed`: an order of the list has another client id now. */
export function listStatus(state: ExchangeState, list: VenueList, renamed = false): string {
  const head = listHead(state, list);
  return JSON.stringify({
    e: "listStatus",
    E: list.updated_at,
    s: head.symbol,
    g: list.list_id,
    c: head.contingencyType,
    l: renamed ? "UPDATED" : head.listStatusType,
    L: head.listOrderStatus,
    r: "NONE",
    C: list.client_id,
    T: list.updated_at,
    O: head.orders.map((leg) => ({ s: leg.symbol, i: leg.orderId, c: leg.clientOrderId })),
  });
}
