/** Spot order and account endpoints: place, cancel, ask and list orders, OCO lists, balances and trades. */
import { type Amount, showFixed, zero } from "../../../shared/domain/money.ts";
import type { MatchType } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { cancelList, placeOco } from "../../../shared/engine/lists.ts";
import type { VenueList, VenueOrder } from "../../../shared/engine/state.ts";
import { type Leg, placeWaiting } from "../../../shared/engine/stops.ts";
import { type Call, maybeListing, mustListing, type Routes, referencePrice, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters, checkSpotPrice } from "./filters.ts";
import { madeClientId, sideOf } from "./order-fields.ts";
import { pageOrders, pageTrades } from "./pages.ts";
import {
  eight,
  listHead,
  spotBalances,
  spotCanceled,
  spotList,
  spotOrder,
  spotPlaced,
  spotTrade,
} from "./spot-format.ts";

const STOPS = new Set<string>(["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]);
const LIMITED = new Set<string>(["LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]);
const TIMED = new Set<string>(["LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]);

function tifOf(call: Call, type: string, name = "timeInForce"): "GTC" | "IOC" | "FOK" {
  if (!TIMED.has(type)) return "GTC";
  const tif = call.params.mustText(name);
  if (tif !== "GTC" && tif !== "IOC" && tif !== "FOK") throw errors.tif();
  return tif;
}

interface Asked {
  listing: Listing;
  type: MatchType;
  side: "BUY" | "SELL";
  tif: "GTC" | "IOC" | "FOK";
  price: Amount | undefined;
  stop: Amount | undefined;
  qty: Amount | undefined;
  quoteQty: Amount | undefined;
  clientId: string;
}

function readOrder(call: Call): Asked {
  const { params, desk } = call;
  const listing = mustListing(call, "SPOT");
  const side = sideOf(params);
  const type = params.mustText("type");
  if (type !== "MARKET" && !LIMITED.has(type) && !STOPS.has(type)) throw errors.type();
  const tif = tifOf(call, type);
  const price = LIMITED.has(type) ? params.mustAmount("price") : undefined;
  if (price === undefined && params.has("price")) throw errors.notRequired("price");
  const stop = STOPS.has(type) ? params.mustAmount("stopPrice") : undefined;
  const quoteQty = type === "MARKET" ? params.amount("quoteOrderQty") : undefined;
  const qty = quoteQty === undefined ? params.mustAmount("quantity") : undefined;
  const reference = referencePrice(desk, listing);
  if (stop !== undefined) checkSpotPrice(listing, stop);
  checkFilters(listing, { side, price, qty, reference });
  if (quoteQty !== undefined && quoteQty < listing.min_notional) throw errors.filter("NOTIONAL");
  const clientId = params.clientId("newClientOrderId") ?? madeClientId(desk);
  return { listing, type: type as MatchType, side, tif, price, stop, qty, quoteQty, clientId };
}

function place(call: Call): unknown {
  const asked = readOrder(call);
  const { exchange } = call.desk;
  const order = exchange.run(call.now, () => send(call, asked));
  const standard = asked.type === "MARKET" || asked.type === "LIMIT" ? "FULL" : "ACK";
  const kind = call.params.text("newOrderRespType") ?? standard;
  if (kind !== "ACK" && kind !== "RESULT" && kind !== "FULL") throw errors.invalid("newOrderRespType");
  return spotPlaced(exchange.state, order, kind);
}

function send({ desk, account }: Call, asked: Asked): VenueOrder {
  const { exchange } = desk;
  const { instrument } = asked.listing;
  const order = { account, instrument, side: asked.side, type: asked.type, tif: asked.tif, client_id: asked.clientId };
  const price = asked.price ?? zero;
  const qty = asked.qty ?? zero;
  if (asked.stop !== undefined) {
    return placeWaiting(exchange, { ...order, price, qty, stop_price: asked.stop }, desk.lastPrice(instrument));
  }
  const quote = asked.quoteQty === undefined ? {} : { quote_qty: asked.quoteQty };
  return exchange.place({ ...order, price, qty, ...quote });
}

function findOrder(call: Call): VenueOrder | undefined {
  const listing = mustListing(call, "SPOT");
  const order_id = call.params.int("orderId");
  const client_id = call.params.text("origClientOrderId");
  if (order_id === undefined && client_id === undefined) throw errors.mandatory("orderId");
  const order = call.desk.exchange.find(call.account, "SPOT", order_id === undefined ? { client_id } : { order_id });
  return order?.instrument === listing.instrument ? order : undefined;
}

function cancel(call: Call): unknown {
  const found = findOrder(call);
  const { exchange } = call.desk;
  const order = exchange.run(call.now, () => exchange.cancel(found));
  return spotCanceled(exchange.state, order, call.params.clientId("newClientOrderId") ?? madeClientId(call.desk));
}

function cancelAll(call: Call): unknown {
  const { instrument } = mustListing(call, "SPOT");
  const { exchange } = call.desk;
  const open = exchange.state.openOrders(call.account, { instrument });
  if (open.length === 0) throw errors.unknownOrder();
  exchange.run(call.now, () => {
    for (const order of open) if (exchange.state.open.has(order.order_id)) exchange.end(order, "canceled");
  });
  return open.map((order) => spotCanceled(exchange.state, order, madeClientId(call.desk)));
}

function get(call: Call): unknown {
  const order = findOrder(call);
  if (!order || call.desk.isHidden(order.created_at, call.now)) throw errors.noOrder();
  return spotOrder(call.desk.exchange.state, order);
}

function openOrders(call: Call): unknown {
  const instrument = maybeListing(call, "SPOT")?.instrument;
  const { state } = call.desk.exchange;
  const all = state.openOrders(call.account, { market: "SPOT", ...(instrument ? { instrument } : {}) });
  const open = all.filter((order) => !call.desk.isHidden(order.created_at, call.now));
  return open.map((order) => spotOrder(state, order));
}

function account({ desk, account: name, now, params }: Call): unknown {
  const { state } = desk.exchange;
  const first = desk.listed.find((listing) => listing.market === "SPOT");
  const [maker, taker] = [first?.maker_fee ?? zero, first?.taker_fee ?? zero];
  const rows = spotBalances(state, name).filter(
    (row) => !params.bool("omitZeroBalances") || row.free !== zero || row.locked !== zero,
  );
  return {
    makerCommission: Number(showFixed((maker * 10_000n) as Amount, 0)),
    takerCommission: Number(showFixed((taker * 10_000n) as Amount, 0)),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: eight(maker), taker: eight(taker), buyer: eight(zero), seller: eight(zero) },
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: now,
    accountType: "SPOT",
    balances: rows.map((row) => ({ asset: row.asset, free: eight(row.free), locked: eight(row.locked) })),
    permissions: ["SPOT"],
    uid: 1,
  };
}

/** One leg of /orderList/oco, whose parameters begin with `above` or `below`. */
function readLeg(call: Call, listing: Listing, name: "above" | "below"): Leg {
  const { params, desk } = call;
  const type = params.mustText(`${name}Type`);
  if (type !== "LIMIT_MAKER" && !STOPS.has(type)) throw errors.type();
  const price = LIMITED.has(type) ? params.mustAmount(`${name}Price`) : zero;
  const stop_price = STOPS.has(type) ? params.mustAmount(`${name}StopPrice`) : undefined;
  if (price > 0n) checkSpotPrice(listing, price);
  if (stop_price !== undefined) checkSpotPrice(listing, stop_price);
  const client_id = params.clientId(`${name}ClientOrderId`) ?? madeClientId(desk);
  return { client_id, type: type as MatchType, price, stop_price, tif: tifOf(call, type, `${name}TimeInForce`) };
}

function placeList(call: Call): unknown {
  const { params, desk, account: name } = call;
  const listing = mustListing(call, "SPOT");
  const side = sideOf(params);
  const qty = params.mustAmount("quantity");
  const [above, below] = [readLeg(call, listing, "above"), readLeg(call, listing, "below")];
  for (const leg of [above, below]) checkFilters(listing, { side, price: leg.price || leg.stop_price, qty });
  const client_id = params.clientId("listClientOrderId") ?? madeClientId(desk);
  const oco = { account: name, instrument: listing.instrument, client_id, side, qty, above, below };
  const { exchange } = desk;
  const list = exchange.run(call.now, () => placeOco(exchange, oco, referencePrice(desk, listing)));
  return spotList(exchange.state, list);
}

function findList({ desk, params, account: name }: Call): VenueList | undefined {
  const listId = params.int("orderListId");
  const clientId = params.text("listClientOrderId") ?? params.text("origClientOrderId");
  if (listId === undefined && clientId === undefined) throw errors.mandatory("orderListId");
  const mine = [...desk.exchange.state.lists.values()].filter((list) => list.account === name);
  return mine.findLast((list) => (listId === undefined ? list.client_id === clientId : list.list_id === listId));
}

function cancelOco(call: Call): unknown {
  mustListing(call, "SPOT");
  const found = findList(call);
  const { exchange } = call.desk;
  return spotList(
    exchange.state,
    exchange.run(call.now, () => cancelList(exchange, found)),
  );
}

function getList(call: Call): unknown {
  const list = findList(call);
  if (!list) throw errors.noOrder();
  return listHead(call.desk.exchange.state, list);
}

function openLists({ desk, account: name }: Call): unknown {
  const { state } = desk.exchange;
  const open = [...state.lists.values()].filter((list) => list.account === name && !list.done);
  return open.map((list) => listHead(state, list));
}

export const spotRoutes: Routes = {
  "POST /api/v3/order": signed(0, place),
  "GET /api/v3/order": signed(4, get),
  "DELETE /api/v3/order": signed(0, cancel),
  "GET /api/v3/openOrders": signed(6, openOrders),
  "DELETE /api/v3/openOrders": signed(0, cancelAll),
  "GET /api/v3/allOrders": signed(20, (call) =>
    pageOrders(call, mustListing(call, "SPOT")).map((order) => spotOrder(call.desk.exchange.state, order)),
  ),
  "GET /api/v3/myTrades": signed(20, (call) =>
    pageTrades(call, mustListing(call, "SPOT")).map((trade) => spotTrade(call.desk.exchange.state, trade)),
  ),
  "GET /api/v3/account": signed(20, account),
  "POST /api/v3/orderList/oco": signed(0, placeList),
  "GET /api/v3/orderList": signed(4, getList),
  "DELETE /api/v3/orderList": signed(0, cancelOco),
  "GET /api/v3/openOrderList": signed(6, openLists),
};
