/** Spot order endpoints: place, try, cancel, replace, cut, ask and list orders. */
import { zero } from "../../../shared/domain/money.ts";
import { amendOrder } from "../../../shared/engine/amend.ts";
import { Refusal } from "../../../shared/engine/checks.ts";
import { isOpen, type VenueOrder } from "../../../shared/engine/state.ts";
import { placeWaiting } from "../../../shared/engine/stops.ts";
import { type Call, maybeListing, mustListing, type Routes, referencePrice, signed } from "./desk.ts";
import { BinanceError, errors, refused } from "./errors.ts";
import { madeClientId, sideOf } from "./order-fields.ts";
import { checkDay, pageOrders } from "./pages.ts";
import { commissionForOrder } from "./spot-commission.ts";
import { checkLots, checkSpotFilters } from "./spot-filters.ts";
import {
  listHead,
  spotAmended,
  spotAmendments,
  spotCanceled,
  spotCanceledList,
  spotOrder,
  spotPlaced,
} from "./spot-format.ts";
import {
  decimal,
  isStopType,
  legOf,
  type ResponseKind,
  readResponseKind,
  readSpotOrder,
  refuseUnread,
  type SpotAsked,
} from "./spot-params.ts";

const WEIGHT_OF_ALL = 80;

/** `others`: what the endpoint reads besides the order. */
function readSingle(call: Call, others: string[] = []): { asked: SpotAsked; kind: ResponseKind } {
  refuseUnread(call.params, { prefixes: [""], others });
  const listing = mustListing(call, "SPOT");
  const asked = readSpotOrder(call, { listing, side: sideOf(call.params), prefix: "" });
  const isPlain = asked.type === "MARKET" || asked.type === "LIMIT";
  const kind = readResponseKind(call.params, isPlain ? "FULL" : "ACK");
  return { asked, kind };
}

function place(call: Call): unknown {
  const { asked, kind } = readSingle(call);
  checkSpotFilters(call, [asked]);
  const { exchange } = call.desk;
  return spotPlaced(
    exchange.state,
    exchange.run(call.now, () => send(call, asked)),
    kind,
  );
}

/** Checks an order without sending it, whether or not it could be paid. */
function tryOrder(call: Call): unknown {
  const { asked } = readSingle(call, ["computeCommissionRates"]);
  checkSpotFilters(call, [asked]);
  return call.params.bool("computeCommissionRates") ? commissionForOrder(call, asked.listing) : {};
}

function send({ desk, account }: Call, asked: SpotAsked): VenueOrder {
  const { exchange } = desk;
  const { instrument } = asked.listing;
  const order = { account, instrument, side: asked.side, qty: asked.qty ?? zero, ...legOf(asked) };
  if (isStopType(asked.type)) return placeWaiting(exchange, order, referencePrice(desk, asked.listing));
  const { client_id, type, tif, price, qty, side } = order;
  return exchange.place({
    ...{ account, instrument, client_id, side, type, tif, price, qty, stp: asked.stp },
    ...(asked.quoteQty === undefined ? {} : { quote_qty: asked.quoteQty }),
    ...(asked.iceberg === undefined ? {} : { iceberg_qty: asked.iceberg }),
    ...(asked.strategyId === undefined ? {} : { strategy_id: asked.strategyId }),
    ...(asked.strategyType === undefined ? {} : { strategy_type: asked.strategyType }),
  });
}

/** By either of two parameters, or by both where they mean the same order. */
function findOrder(call: Call, names: readonly [id: string, clientId: string]): VenueOrder | undefined {
  const listing = mustListing(call, "SPOT");
  const order_id = call.params.int(names[0]);
  const client_id = call.params.text(names[1]);
  if (order_id === undefined && client_id === undefined) throw errors.eitherOf(names[1], names[0]);
  const order = call.desk.exchange.find(
    call.account,
    "SPOT",
    order_id === undefined ? { client_id: client_id ?? "" } : { order_id },
  );
  if (order?.instrument !== listing.instrument) return undefined;
  return client_id === undefined || order.client_id === client_id ? order : undefined;
}
const BY_ORDER = ["orderId", "origClientOrderId"] as const;

function checkRestrictions({ params }: Call, order: VenueOrder | undefined): void {
  const only = params.text("cancelRestrictions");
  if (only === undefined) return;
  if (only !== "ONLY_NEW" && only !== "ONLY_PARTIALLY_FILLED") {
    throw new BinanceError(-1145, "Invalid cancelRestrictions");
  }
  if (order && isOpen(order) && order.status !== only.slice("ONLY_".length)) {
    throw new BinanceError(-2011, "Order was not canceled due to cancel restrictions.");
  }
}

/** One order, or the whole list that it belongs to. */
function cancel(call: Call): unknown {
  const found = findOrder(call, BY_ORDER);
  checkRestrictions(call, found);
  const id = call.params.clientId("newClientOrderId") ?? madeClientId(call.desk);
  const { exchange } = call.desk;
  const order = exchange.run(call.now, () => exchange.cancel(found, id));
  const list = order.list_id === undefined ? undefined : exchange.state.lists.get(order.list_id);
  return list ? spotCanceledList(exchange.state, list, id) : spotCanceled(exchange.state, order, id);
}

/** Lists as one row each, with a report of every order. */
function cancelAll(call: Call): unknown {
  const { instrument } = mustListing(call, "SPOT");
  const { exchange } = call.desk;
  const { state } = exchange;
  const open = state.openOrders(call.account, { instrument });
  if (open.length === 0) throw errors.unknownOrder();
  const id = madeClientId(call.desk);
  exchange.run(call.now, () => {
    for (const order of open) if (state.open.has(order.order_id)) exchange.end(order, "canceled", id);
  });
  const lists = [...new Set(open.map((order) => order.list_id))].flatMap(
    (listId) => state.lists.get(listId ?? -1) ?? [],
  );
  const single = open.filter((order) => order.list_id === undefined);
  return [
    ...single.map((order) => spotCanceled(state, order, id)),
    ...lists.map((list) => spotCanceledList(state, list, id)),
  ];
}

type Tried = { result: "SUCCESS" | "FAILURE"; response: unknown };

/** What a part of a request came to; only Binance's refusals are answers. */
function attempt(run: () => unknown): Tried {
  try {
    return { result: "SUCCESS", response: run() };
  } catch (error) {
    const said = error instanceof Refusal ? refused(error.why, "SPOT") : error;
    if (!(said instanceof BinanceError)) throw said;
    return { result: "FAILURE", response: { code: said.code, msg: said.message } };
  }
}

const REPLACING = [
  ...["cancelReplaceMode", "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId", "cancelRestrictions"],
  "orderRateLimitExceededMode",
];

/** Parameters and filters are checked before anything is cancelled. */
function cancelReplace(call: Call): unknown {
  const { params, desk } = call;
  const { asked, kind } = readSingle(call, REPLACING);
  const mode = params.mustText("cancelReplaceMode");
  if (mode !== "STOP_ON_FAILURE" && mode !== "ALLOW_FAILURE") throw errors.invalid("cancelReplaceMode");
  const found = findOrder(call, ["cancelOrderId", "cancelOrigClientOrderId"]);
  const id = params.clientId("cancelNewClientOrderId") ?? madeClientId(desk);
  checkSpotFilters(call, [asked]);
  const { exchange } = desk;
  return exchange.run(call.now, () => {
    const cancelled = attempt(() => {
      checkRestrictions(call, found);
      return spotCanceled(exchange.state, exchange.cancel(found, id), id);
    });
    const isStopped = cancelled.result === "FAILURE" && mode === "STOP_ON_FAILURE";
    const placed = isStopped ? undefined : attempt(() => spotPlaced(exchange.state, send(call, asked), kind));
    return replaced(cancelled, placed);
  });
}

function replaced(cancelled: Tried, placed: Tried | undefined): unknown {
  const data = {
    cancelResult: cancelled.result,
    newOrderResult: placed?.result ?? "NOT_ATTEMPTED",
    cancelResponse: cancelled.response,
    newOrderResponse: placed?.response ?? null,
  };
  if (cancelled.result === "SUCCESS" && placed?.result === "SUCCESS") return data;
  const isPartial = cancelled.result === "SUCCESS" || placed?.result === "SUCCESS";
  if (isPartial) return { failed: new BinanceError(-2021, "Order cancel-replace partially failed.", 409, data) };
  return { failed: new BinanceError(-2022, "Order cancel-replace failed.", 400, data) };
}

function amend(call: Call): unknown {
  const order = findOrder(call, BY_ORDER);
  const { params, desk } = call;
  const qty = decimal(params, "newQty");
  if (qty === undefined) throw errors.mandatory("newQty");
  if (qty <= zero) throw new BinanceError(-1013, "Invalid quantity.");
  const client_id = params.clientId("newClientOrderId") ?? madeClientId(desk);
  const { exchange } = desk;
  if (order && qty < order.qty) checkLots(exchange.state.listing(order.instrument), qty);
  const before = order?.client_id ?? "";
  const cut = exchange.run(call.now, () => amendOrder(exchange, order, { qty, client_id }));
  const list = cut.list_id === undefined ? undefined : exchange.state.lists.get(cut.list_id);
  return {
    transactTime: cut.updated_at,
    executionId: exchange.state.amendments.length,
    amendedOrder: spotAmended(exchange.state, cut, before),
    ...(list ? { listStatus: listHead(exchange.state, list) } : {}),
  };
}

function get(call: Call): unknown {
  const order = findOrder(call, BY_ORDER);
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

function allOrders(call: Call): unknown {
  const listing = mustListing(call, "SPOT");
  checkDay(call.params);
  return pageOrders(call, listing).map((order) => spotOrder(call.desk.exchange.state, order));
}

function amendments(call: Call): unknown {
  const { instrument } = mustListing(call, "SPOT");
  const orderId = call.params.int("orderId");
  if (orderId === undefined) throw errors.mandatory("orderId");
  const order = call.desk.exchange.find(call.account, "SPOT", { order_id: orderId });
  if (order?.instrument !== instrument) throw errors.noOrder();
  const from = call.params.int("fromExecutionId") ?? 0;
  return spotAmendments(call.desk.exchange.state, order, { from, limit: call.params.limit(500, 1_000) });
}

/** An answer that is an error after all: what the request did stays done. */
const orThrow =
  (run: (call: Call) => unknown) =>
  (call: Call): unknown => {
    const answer = run(call) as { failed?: BinanceError };
    if (answer.failed) throw answer.failed;
    return answer;
  };

export const spotRoutes: Routes = {
  "POST /api/v3/order": signed(0, place),
  "POST /api/v3/order/test": signed((params) => (params.has("computeCommissionRates") ? 20 : 1), tryOrder),
  "GET /api/v3/order": signed(4, get),
  "DELETE /api/v3/order": signed(0, cancel),
  "POST /api/v3/order/cancelReplace": signed(0, orThrow(cancelReplace)),
  "PUT /api/v3/order/amend/keepPriority": signed(4, amend),
  "GET /api/v3/order/amendments": signed(4, amendments),
  "GET /api/v3/openOrders": signed((params) => (params.has("symbol") ? 6 : WEIGHT_OF_ALL), openOrders),
  "DELETE /api/v3/openOrders": signed(0, cancelAll),
  "GET /api/v3/allOrders": signed(20, allOrders),
};
