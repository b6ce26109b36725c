/** USDⓈ-M order endpoints: place, modify, cancel, ask, list. Conditional orders are sent to the algo endpoints. */
import { zero } from "../../../shared/domain/money.ts";
import type { PositionSide } from "../../../shared/engine/facts.ts";
import { modify, setCountdown } from "../../../shared/engine/futures-orders.ts";
import { isOpen, type VenueOrder } from "../../../shared/engine/state.ts";
import { type Call, maybeListing, mustListing, type Routes, referencePrice, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters } from "./filters.ts";
import { sideOf } from "./order-fields.ts";
import { umOrder } from "./um-format.ts";
import { limitOf, priceMatchOf, readOrder } from "./um-order-read.ts";

const COUNTDOWN_MS_MAX = 2_147_483_647;

/** RESULT tells how it stands after matching; ACK how it stood when it was taken. */
export function placeOrder(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = readOrder(call, listing);
  const { exchange } = call.desk;
  const order = exchange.run(call.now, () => exchange.place(asked));
  const said = umOrder(exchange.state, order);
  if (call.params.text("newOrderRespType") === "RESULT") return said;
  const none = umOrder(exchange.state, { ...order, filled: zero, quote_filled: zero, status: "NEW" });
  return { ...none, updateTime: order.created_at };
}

/** Checked as an order is, and not placed: margin and book are not asked. */
function testOrder(call: Call): unknown {
  const { stp = "NONE", reduce_only = false, ...asked } = readOrder(call, mustListing(call, "FUT"));
  const { position_side: hedged, good_till, price_match } = asked;
  const position_side: PositionSide = hedged ?? "BOTH";
  const untaken = { order_id: 0, status: "NEW", filled: zero, quote_filled: zero, forced: false } as const;
  const terms = { ...asked, stp, reduce_only, close_position: false, position_side, good_till, price_match };
  const times = { algo_id: undefined, created_at: call.now, updated_at: call.now };
  return umOrder(call.desk.exchange.state, { ...terms, ...untaken, ...times });
}

export function findOrder(call: Call): VenueOrder | undefined {
  const listing = mustListing(call, "FUT");
  const order_id = call.params.int("orderId");
  const client_id = call.params.text("origClientOrderId");
  if (order_id === undefined && client_id === undefined) throw errors.mandatory("orderId");
  const order = call.desk.exchange.find(call.account, "FUT", order_id === undefined ? { client_id } : { order_id });
  return order?.instrument === listing.instrument ? order : undefined;
}

export function modifyOrder(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const side = sideOf(call.params);
  const order = findOrder(call);
  if (!order || !isOpen(order)) throw errors.noOrder();
  if (order.side !== side) throw errors.invalid("side");
  const qty = call.params.mustAmount("quantity");
  const price = limitOf(call, listing, { side, match: priceMatchOf(call.params, true) });
  const reference = referencePrice(call.desk, listing);
  checkFilters(listing, { side, price, qty, reduceOnly: order.reduce_only, reference });
  const { exchange } = call.desk;
  const changed = exchange.run(call.now, () => modify(exchange, order, { price, qty }));
  return umOrder(exchange.state, changed);
}

export function cancelOrder(call: Call): unknown {
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
    for (const order of exchange.state.openOrders(call.account, { instrument })) {
      if (isOpen(order)) exchange.end(order, "canceled");
    }
  });
  return { code: 200, msg: "The operation of cancel all open order is done." };
}

/** A heartbeat: without another one in time, the symbol's orders are cancelled; zero stops it. */
function countdown(call: Call): unknown {
  const { instrument, symbol } = mustListing(call, "FUT");
  const forMs = call.params.int("countdownTime");
  if (forMs === undefined) throw errors.mandatory("countdownTime");
  if (forMs > COUNTDOWN_MS_MAX) throw errors.invalid("countdownTime");
  const { exchange } = call.desk;
  exchange.run(call.now, () => setCountdown(exchange, { account: call.account, instrument }, forMs));
  return { symbol, countdownTime: String(forMs) };
}

export const umOrderRoutes: Routes = {
  "POST /fapi/v1/order": signed(0, placeOrder),
  "POST /fapi/v1/order/test": signed(0, testOrder),
  "PUT /fapi/v1/order": signed(0, modifyOrder),
  "GET /fapi/v1/order": signed(1, getOrder),
  "DELETE /fapi/v1/order": signed(1, cancelOrder),
  "GET /fapi/v1/openOrder": signed(1, getOpenOrder),
  "GET /fapi/v1/openOrders": signed((params) => (params.has("symbol") ? 1 : 40), openOrders),
  "DELETE /fapi/v1/allOpenOrders": signed(1, cancelAll),
  "POST /fapi/v1/countdownCancelAll": signed(10, countdown),
};
