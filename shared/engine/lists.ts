/** Spot orders that wait for a price, alone or as a leg of an OCO list: take profit and stop, where one ends the other. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, max, mul, show, toSteps, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { mustOrder } from "./apply.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { MatchType, OrderTerms } from "./facts.ts";
import { isOpen, type VenueList, type VenueOrder } from "./state.ts";

export interface Leg {
  readonly client_id: string;
  readonly type: MatchType;
  /** Zero for legs that go to market. */
  readonly price: Amount;
  /** Set for stop legs, not for LIMIT_MAKER. */
  readonly stop_price?: Amount | undefined;
  readonly tif: "GTC" | "IOC" | "FOK";
}

export interface WaitingOrder extends Leg {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly qty: Amount;
}

export interface PlaceOco {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly qty: Amount;
  readonly above: Leg;
  readonly below: Leg;
}

/** BUY stops and SELL profits wait above the market, the others below. */
export function waitsAbove({ type, side }: { type: MatchType; side: Side }): boolean {
  return type.startsWith("STOP_LOSS") === (side === "BUY");
}

const isStop = (leg: Leg): boolean => leg.stop_price !== undefined;
/** What a leg may cost per unit: its limit, or its stop where it goes to market. */
const worst = (leg: Leg): Amount => (leg.price > 0n ? leg.price : (leg.stop_price ?? zero));

function holdFor(exchange: Exchange, order: { instrument: InstrumentId; side: Side; qty: Amount }, price: Amount) {
  const { base, quote } = exchange.state.listing(order.instrument);
  const hold = order.side === "SELL" ? { asset: base, qty: order.qty } : { asset: quote, qty: mul(price, order.qty) };
  return hold;
}

function termsOf(order: WaitingOrder, ids: { order_id: number; list_id?: number }): OrderTerms {
  const { account, instrument, side, client_id, type, tif } = order;
  return {
    ...ids,
    client_id,
    account,
    instrument,
    side,
    type,
    tif,
    price: show(order.price),
    qty: show(order.qty),
    reduce_only: false,
    close_position: false,
    ...(order.stop_price === undefined ? {} : { stop_price: show(order.stop_price) }),
  };
}

function checkNew(exchange: Exchange, account: string, clientIds: readonly string[]): void {
  const open = exchange.state.openOrders(account, { market: "SPOT" });
  const repeated = new Set(clientIds).size < clientIds.length;
  if (repeated || open.some((order) => clientIds.includes(order.client_id))) throw new Refusal("DUPLICATE_ID");
}

/** Keeps a single stop or take-profit order until `last` reaches it. Throws a Refusal WOULD_TRIGGER, NO_BALANCE or DUPLICATE_ID. */
export function placeWaiting(exchange: Exchange, order: WaitingOrder, last: Amount | undefined): VenueOrder {
  checkNew(exchange, order.account, [order.client_id]);
  if (last !== undefined && isReached(order, last)) throw new Refusal("WOULD_TRIGGER");
  const hold = holdFor(exchange, order, worst(order));
  if (hold.qty > exchange.state.free(order.account, "SPOT", hold.asset)) throw new Refusal("NO_BALANCE");
  const order_id = exchange.state.order_seq + 1;
  const terms = termsOf(order, { order_id });
  exchange.record({ fact: "accepted", order: terms, hold: { asset: hold.asset, qty: show(hold.qty) }, margin: "0" });
  return mustOrder(exchange.state, order_id);
}

function isReached(order: { type: MatchType; side: Side; stop_price?: Amount | undefined }, last: Amount): boolean {
  if (order.stop_price === undefined) return false;
  return waitsAbove(order) ? last >= order.stop_price : last <= order.stop_price;
}

/** Places both legs or neither. Throws a Refusal OCO_PRICES, WOULD_TAKE, NO_BALANCE or DUPLICATE_ID. */
export function placeOco(exchange: Exchange, oco: PlaceOco, last: Amount | undefined): VenueList {
  const { state } = exchange;
  const { account, instrument, side, qty } = oco;
  checkNew(exchange, account, [oco.above.client_id, oco.below.client_id]);
  checkOcoPrices(oco, last);
  const hold = holdFor(exchange, oco, max(worst(oco.above), worst(oco.below)));
  if (hold.qty > state.free(account, "SPOT", hold.asset)) throw new Refusal("NO_BALANCE");
  const list_id = state.list_seq + 1;
  const legs = [oco.above, oco.below].map((leg) => ({ ...leg, account, instrument, side, qty }));
  const ids = legs.map((_, i) => ({ order_id: state.order_seq + 1 + i, list_id }));
  const resting = legs.findIndex((leg) => !isStop(leg));
  const events =
    resting < 0 ? [] : book(exchange, legs[resting] as WaitingOrder, (ids[resting] as { order_id: number }).order_id);
  if (events.some((event) => event.kind === "done")) throw new Refusal("WOULD_TAKE");
  const list = { list_id, client_id: oco.client_id, account, instrument };
  exchange.record({ fact: "list_accepted", list, hold: { asset: hold.asset, qty: show(hold.qty) } });
  legs.forEach((leg, i) => {
    const terms = termsOf(leg, ids[i] as { order_id: number; list_id: number });
    exchange.record({ fact: "accepted", order: terms, hold: null, margin: "0" });
  });
  exchange.settle(instrument, events);
  return state.lists.get(list_id) as VenueList;
}

/** Above must lie above the market and below beneath it, and a list needs at least one stop. */
function checkOcoPrices({ side, above, below }: PlaceOco, last: Amount | undefined): void {
  const trigger = (leg: Leg): Amount => leg.stop_price ?? leg.price;
  if (!isStop(above) && !isStop(below)) throw new Refusal("OCO_PRICES");
  if (isStop(above) && !waitsAbove({ type: above.type, side })) throw new Refusal("OCO_PRICES");
  if (isStop(below) && waitsAbove({ type: below.type, side })) throw new Refusal("OCO_PRICES");
  if (trigger(above) <= trigger(below)) throw new Refusal("OCO_PRICES");
  if (last !== undefined && (trigger(above) <= last || trigger(below) >= last)) throw new Refusal("OCO_PRICES");
}

function book(exchange: Exchange, leg: WaitingOrder | VenueOrder, orderId: number) {
  const { tick, step } = exchange.state.listing(leg.instrument);
  const isMarket = leg.price === zero;
  return exchange.deps.matcher(leg.instrument).place({
    id: String(orderId),
    side: leg.side,
    kind: isMarket ? "market" : "limit",
    ticks: isMarket ? 0 : toSteps(leg.price, tick),
    lots: toSteps(leg.qty, step),
    tif: leg.type === "LIMIT_MAKER" ? "GTX" : leg.tif,
  });
}

/** True when some spot order of the instrument waits for a price. */
export function waits(exchange: Exchange, instrument: InstrumentId): boolean {
  for (const order of exchange.state.open.values()) {
    if (!order.working && order.instrument === instrument) return true;
  }
  return false;
}

/** Sends every waiting order that the last price has reached; the other leg of its list ends first. */
export function activate(exchange: Exchange, instrument: InstrumentId, last: Amount): void {
  for (const order of [...exchange.state.open.values()]) {
    if (order.working || order.instrument !== instrument || !isOpen(order) || !isReached(order, last)) continue;
    exchange.record({ fact: "activated", order_id: order.order_id });
    exchange.endOthers(order, "list");
    if (!canPay(exchange, order)) exchange.record({ fact: "ended", order_id: order.order_id, reason: "no_funds" });
    else exchange.settle(instrument, book(exchange, order, order.order_id));
    exchange.closeList(order);
  }
}

/** A buying stop that goes to market may cost more than was held: the wallet must carry the rest. */
function canPay(exchange: Exchange, order: VenueOrder): boolean {
  if (order.side === "SELL" || order.price > 0n) return true;
  return exchange.canCarry(order);
}

/** Ends both legs. Throws a Refusal UNKNOWN_LIST for one that is done. */
export function cancelList(exchange: Exchange, list: VenueList | undefined): VenueList {
  if (!list || list.done) throw new Refusal("UNKNOWN_LIST");
  const open = list.order_ids.map((id) => mustOrder(exchange.state, id)).filter(isOpen);
  for (const order of open) if (isOpen(order)) exchange.end(order, "canceled");
  for (const order of open.slice(0, 1)) exchange.closeList(order);
  return list;
}
