/** Spot order lists: OCO in its new and its old form, OTO, OTOCO, OPO, OPOCO, and asking for and cancelling them. */
import { type Amount, zero } from "../../../shared/domain/money.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { ListKind } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { cancelList, placeOco, placeTriggered } from "../../../shared/engine/lists.ts";
import type { VenueList } from "../../../shared/engine/state.ts";
import { type Call, mustListing, type Routes, referencePrice, signed } from "./desk.ts";
import { BinanceError, errors } from "./errors.ts";
import { madeClientId, sideOf } from "./order-fields.ts";
import { checkDay } from "./pages.ts";
import { Params } from "./request.ts";
import { checkSpotFilters } from "./spot-filters.ts";
import { listHead, spotCanceledList, spotList } from "./spot-format.ts";
import {
  decimal,
  isStopType,
  legOf,
  readResponseKind,
  readSpotOrder,
  refuseUnread,
  type SpotAsked,
} from "./spot-params.ts";

const PAGE_DEFAULT = 500;
const PAGE_MAX = 1_000;

function quantity({ params }: Call, name: string): Amount {
  const qty = decimal(params, name);
  if (qty === undefined) throw errors.mandatory(name);
  if (qty <= zero) throw new BinanceError(-1013, "Invalid quantity.");
  return qty;
}

function sideNamed({ params }: Call, name: string): Side {
  const side = params.mustText(name);
  if (side !== "BUY" && side !== "SELL") throw errors.side();
  return side;
}

const isLossStop = (type: string): boolean => type.startsWith("STOP_LOSS");

/** Which types may stand above and below the market. */
function checkPairTypes(side: Side, { above, below }: { above: SpotAsked; below: SpotAsked }): void {
  for (const { type } of [above, below]) {
    if (type !== "LIMIT_MAKER" && !isStopType(type)) throw new BinanceError(-1158, "Order type not supported in OCO.");
  }
  if (!isStopType(above.type) && !isStopType(below.type)) {
    throw new BinanceError(-1168, "At least one OCO order must be contingent.");
  }
  const [limitAbove, limitBelow] = [!isStopType(above.type), !isStopType(below.type)];
  if (side === "BUY" && limitAbove) throw new BinanceError(-1165, "A limit order in a buy OCO must be below.");
  if (side === "SELL" && limitBelow) throw new BinanceError(-1166, "A limit order in a sell OCO must be above.");
  if (side === "BUY" && isLossStop(below.type)) {
    throw new BinanceError(-1196, "A stop loss order in a buy OCO must be above.");
  }
  if (side === "SELL" && isLossStop(above.type)) {
    throw new BinanceError(-1197, "A stop loss order in a sell OCO must be below.");
  }
  if (side === "BUY" && above.type.startsWith("TAKE_PROFIT")) {
    throw new BinanceError(-1198, "A take profit order in a buy OCO must be below.");
  }
  if (side === "SELL" && below.type.startsWith("TAKE_PROFIT")) {
    throw new BinanceError(-1199, "A take profit order in a sell OCO must be above.");
  }
}

const listId = (call: Call): string => call.params.clientId("listClientOrderId") ?? madeClientId(call.desk);

interface Pair {
  readonly listing: Listing;
  readonly side: Side;
  readonly qty: Amount;
  readonly above: SpotAsked;
  readonly below: SpotAsked;
}

function sendPair(call: Call, { listing, side, qty, above, below }: Pair): unknown {
  const { params, desk, account, now } = call;
  checkPairTypes(side, { above, below });
  const kind = readResponseKind(params, "RESULT");
  checkSpotFilters(call, [above, below]);
  const { exchange } = desk;
  const oco = { account, instrument: listing.instrument, client_id: listId(call), side, qty };
  const legs = { above: legOf(above), below: legOf(below) };
  const list = exchange.run(now, () => placeOco(exchange, { ...oco, ...legs }, referencePrice(desk, listing)));
  return spotList(exchange.state, list, kind);
}

const LIST = ["side", "quantity", "listClientOrderId"];

function oco(call: Call): unknown {
  refuseUnread(call.params, { prefixes: ["above", "below"], others: LIST });
  const listing = mustListing(call, "SPOT");
  const side = sideOf(call.params);
  const qty = quantity(call, "quantity");
  const leg = (prefix: string): SpotAsked => readSpotOrder(call, { listing, side, prefix, qty });
  return sendPair(call, { listing, side, qty, above: leg("above"), below: leg("below") });
}

const OLD_NAMES = ["price", "trailingDelta", "stopLimitPrice", "stopLimitTimeInForce"];

/** The old form names a limit and a stop, whichever stands above. */
function oldOco(call: Call): unknown {
  const { params } = call;
  refuseUnread(params, { prefixes: ["limit", "stop"], others: [...LIST, ...OLD_NAMES] });
  const listing = mustListing(call, "SPOT");
  const side = sideOf(params);
  const qty = quantity(call, "quantity");
  const stopType = params.has("stopLimitPrice") ? "STOP_LOSS_LIMIT" : "STOP_LOSS";
  const renamed: Record<string, string | undefined> = {
    ...{ limitType: "LIMIT_MAKER", stopType, limitPrice: params.mustText("price") },
    ...{ stopStopPrice: params.mustText("stopPrice"), stopTrailingDelta: params.text("trailingDelta") },
    ...{ stopPrice: params.text("stopLimitPrice"), stopTimeInForce: params.text("stopLimitTimeInForce") },
  };
  const values = new Map(params.map());
  for (const [name, value] of Object.entries(renamed)) {
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }
  const renewed = { ...call, params: new Params(values) };
  const read = (prefix: string): SpotAsked => readSpotOrder(renewed, { listing, side, prefix, qty });
  const [limit, stop] = [read("limit"), read("stop")];
  const [above, below] = side === "SELL" ? [limit, stop] : [stop, limit];
  return sendPair(call, { listing, side, qty, above, below });
}

/** OTO and OTOCO, or with `paid` OPO and OPOCO, whose second orders have no quantity of their own. */
const triggered =
  (kind: Exclude<ListKind, "OCO">) =>
  (call: Call): unknown => {
    const { desk, account, params, now } = call;
    const isPair = kind === "OTOCO" || kind === "OPOCO";
    const prefixes = ["working", ...(isPair ? ["pendingAbove", "pendingBelow"] : ["pending"])];
    refuseUnread(params, { prefixes, others: ["pendingSide", "pendingQuantity", "listClientOrderId"] });
    const listing = mustListing(call, "SPOT");
    const isPaid = kind === "OPO" || kind === "OPOCO";
    const side = sideNamed(call, "workingSide");
    const pending_side = sideNamed(call, "pendingSide");
    const working = readSpotOrder(call, { listing, side, prefix: "working" });
    if (working.type !== "LIMIT" && working.type !== "LIMIT_MAKER") throw errors.type();
    if (isPaid && (side !== "BUY" || pending_side !== "SELL")) throw errors.side();
    const qty = isPaid ? null : quantity(call, "pendingQuantity");
    const read = (prefix: string) => readSpotOrder(call, { listing, side: pending_side, prefix, qty });
    const pending = isPair ? [read("pendingAbove"), read("pendingBelow")] : [read("pending")];
    const [above, below] = pending;
    if (above && below) checkPairTypes(pending_side, { above, below });
    const answer = readResponseKind(params, "RESULT");
    checkSpotFilters(call, [working, ...pending]);
    const { exchange } = desk;
    const list = exchange.run(now, () =>
      placeTriggered(exchange, {
        ...{ account, instrument: listing.instrument, client_id: listId(call), kind, pending_side },
        working: { ...legOf(working), side, qty: working.qty ?? zero },
        pending: pending.map(legOf),
        pending_qty: qty ?? zero,
      }),
    );
    return spotList(exchange.state, list, answer);
  };

function findList({ desk, params, account }: Call, name: string): VenueList | undefined {
  const id = params.int("orderListId");
  const clientId = params.text(name);
  if (id === undefined && clientId === undefined) throw errors.eitherOf(name, "orderListId");
  const { lists } = desk.exchange.state;
  const found =
    id === undefined
      ? [...lists.values()].findLast((list) => list.account === account && list.client_id === clientId)
      : lists.get(id);
  if (found?.account !== account) return undefined;
  return clientId === undefined || found.client_id === clientId ? found : undefined;
}

function cancel(call: Call): unknown {
  const { instrument } = mustListing(call, "SPOT");
  const found = findList(call, "listClientOrderId");
  const { exchange } = call.desk;
  const id = call.params.clientId("newClientOrderId") ?? madeClientId(call.desk);
  const mine = found?.instrument === instrument ? found : undefined;
  return spotCanceledList(
    exchange.state,
    exchange.run(call.now, () => cancelList(exchange, mine, id)),
    id,
  );
}

function get(call: Call): unknown {
  const list = findList(call, "origClientOrderId");
  if (!list) throw new BinanceError(-2018, "Order list does not exist.");
  return listHead(call.desk.exchange.state, list);
}

/** From list `fromId` on, or within the times, oldest first; without either, the newest. */
function all({ desk, params, account }: Call): unknown {
  const { state } = desk.exchange;
  const [from, start, end] = [params.int("fromId"), params.int("startTime"), params.int("endTime")];
  if (from !== undefined && (start !== undefined || end !== undefined)) throw errors.combination();
  checkDay(params);
  const limit = params.limit(PAGE_DEFAULT, PAGE_MAX);
  const rows = [...state.lists.values()].filter(
    (list) =>
      list.account === account &&
      (from === undefined || list.list_id >= from) &&
      (start === undefined || list.created_at >= start) &&
      (end === undefined || list.created_at <= end),
  );
  const page = from === undefined && start === undefined ? rows.slice(-limit) : rows.slice(0, limit);
  return page.map((list) => listHead(state, list));
}

function open({ desk, account }: Call): unknown {
  const { state } = desk.exchange;
  const mine = [...state.openLists.values()].filter((list) => list.account === account);
  return mine.map((list) => listHead(state, list));
}

export const spotListRoutes: Routes = {
  "POST /api/v3/orderList/oco": signed(0, oco),
  "POST /api/v3/order/oco": signed(0, oldOco),
  "POST /api/v3/orderList/oto": signed(0, triggered("OTO")),
  "POST /api/v3/orderList/otoco": signed(0, triggered("OTOCO")),
  "POST /api/v3/orderList/opo": signed(0, triggered("OPO")),
  "POST /api/v3/orderList/opoco": signed(0, triggered("OPOCO")),
  "GET /api/v3/orderList": signed(4, get),
  "DELETE /api/v3/orderList": signed(0, cancel),
  "GET /api/v3/allOrderList": signed(20, all),
  "GET /api/v3/openOrderList": signed(6, open),
};
