/** What happened on a USDⓈ-M account, in pages: orders, trades, modifications, forced orders, income, margin moved. */
import { abs, showFixed, zero } from "../../../shared/domain/money.ts";
import type { Income } from "../../../shared/engine/state.ts";
import { type Call, maybeListing, mustListing, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { umErrors } from "./um-errors.ts";
import { money, umForced, umOrder, umTrade } from "./um-format.ts";
import { findOrder } from "./um-orders.ts";

const DAY_MS = 86_400_000;
/** Of orders and trades; asked without times, the newest are meant. */
const WINDOW_DAYS = 7;
const PAGE_DEFAULT = 500;
const PAGE_MAX = 1_000;

interface Window {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Throws −1023 or, for more than `days`, −4165. */
function windowOf({ params }: Call, days?: number): Window {
  const [from, to] = [params.int("startTime"), params.int("endTime")];
  if (from !== undefined && to !== undefined) {
    if (from > to) throw umErrors.startAfterEnd();
    if (days !== undefined && to - from > days * DAY_MS) throw umErrors.interval(days);
  }
  return { from, to };
}

/** With only a start, the window ends its length later; with only an end, it begins so long before. */
function sevenDays(call: Call): Window {
  const { from, to } = windowOf(call, WINDOW_DAYS);
  const lengthMs = WINDOW_DAYS * DAY_MS;
  if (from !== undefined) return { from, to: to ?? from + lengthMs };
  return { from: to === undefined ? undefined : to - lengthMs, to };
}

const isWithin = ({ from, to }: Window, at: number): boolean =>
  (from === undefined || at >= from) && (to === undefined || at <= to);

/** Oldest first: from a start on the first of them, else the newest. */
function page<T>(call: Call, rows: readonly T[], of: { first: boolean; standard?: number; max?: number }): T[] {
  const limit = call.params.limit(of.standard ?? PAGE_DEFAULT, of.max ?? PAGE_MAX);
  return of.first ? rows.slice(0, limit) : rows.slice(-limit);
}

function allOrders(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const { state } = call.desk.exchange;
  const fromId = call.params.int("orderId");
  const window = sevenDays(call);
  const rows = state
    .ordersOf(call.account, instrument)
    .filter((order) => (fromId === undefined ? isWithin(window, order.created_at) : order.order_id >= fromId));
  const first = fromId !== undefined || window.from !== undefined;
  return page(call, rows, { first }).map((order) => umOrder(state, order));
}

function userTrades(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const { state } = call.desk.exchange;
  const { params } = call;
  const [fromId, orderId] = [params.int("fromId"), params.int("orderId")];
  if (fromId !== undefined && (params.has("startTime") || params.has("endTime"))) throw errors.combination();
  const window = sevenDays(call);
  const rows = state
    .tradesOf(call.account, instrument)
    .filter(
      (trade) =>
        (fromId === undefined ? isWithin(window, trade.at) : trade.trade_id >= fromId) &&
        (orderId === undefined || trade.order_id === orderId),
    );
  const first = fromId !== undefined || window.from !== undefined;
  return page(call, rows, { first }).map((trade) => umTrade(state, trade));
}

function orderAmendments(call: Call): unknown {
  const { instrument, symbol, price_digits, qty_digits } = mustListing(call, "FUT");
  const byId = call.params.has("orderId") || call.params.has("origClientOrderId");
  const order = byId ? findOrder(call) : undefined;
  if (byId && !order) return [];
  const window = windowOf(call);
  const rows = call.desk.exchange.state.futures.modifications.filter(
    (each) =>
      each.account === call.account &&
      each.instrument === instrument &&
      (order === undefined || each.order_id === order.order_id) &&
      isWithin(window, each.at),
  );
  return page(call, rows, { first: window.from !== undefined, standard: 50, max: 100 }).map((each) => ({
    amendmentId: each.amendment_id,
    symbol,
    pair: symbol,
    orderId: each.order_id,
    clientOrderId: each.client_id,
    time: each.at,
    amendment: {
      price: {
        before: showFixed(each.before.price, price_digits),
        after: showFixed(each.after.price, price_digits),
      },
      origQty: { before: showFixed(each.before.qty, qty_digits), after: showFixed(each.after.qty, qty_digits) },
      count: each.count,
    },
  }));
}

function forceOrders(call: Call): unknown {
  const listing = maybeListing(call, "FUT");
  const kind = call.params.text("autoCloseType");
  if (kind !== undefined && kind !== "LIQUIDATION" && kind !== "ADL") throw errors.invalid("autoCloseType");
  const window = windowOf(call);
  const { state } = call.desk.exchange;
  const rows = [...state.orders.values()].filter(
    (order) =>
      order.forced &&
      order.account === call.account &&
      (listing === undefined || order.instrument === listing.instrument) &&
      (kind === undefined || (kind === "ADL") === order.client_id.startsWith("adl_")) &&
      isWithin(window, order.created_at),
  );
  const limits = { standard: listing ? 100 : 50, max: 100 };
  return page(call, rows, { first: window.from !== undefined, ...limits }).map((order) => umForced(state, order));
}

function income(call: Call): unknown {
  const { params, desk, account } = call;
  const listing = maybeListing(call, "FUT");
  const type = params.text("incomeType");
  const window = windowOf(call);
  const rows = desk.exchange.state.income.filter(
    (row) =>
      row.account === account &&
      (listing === undefined || row.instrument === listing.instrument) &&
      (type === undefined || row.type === type) &&
      isWithin(window, row.at),
  );
  const limit = params.limit(100, PAGE_MAX);
  const nth = params.int("page");
  const first = window.from !== undefined || nth !== undefined;
  const skipped = ((nth ?? 1) - 1) * limit;
  const shown = first ? rows.slice(Math.max(0, skipped), skipped + limit) : rows.slice(-limit);
  return shown.map((row) => incomeRow(call, row));
}

function incomeRow({ desk }: Call, row: Income): unknown {
  const tradeId = row.trade_id === undefined ? "" : String(row.trade_id);
  return {
    symbol: row.instrument === undefined ? "" : desk.exchange.state.listing(row.instrument).symbol,
    incomeType: row.type,
    income: money(row.qty),
    asset: row.asset,
    info: tradeId === "" ? row.type : tradeId,
    time: row.at,
    tranId: row.income_id,
    tradeId,
  };
}

function marginHistory(call: Call): unknown {
  const { instrument, symbol, quote } = mustListing(call, "FUT");
  const type = call.params.int("type");
  if (type !== undefined && type !== 1 && type !== 2) throw errors.invalid("type");
  const window = windowOf(call);
  const rows = call.desk.exchange.state.futures.marginChanges.filter(
    (change) =>
      change.account === call.account &&
      change.instrument === instrument &&
      (type === undefined || (type === 1) === change.qty > zero) &&
      isWithin(window, change.at),
  );
  return page(call, rows, { first: window.from !== undefined }).map((change) => ({
    symbol,
    type: change.qty > zero ? 1 : 2,
    deltaType: change.why,
    amount: money(abs(change.qty)),
    asset: quote,
    time: change.at,
    positionSide: change.position_side,
  }));
}

export const umHistoryRoutes: Routes = {
  "GET /fapi/v1/allOrders": signed(5, allOrders),
  "GET /fapi/v1/userTrades": signed(5, userTrades),
  "GET /fapi/v1/orderAmendment": signed(1, orderAmendments),
  "GET /fapi/v1/forceOrders": signed((params) => (params.has("symbol") ? 20 : 50), forceOrders),
  "GET /fapi/v1/income": signed(30, income),
  "GET /fapi/v1/positionMargin/history": signed(1, marginHistory),
};
