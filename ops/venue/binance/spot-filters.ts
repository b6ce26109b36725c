/** Spot filters: what a symbol allows in price, quantity, notional and number of orders, as exchangeInfo shows them. */
import { type Amount, add, dec, isOnStep, mul, show } from "../../../shared/domain/money.ts";
import { AMENDS_MAX } from "../../../shared/engine/amend.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { type ExchangeState, isWaiting, remaining, type VenueOrder, walletOf } from "../../../shared/engine/state.ts";
import { type Call, type Desk, referencePrice } from "./desk.ts";
import { errors } from "./errors.ts";
import { eight } from "./spot-format.ts";
import { isStopType, type SpotAsked } from "./spot-params.ts";

const MAX_NOTIONAL = dec("9000000");
const ICEBERG_PARTS_MAX = 100n;
const ORDERS_MAX = 200;
const ALGOS_MAX = 5;
const ICEBERGS_MAX = 5;
const LISTS_MAX = 20;
const TRAILING = { min: 10, max: 2_000 } as const;

/** Throws −1013 with the name of the first filter that fails; a list's orders are counted together. */
export function checkSpotFilters(call: Call, orders: readonly SpotAsked[]): void {
  for (const order of orders) checkOne(call.desk, order);
  const [first] = orders;
  if (first) checkCounts(call, first.listing, orders);
}

function checkOne(desk: Desk, order: SpotAsked): void {
  const { listing, price, stop, qty, iceberg } = order;
  const reference = referencePrice(desk, listing);
  for (const each of [price, stop]) if (each !== undefined) checkPrice(listing, each);
  if (price !== undefined && reference !== undefined) checkPercent(listing, price, reference);
  for (const each of [qty, iceberg]) if (each !== undefined) checkLots(listing, each);
  if (qty !== undefined && iceberg !== undefined && (qty + iceberg - 1n) / iceberg > ICEBERG_PARTS_MAX) {
    throw errors.filter("ICEBERG_PARTS");
  }
  const goesToMarket = price === undefined;
  if (qty !== undefined && goesToMarket && qty > listing.max_market_qty) throw errors.filter("MARKET_LOT_SIZE");
  checkNotional(order, price ?? stop ?? reference);
  checkTrailing(order);
}

function checkPrice(listing: Listing, price: Amount): void {
  const isOff = price < listing.min_price || price > listing.max_price || !isOnStep(price, listing.tick);
  if (isOff) throw errors.filter("PRICE_FILTER");
}

function checkPercent(listing: Listing, price: Amount, reference: Amount): void {
  if (price > mul(reference, listing.price_up) || price < mul(reference, listing.price_down)) {
    throw errors.filter("PERCENT_PRICE_BY_SIDE");
  }
}

export function checkLots(listing: Listing, qty: Amount): void {
  const isOff = qty < listing.min_qty || qty > listing.max_qty || !isOnStep(qty, listing.step);
  if (isOff) throw errors.filter("LOT_SIZE");
}

function checkNotional({ listing, price, qty, quoteQty }: SpotAsked, at: Amount | undefined): void {
  const notional = quoteQty ?? (qty === undefined || at === undefined ? undefined : mul(at, qty));
  if (notional === undefined) return;
  const isTooMuch = price !== undefined && notional > MAX_NOTIONAL;
  if (notional < listing.min_notional || isTooMuch) throw errors.filter("NOTIONAL");
}

function checkTrailing({ trailing }: SpotAsked): void {
  if (trailing === undefined) return;
  if (trailing < TRAILING.min || trailing > TRAILING.max) throw errors.filter("TRAILING_DELTA");
}

function checkCounts({ desk, account }: Call, listing: Listing, orders: readonly SpotAsked[]): void {
  const { state } = desk.exchange;
  const open = state.openOrders(account, { instrument: listing.instrument });
  if (open.length + orders.length > ORDERS_MAX) throw errors.filter("MAX_NUM_ORDERS");
  const stops = orders.filter(({ type }) => isStopType(type)).length;
  if (stops > 0 && open.filter(isStop).length + stops > ALGOS_MAX) throw errors.filter("MAX_NUM_ALGO_ORDERS");
  const icebergs = orders.filter(({ iceberg }) => iceberg !== undefined).length;
  if (icebergs > 0 && open.filter(isIceberg).length + icebergs > ICEBERGS_MAX) {
    throw errors.filter("MAX_NUM_ICEBERG_ORDERS");
  }
  if (orders.length > 1 && openLists(state, account, listing) >= LISTS_MAX) throw errors.filter("MAX_NUM_ORDER_LISTS");
  const buys = orders.reduce((sum, { side, qty }) => (side === "BUY" && qty ? add(sum, qty) : sum), dec("0"));
  const max = listing.max_position;
  if (max !== undefined && buys > 0n && add(positionOf(state, account, listing), buys) > max) {
    throw errors.filter("MAX_POSITION");
  }
}

const isStop = (order: VenueOrder): boolean =>
  isWaiting(order) || (order.status === "PENDING_NEW" && isStopType(order.type));
const isIceberg = (order: VenueOrder): boolean => order.iceberg_qty !== undefined;

function openLists(state: ExchangeState, account: string, { instrument }: Listing): number {
  let open = 0;
  for (const list of state.openLists.values()) {
    if (list.account === account && list.instrument === instrument) open++;
  }
  return open;
}

/** Base balance, free and locked, with what open orders may still buy. */
function positionOf(state: ExchangeState, account: string, { base, instrument }: Listing): Amount {
  const owner = walletOf(account, "SPOT");
  let position = add(state.ledger.balance(owner, "wallet", base), state.ledger.total(owner, "hold", base));
  for (const order of state.openOrders(account, { instrument })) {
    if (order.side === "BUY") position = add(position, remaining(order));
  }
  return position;
}

/** As exchangeInfo shows them; averages over zero minutes are last prices. */
export function spotFilters(listing: Listing): unknown[] {
  const { price_up, price_down } = listing;
  return [
    {
      filterType: "PRICE_FILTER",
      ...{ minPrice: eight(listing.min_price), maxPrice: eight(listing.max_price), tickSize: eight(listing.tick) },
    },
    {
      filterType: "LOT_SIZE",
      ...{ minQty: eight(listing.min_qty), maxQty: eight(listing.max_qty), stepSize: eight(listing.step) },
    },
    { filterType: "ICEBERG_PARTS", limit: Number(ICEBERG_PARTS_MAX) },
    {
      filterType: "MARKET_LOT_SIZE",
      ...{ minQty: "0.00000000", maxQty: eight(listing.max_market_qty), stepSize: "0.00000000" },
    },
    {
      filterType: "TRAILING_DELTA",
      ...{ minTrailingAboveDelta: TRAILING.min, maxTrailingAboveDelta: TRAILING.max },
      ...{ minTrailingBelowDelta: TRAILING.min, maxTrailingBelowDelta: TRAILING.max },
    },
    {
      filterType: "PERCENT_PRICE_BY_SIDE",
      ...{ bidMultiplierUp: show(price_up), bidMultiplierDown: show(price_down) },
      ...{ askMultiplierUp: show(price_up), askMultiplierDown: show(price_down) },
      avgPriceMins: 0,
    },
    {
      filterType: "NOTIONAL",
      ...{ minNotional: eight(listing.min_notional), applyMinToMarket: true },
      ...{ maxNotional: eight(MAX_NOTIONAL), applyMaxToMarket: false, avgPriceMins: 0 },
    },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: ORDERS_MAX },
    { filterType: "MAX_NUM_ORDER_LISTS", maxNumOrderLists: LISTS_MAX },
    { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: ALGOS_MAX },
    { filterType: "MAX_NUM_ICEBERG_ORDERS", maxNumIcebergOrders: ICEBERGS_MAX },
    { filterType: "MAX_NUM_ORDER_AMENDS", maxNumOrderAmends: AMENDS_MAX },
    ...(listing.max_position === undefined
      ? []
      : [{ filterType: "MAX_POSITION", maxPosition: eight(listing.max_position) }]),
  ];
}
