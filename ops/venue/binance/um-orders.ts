/** USDⓈ-M order endpoints: place, cancel, ask, list. Conditional orders are sent to the algo endpoints. */
import { type Amount, zero } from "../../../shared/domain/money.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { PlaceOrder } from "../../../shared/engine/checks.ts";
import type { Tif } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import type { VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { type Call, type Desk, maybeListing, mustListing, type Route, type Routes, referencePrice } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters } from "./filters.ts";
import type { Params } from "./request.ts";
import { umOrder, umTrade } from "./um-format.ts";

const CONDITIONAL = new Set(["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]);
const TIFS = new Set(["GTC", "IOC", "FOK", "GTX"]);
const ALL_ORDERS_MAX = 1_000;

export function sideOf(params: Params): Side {
  const side = params.mustText("side");
  if (side !== "BUY" && side !== "SELL") throw errors.side();
  return side;
}

function tifOf(params: Params): Tif {
  const tif = params.mustText("timeInForce");
  if (!TIFS.has(tif)) throw errors.tif();
  return tif as Tif;
}

/** One-way mode knows only BOTH. */
export function checkPositionSide(params: Params): void {
  const side = params.text("positionSide") ?? "BOTH";
  if (side !== "BOTH") throw errors.positionSide();
}

const CLIENT_ID_BYTES = 11;
export const madeClientId = (desk: Desk): string =>
  `web_${Buffer.from(desk.random.bytes(CLIENT_ID_BYTES)).toString("hex")}`.slice(0, 22);

function readOrder(call: Call, listing: Listing): PlaceOrder {
  const { desk, params, account } = call;
  const type = params.mustText("type");
  if (CONDITIONAL.has(type)) throw errors.algoSwitch();
  if (type !== "LIMIT" && type !== "MARKET") throw errors.type();
  const side = sideOf(params);
  checkPositionSide(params);
  const tif = type === "LIMIT" ? tifOf(params) : "GTC";
  const reduceOnly = params.bool("reduceOnly");
  const qty = params.mustAmount("quantity");
  const price = type === "LIMIT" ? params.mustAmount("price") : undefined;
  if (type === "MARKET" && params.has("price")) throw errors.notRequired("price");
  checkFilters(listing, { side, price, qty, reduceOnly, reference: referencePrice(desk, listing) });
  return {
    account,
    instrument: listing.instrument,
    client_id: params.clientId("newClientOrderId") ?? madeClientId(desk),
    side,
    type,
    tif,
    price: price ?? (zero as Amount),
    qty,
    reduce_only: reduceOnly,
  };
}

/** RESULT tells how it stands after matching; ACK how it stood when it was taken. */
function placeOrder(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = readOrder(call, listing);
  const { exchange } = call.desk;
  const order = exchange.run(call.now, () => exchange.place(asked));
  const said = umOrder(exchange.state, order);
  if (call.params.text("newOrderRespType") === "RESULT") return said;
  const none = umOrder(exchange.state, { ...order, filled: zero, quote_filled: zero, status: "NEW" });
  return { ...none, updateTime: order.created_at };
}

function findOrder(call: Call): VenueOrder | undefined {
  const listing = mustListing(call, "FUT");
  const order_id = call.params.int("orderId");
  const client_id = call.params.text("origClientOrderId");
  if (order_id === undefined && client_id === undefined) throw errors.mandatory("orderId");
  const order = call.desk.exchange.find(call.account, "FUT", order_id === undefined ? { client_id } : { order_id });
  return order?.instrument === listing.instrument ? order : undefined;
}

function cancelOrder(call: Call): unknown {
  const order = findOrder(call);
  const { exchange } = call.desk;
  return umOrder(
    exchange.state,
    exchange.run(call.now, () => exchange.cancel(order)),
  );
}

function getOrder(call: Call): unknown {
  const order = findOrder(call);
  if (!order || call.desk.isHidden(order.created_at, call.now)) throw errors.noOrder();
  return umOrder(call.desk.exchange.state, order);
}

function openOrders(call: Call): unknown {
  const instrument = maybeListing(call, "FUT")?.instrument;
  const { state } = call.desk.exchange;
  const all = state.openOrders(call.account, { market: "FUT", ...(instrument ? { instrument } : {}) });
  const open = all.filter((order) => !call.desk.isHidden(order.created_at, call.now));
  return open.map((order) => umOrder(state, order));
}

function cancelAll(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const { exchange } = call.desk;
  exchange.run(call.now, () => {
    for (const order of exchange.state.openOrders(call.account, { instrument })) exchange.end(order, "canceled");
  });
  return { code: 200, msg: "The operation of cancel all open order is done." };
}

/** From `orderId` on, or within the times, oldest first; without either, the newest. */
export function pageOrders(call: Call, listing: Listing): VenueOrder[] {
  const { params } = call;
  const [from, start, end] = [params.int("orderId"), params.int("startTime"), params.int("endTime")];
  const limit = params.limit(500, ALL_ORDERS_MAX);
  const rows = call.desk.exchange.state
    .ordersOf(call.account, listing.instrument)
    .filter(
      (order) =>
        (from === undefined || order.order_id >= from) &&
        (start === undefined || order.created_at >= start) &&
        (end === undefined || order.created_at <= end),
    );
  return from === undefined && start === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}

function allOrders(call: Call): unknown {
  return pageOrders(call, mustListing(call, "FUT")).map((order) => umOrder(call.desk.exchange.state, order));
}

/** From trade `fromId` on, or within the times, oldest first; without either, the newest. */
export function pageTrades(call: Call, listing: Listing): VenueTrade[] {
  const { params } = call;
  const [from, orderId] = [params.int("fromId"), params.int("orderId")];
  const [start, end] = [params.int("startTime"), params.int("endTime")];
  const limit = params.limit(500, ALL_ORDERS_MAX);
  const rows = call.desk.exchange.state
    .tradesOf(call.account, listing.instrument)
    .filter(
      (trade) =>
        (from === undefined || trade.trade_id >= from) &&
        (orderId === undefined || trade.order_id === orderId) &&
        (start === undefined || trade.at >= start) &&
        (end === undefined || trade.at <= end),
    );
  return from === undefined && start === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}

function userTrades(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  return pageTrades(call, listing).map((trade) => umTrade(call.desk.exchange.state, trade));
}

const signed = (weight: number, run: Route["run"]): Route => ({ security: "signed", weight, run });

export const umOrderRoutes: Routes = {
  "POST /fapi/v1/order": signed(0, placeOrder),
  "GET /fapi/v1/order": signed(1, getOrder),
  "DELETE /fapi/v1/order": signed(1, cancelOrder),
  "GET /fapi/v1/openOrders": signed(1, openOrders),
  "DELETE /fapi/v1/allOpenOrders": signed(1, cancelAll),
  "GET /fapi/v1/allOrders": signed(5, allOrders),
  "GET /fapi/v1/userTrades": signed(5, userTrades),
};
