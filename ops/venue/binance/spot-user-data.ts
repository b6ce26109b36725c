/** Spot account events: what each fact tells those who subscribed to the account over the WebSocket API. */
import { zero } from "../../../shared/domain/money.ts";
import type { EndReason } from "../../../shared/engine/facts.ts";
import type { ExchangeState, VenueList, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { eight, listHead, spotBalances } from "./spot-format.ts";

export type SpotExecution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED";

/** Binance's expiry reasons, as far as they occur here. */
const EXPIRY: Partial<Record<EndReason, string>> = {
  no_liquidity: "INSUFFICIENT_LIQUIDITY",
  list: "OCO_TRIGGER",
  no_funds: "INSUFFICIENT_BALANCE",
};

export function executionReport(
  state: ExchangeState,
  { order, execution, trade }: { order: VenueOrder; execution: SpotExecution; trade?: VenueTrade | undefined },
): string {
  const at = order.updated_at;
  const expiry = execution === "EXPIRED" && order.end_reason ? EXPIRY[order.end_reason] : undefined;
  return JSON.stringify({
    e: "executionReport",
    E: at,
    s: state.listing(order.instrument).symbol,
    c: order.client_id,
    S: order.side,
    o: order.type,
    f: order.tif,
    q: eight(order.qty),
    p: eight(order.price),
    P: eight(order.stop_price ?? zero),
    F: eight(zero),
    g: order.list_id ?? -1,
    C: execution === "CANCELED" ? order.client_id : "",
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
    v: 0,
    I: order.order_id,
    w: order.working && execution !== "CANCELED" && execution !== "EXPIRED",
    m: trade?.maker ?? false,
    M: false,
    O: order.created_at,
    Z: eight(order.quote_filled),
    Y: eight(trade?.quote_qty ?? zero),
    Q: eight(order.quote_qty ?? zero),
    ...(order.working_at > 0 ? { W: order.working_at } : {}),
    V: "NONE",
    ...(expiry === undefined ? {} : { eR: expiry }),
  });
}

/** The balances of the assets an instrument trades. */
export function accountPosition(state: ExchangeState, account: string, at: number, assets: readonly string[]): string {
  const rows = spotBalances(state, account).filter((row) => assets.includes(row.asset));
  const balances = rows.map((row) => ({ a: row.asset, f: eight(row.free), l: eight(row.locked) }));
  return JSON.stringify({ e: "outboundAccountPosition", E: at, u: at, B: balances });
}

export function balanceUpdate(asset: string, change: string, at: number): string {
  return JSON.stringify({ e: "balanceUpdate", E: at, a: asset, d: change, T: at });
}

export function listStatus(state: ExchangeState, list: VenueList): string {
  const head = listHead(state, list);
  return JSON.stringify({
    e: "listStatus",
    E: list.updated_at,
    s: head.symbol,
    g: list.list_id,
    c: "OCO",
    l: head.listStatusType,
    L: head.listOrderStatus,
    r: "NONE",
    C: list.client_id,
    T: list.updated_at,
    O: head.orders.map((leg) => ({ s: leg.symbol, i: leg.orderId, c: leg.clientOrderId })),
  });
}
