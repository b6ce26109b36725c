/** USDⓈ-M order endpoints: place, cancel, ask, list. Conditional orders are sent to the algo endpoints. */
import { type Amount, zero } from "../../../shared/domain/money.ts";
import type { PlaceOrder } from "../../../shared/engine/checks.ts";
import type { Tif } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { isOpen, type VenueOrder } from "../../../shared/engine/state.ts";
import { type Call, maybeListing, mustListing, type Routes, referencePrice, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters } from "./filters.ts";
import { checkPositionSide, madeClientId, sideOf } from "./order-fields.ts";
import { pageOrders, pageTrades } from "./pages.ts";
import type { Params } from "./request.ts";
import { umOrder, umTrade } from "./um-format.ts";

const CONDITIONAL = new Set(["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]);
const TIFS = new Set(["GTC", "IOC", "FOK", "GTX"]);

function tifOf(params: Params): Tif {
  const tif = params.mustText("timeInForce");
  if (!TIFS.has(tif)) throw errors.tif();
  return tif as Tif;
}

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

function getOpenOrder(call: Call): unknown {
  const order = findOrder(call);
  if (!order || !isOpen(order) || call.desk.isHidden(order.created_at, call.now)) throw errors.noOrder();
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

function allOrders(call: Call): unknown {
  return pageOrders(call, mustListing(call, "FUT")).map((order) => umOrder(call.desk.exchange.state, order));
}

function userTrades(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  return pageTrades(call, listing).map((trade) => umTrade(call.desk.exchange.state, trade));
}

export const umOrderRoutes: Routes = {
  "POST /fapi/v1/order": signed(0, placeOrder),
  "GET /fapi/v1/order": signed(1, getOrder),
  "DELETE /fapi/v1/order": signed(1, cancelOrder),
  "GET /fapi/v1/openOrder": signed(1, getOpenOrder),
  "GET /fapi/v1/openOrders": signed(1, openOrders),
  "DELETE /fapi/v1/allOpenOrders": signed(1, cancelAll),
  "GET /fapi/v1/allOrders": signed(5, allOrders),
  "GET /fapi/v1/userTrades": signed(5, userTrades),
};
