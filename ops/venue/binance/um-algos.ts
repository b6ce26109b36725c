/** USDⓈ-M conditional orders: STOP_MARKET and TAKE_PROFIT_MARKET on their own endpoints. */
import { zero } from "../../../shared/domain/money.ts";
import { cancelAlgo, type PlaceAlgo, placeAlgo } from "../../../shared/engine/algos.ts";
import type { AlgoType, WorkingType } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import type { VenueAlgo } from "../../../shared/engine/state.ts";
import { type Call, markPrice, maybeListing, mustListing, type Routes, signed } from "./desk.ts";
import { BinanceError, errors } from "./errors.ts";
import { checkFilters, checkFuturesPrice } from "./filters.ts";
import { checkPositionSide, madeClientId, sideOf } from "./order-fields.ts";
import { umAlgo } from "./um-format.ts";

const TYPES = new Set(["STOP_MARKET", "TAKE_PROFIT_MARKET"]);
const ALL_ALGOS_MAX = 1_000;

function readAlgo(call: Call, listing: Listing): PlaceAlgo {
  const { params, desk, account } = call;
  if (params.mustText("algoType") !== "CONDITIONAL") throw errors.invalid("algoType");
  const type = params.mustText("type");
  if (!TYPES.has(type)) throw errors.type();
  const side = sideOf(params);
  checkPositionSide(params);
  const trigger_price = params.mustAmount("triggerPrice");
  const close_position = params.bool("closePosition");
  const reduce_only = params.bool("reduceOnly");
  if (close_position && params.has("quantity")) {
    throw new BinanceError(-4137, "Quantity must be zero with closePosition equals true.");
  }
  if (close_position && reduce_only) throw errors.notRequired("reduceonly");
  const qty = close_position ? zero : params.mustAmount("quantity");
  checkFuturesPrice(listing, { side, price: trigger_price });
  if (!close_position) checkFilters(listing, { side, qty, reduceOnly: true });
  const working = params.text("workingType") ?? "CONTRACT_PRICE";
  if (working !== "MARK_PRICE" && working !== "CONTRACT_PRICE") throw errors.invalid("workingType");
  return {
    account,
    instrument: listing.instrument,
    client_id: params.clientId("clientAlgoId") ?? madeClientId(desk),
    side,
    type: type as AlgoType,
    trigger_price,
    working_type: working as WorkingType,
    qty,
    reduce_only,
    close_position,
    price_protect: params.bool("priceProtect"),
  };
}

/** One close-position order a direction and type, as at Binance. */
function checkCloseExists(call: Call, asked: PlaceAlgo): void {
  if (!asked.close_position) return;
  for (const algo of call.desk.exchange.state.openAlgos.values()) {
    const same = algo.account === asked.account && algo.instrument === asked.instrument && algo.side === asked.side;
    if (!same || !algo.close_position || algo.type !== asked.type) continue;
    throw new BinanceError(
      -4130,
      "An open stop or take profit order with GTE and closePosition in the direction is existing.",
    );
  }
}

function place(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = readAlgo(call, listing);
  checkCloseExists(call, asked);
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
  const listing = maybeListing(call, "FUT");
  const { state } = call.desk.exchange;
  const mine = [...state.openAlgos.values()].filter(
    (algo) => algo.account === call.account && (!listing || algo.instrument === listing.instrument),
  );
  return mine.map((algo) => umAlgo(state, algo));
}

function all(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const from = call.params.int("algoId");
  const limit = call.params.limit(500, ALL_ALGOS_MAX);
  const { state } = call.desk.exchange;
  const mine = [...state.algos.values()].filter(
    (algo) =>
      algo.account === call.account &&
      algo.instrument === listing.instrument &&
      (from === undefined || algo.algo_id >= from),
  );
  return (from === undefined ? mine.slice(-limit) : mine.slice(0, limit)).map((algo) => umAlgo(state, algo));
}

export const umAlgoRoutes: Routes = {
  "POST /fapi/v1/algoOrder": signed(0, place),
  "GET /fapi/v1/algoOrder": signed(1, get),
  "DELETE /fapi/v1/algoOrder": signed(1, cancel),
  "DELETE /fapi/v1/algoOpenOrders": signed(1, cancelAll),
  "GET /fapi/v1/openAlgoOrders": signed(1, open),
  "GET /fapi/v1/allAlgoOrders": signed(5, all),
};
