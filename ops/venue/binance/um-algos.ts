/** USDⓈ-M conditional orders on their own endpoints: stops, take-profits and trailing stops. */
import { type Amount, dec, zero } from "../../../shared/domain/money.ts";
import { cancelAlgo, type PlaceAlgo, placeAlgo } from "../../../shared/engine/algos.ts";
import type { AlgoType, WorkingType } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import type { VenueAlgo } from "../../../shared/engine/state.ts";
import { type Call, markPrice, maybeListing, mustListing, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters, checkFuturesPrice } from "./filters.ts";
import { madeClientId, sideOf } from "./order-fields.ts";
import type { Params } from "./request.ts";
import { umErrors } from "./um-errors.ts";
import { umAlgo } from "./um-format.ts";
import { goodTillOf, positionSideOf, priceMatchOf, reduceOnlyOf, stpOf, tifOf } from "./um-order-read.ts";

const LIMITS: ReadonlySet<string> = new Set(["STOP", "TAKE_PROFIT"] satisfies AlgoType[]);
const TYPES: ReadonlySet<string> = new Set([
  ...LIMITS,
  ...(["STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"] satisfies AlgoType[]),
]);
/** Percent. */
const CALLBACK_MIN = dec("0.1");
const CALLBACK_MAX = dec("10");
const ALL_ALGOS_MAX = 1_000;

type Trigger = Pick<PlaceAlgo, "trigger_price" | "activate_price" | "callback_rate">;

/** `triggerPrice`, or what a trailing stop has in its place. ccxt says `activationPrice` for `activatePrice`. */
function triggerOf({ params }: Call, listing: Listing, { type, side }: Pick<PlaceAlgo, "type" | "side">): Trigger {
  if (type !== "TRAILING_STOP_MARKET") {
    const trigger_price = params.mustAmount("triggerPrice");
    checkFuturesPrice(listing, { side, price: trigger_price });
    return { trigger_price };
  }
  const callback_rate = params.mustAmount("callbackRate");
  if (callback_rate < CALLBACK_MIN || callback_rate > CALLBACK_MAX) throw umErrors.callbackRate();
  const activate_price = params.amount("activatePrice") ?? params.amount("activationPrice");
  if (activate_price === undefined) return { trigger_price: zero, callback_rate };
  if (activate_price <= zero) throw umErrors.activation();
  checkFuturesPrice(listing, { side, price: activate_price });
  return { trigger_price: zero, callback_rate, activate_price };
}

function qtyOf(call: Call, close: boolean): Amount {
  const { params } = call;
  if (!close) return params.mustAmount("quantity");
  if (params.has("quantity")) throw umErrors.closeWithQty();
  return zero;
}

function workingTypeOf(params: Params): WorkingType {
  const working = params.text("workingType") ?? "CONTRACT_PRICE";
  if (working !== "MARK_PRICE" && working !== "CONTRACT_PRICE") throw umErrors.workingType();
  return working;
}

/** Limit, time in force and date of what STOP and TAKE_PROFIT send. */
function sentOf(call: Call, listing: Listing, { type, side }: Pick<PlaceAlgo, "type" | "side">): Partial<PlaceAlgo> {
  const { params } = call;
  const isLimit = LIMITS.has(type);
  const price_match = priceMatchOf(params, isLimit);
  if (!isLimit) return {};
  const tif = params.has("timeInForce") ? tifOf(params) : "GTC";
  const good_till = goodTillOf(call, tif);
  const price = price_match ? zero : params.mustAmount("price");
  if (!price_match) checkFuturesPrice(listing, { side, price });
  return { tif, price, ...(good_till === undefined ? {} : { good_till }), ...(price_match ? { price_match } : {}) };
}

function readAlgo(call: Call, listing: Listing): PlaceAlgo {
  const { params, desk, account } = call;
  if (params.mustText("algoType") !== "CONDITIONAL") throw errors.invalid("algoType");
  const type = params.mustText("type") as AlgoType;
  if (!TYPES.has(type)) throw errors.type();
  const side = sideOf(params);
  const position_side = positionSideOf(call);
  const reduce_only = reduceOnlyOf(call);
  const close_position = params.bool("closePosition");
  if (close_position && (LIMITS.has(type) || type === "TRAILING_STOP_MARKET")) throw umErrors.closeType(type);
  if (close_position && reduce_only) throw errors.notRequired("reduceonly");
  const qty = qtyOf(call, close_position);
  const trigger = triggerOf(call, listing, { type, side });
  // What is least worth trading is asked when it triggers, by the order it sends.
  if (!close_position) checkFilters(listing, { side, qty, reduceOnly: true });
  return {
    ...{ account, instrument: listing.instrument, side, type, qty, reduce_only, close_position, ...trigger },
    client_id: params.clientId("clientAlgoId") ?? madeClientId(desk),
    working_type: workingTypeOf(params),
    price_protect: params.bool("priceProtect"),
    stp: stpOf(params),
    ...sentOf(call, listing, { type, side }),
    ...(position_side === undefined ? {} : { position_side }),
  };
}

function place(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = readAlgo(call, listing);
  const { exchange } = call.desk;
  const watched =
    asked.working_type === "MARK_PRICE" ? markPrice(call.desk, listing) : call.desk.lastPrice(listing.instrument);
  return umAlgo(
    exchange.state,
    exchange.run(call.now, () => placeAlgo(exchange, asked, watched)),
  );
}

function find({ desk, params, account }: Call): VenueAlgo | undefined {
  const { state } = desk.exchange;
  const algoId = params.int("algoId");
  const clientId = params.text("clientAlgoId");
  if (algoId === undefined && clientId === undefined) throw errors.mandatory("algoId");
  const algo = algoId === undefined ? state.algoOfClientId(account, clientId ?? "") : state.algos.get(algoId);
  return algo?.account === account ? algo : undefined;
}

function cancel(call: Call): unknown {
  const { exchange } = call.desk;
  const asked = find(call);
  const algo = exchange.run(call.now, () => cancelAlgo(exchange, asked));
  return { algoId: algo.algo_id, clientAlgoId: algo.client_id, code: "200", msg: "success" };
}

function get(call: Call): unknown {
  const algo = find(call);
  if (!algo || call.desk.isHidden(algo.created_at, call.now)) throw errors.noOrder();
  return umAlgo(call.desk.exchange.state, algo);
}

function cancelAll(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const { exchange } = call.desk;
  exchange.run(call.now, () => {
    for (const algo of [...exchange.state.openAlgos.values()]) {
      if (algo.account === call.account && algo.instrument === instrument) cancelAlgo(exchange, algo);
    }
  });
  return { code: 200, msg: "The operation of cancel all open order is done." };
}

function open(call: Call): unknown {
  const { params } = call;
  const listing = maybeListing(call, "FUT");
  const { state } = call.desk.exchange;
  const algoId = params.int("algoId");
  const mine = [...state.openAlgos.values()].filter(
    (algo) =>
      algo.account === call.account &&
      (!listing || algo.instrument === listing.instrument) &&
      (algoId === undefined || algo.algo_id === algoId),
  );
  return mine.map((algo) => umAlgo(state, algo));
}

function all(call: Call): unknown {
  const { params } = call;
  const listing = mustListing(call, "FUT");
  const [from, start, end] = [params.int("algoId"), params.int("startTime"), params.int("endTime")];
  const limit = params.limit(500, ALL_ALGOS_MAX);
  const { state } = call.desk.exchange;
  const mine = [...state.algos.values()].filter(
    (algo) =>
      algo.account === call.account &&
      algo.instrument === listing.instrument &&
      (from === undefined || algo.algo_id >= from) &&
      (start === undefined || algo.created_at >= start) &&
      (end === undefined || algo.created_at <= end),
  );
  const first = from !== undefined || start !== undefined;
  const skipped = params.has("page") ? Math.max(0, (params.int("page") ?? 1) - 1) * limit : 0;
  const page = first || params.has("page") ? mine.slice(skipped, skipped + limit) : mine.slice(-limit);
  return page.map((algo) => umAlgo(state, algo));
}

export const umAlgoRoutes: Routes = {
  "POST /fapi/v1/algoOrder": signed(0, place),
  "GET /fapi/v1/algoOrder": signed(1, get),
  "DELETE /fapi/v1/algoOrder": signed(1, cancel),
  "DELETE /fapi/v1/algoOpenOrders": signed(1, cancelAll),
  "GET /fapi/v1/openAlgoOrders": signed((params) => (params.has("symbol") ? 1 : 40), open),
  "GET /fapi/v1/allAlgoOrders": signed(5, all),
};
