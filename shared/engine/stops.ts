/** Spot orders that wait for a price: stops, take-profits, and those that trail the market by some basis points. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, dec, div, mul, show, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { mustOrder } from "./apply.ts";
import { Refusal, spotMarketCost } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { MatchType, OrderTerms } from "./facts.ts";
import { closeList, endOthers, work } from "./legs.ts";
import type { StpMode } from "./matcher.ts";
import { isOpen, isWaiting, type VenueOrder } from "./state.ts";

/** One order of a list, or a single one that waits. */
export interface Leg {
  readonly client_id: string;
  readonly type: MatchType;
  /** Zero for legs that go to market. */
  readonly price: Amount;
  /** The price it waits for; with `trailing_delta` the one from which it follows the market. */
  readonly stop_price?: Amount | undefined;
  /** Basis points. */
  readonly trailing_delta?: number | undefined;
  readonly tif: "GTC" | "IOC" | "FOK";
  readonly iceberg_qty?: Amount | undefined;
  readonly stp?: StpMode | undefined;
  readonly strategy_id?: number | undefined;
  readonly strategy_type?: number | undefined;
}

export interface WaitingOrder extends Leg {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly qty: Amount;
}

/** BUY stops and SELL profits wait above the market, the others below. */
export function waitsAbove({ type, side }: { type: MatchType; side: Side }): boolean {
  return type.startsWith("STOP_LOSS") === (side === "BUY");
}

/** What an order sets aside: at its limit, at its stop where it goes to market, or at what the book asks now. */
export function holdFor(exchange: Exchange, order: WaitingOrder): { asset: string; qty: Amount } {
  const listing = exchange.state.listing(order.instrument);
  if (order.side === "SELL") return { asset: listing.base, qty: order.qty };
  const price = order.price > 0n ? order.price : (order.stop_price ?? zero);
  if (price > 0n) return { asset: listing.quote, qty: mul(price, order.qty) };
  return spotMarketCost(listing, exchange.deps.matcher(order.instrument), order);
}

export function termsOf(
  order: WaitingOrder,
  ids: { order_id: number; list_id?: number; leads?: true; pending?: true },
): OrderTerms {
  const { account, instrument, side, client_id, type, tif, stop_price, trailing_delta, iceberg_qty } = order;
  const { stp, strategy_id, strategy_type } = order;
  return {
    ...ids,
    ...{ client_id, account, instrument, side, type, tif },
    price: show(order.price),
    qty: show(order.qty),
    reduce_only: false,
    close_position: false,
    ...(stop_price === undefined ? {} : { stop_price: show(stop_price) }),
    ...(trailing_delta === undefined ? {} : { trailing_delta }),
    ...(iceberg_qty === undefined ? {} : { iceberg_qty: show(iceberg_qty) }),
    ...(stp === undefined || stp === "NONE" ? {} : { stp }),
    ...(strategy_id === undefined ? {} : { strategy_id }),
    ...(strategy_type === undefined ? {} : { strategy_type }),
  };
}

/** Keeps a single stop or take-profit order until `last` reaches it. Throws a Refusal WOULD_TRIGGER, NO_BALANCE or DUPLICATE_ID. */
export function placeWaiting(exchange: Exchange, order: WaitingOrder, last: Amount | undefined): VenueOrder {
  checkNew(exchange, order.account, [order.client_id]);
  if (last !== undefined && order.trailing_delta === undefined && isReached(order, last)) {
    throw new Refusal("WOULD_TRIGGER");
  }
  const hold = holdFor(exchange, order);
  if (hold.qty > exchange.state.free(order.account, "SPOT", hold.asset)) throw new Refusal("NO_BALANCE");
  const order_id = exchange.state.order_seq + 1;
  const terms = termsOf(order, { order_id });
  exchange.record({ fact: "accepted", order: terms, hold: { asset: hold.asset, qty: show(hold.qty) }, margin: "0" });
  const placed = mustOrder(exchange.state, order_id);
  if (last !== undefined) follow(exchange, placed, last);
  return placed;
}

/** Throws a Refusal DUPLICATE_ID where an id repeats, or is one of an open order. */
export function checkNew(exchange: Exchange, account: string, clientIds: readonly string[]): void {
  const isRepeated = new Set(clientIds).size < clientIds.length;
  const isTaken = (id: string): boolean => exchange.state.openByClientId(account, "SPOT", id) !== undefined;
  if (isRepeated || clientIds.some(isTaken)) throw new Refusal("DUPLICATE_ID");
}

function isReached(order: { type: MatchType; side: Side; stop_price?: Amount | undefined }, last: Amount): boolean {
  if (order.stop_price === undefined) return false;
  return waitsAbove(order) ? last >= order.stop_price : last <= order.stop_price;
}

/** True when some spot order of the instrument waits for a price. */
export function waits(exchange: Exchange, instrument: InstrumentId): boolean {
  for (const order of exchange.state.open.waitingOn(instrument)) if (isWaiting(order)) return true;
  return false;
}

/** Sends every waiting order that the last price has reached; the other leg of its list ends first. */
export function activate(exchange: Exchange, instrument: InstrumentId, last: Amount): void {
  for (const order of [...exchange.state.open.waitingOn(instrument)]) {
    if (!isOpen(order) || !isWaiting(order)) continue;
    const due = order.trailing_delta === undefined ? isReached(order, last) : hasTurned(exchange, order, last);
    if (!due) continue;
    exchange.record({ fact: "activated", order_id: order.order_id });
    endOthers(exchange, order, "list");
    work(exchange, order);
    closeList(exchange, order);
  }
}

/** A trailing order begins to follow at its stop price, or at once where it has none. */
export function follow(exchange: Exchange, order: VenueOrder, last: Amount): void {
  if (order.trailing_delta === undefined || order.trail !== undefined) return;
  if (order.stop_price === undefined || isReached(order, last)) {
    exchange.record({ fact: "trailed", order_id: order.order_id, price: show(last) });
  }
}

const BASIS = 10_000;

/** Keeps a trailing order's best price; true when the price has come back from it far enough. */
function hasTurned(exchange: Exchange, order: VenueOrder, last: Amount): boolean {
  if (order.trail === undefined) {
    follow(exchange, order, last);
    return false;
  }
  const sells = order.side === "SELL";
  if (sells ? last > order.trail : last < order.trail) {
    exchange.record({ fact: "trailed", order_id: order.order_id, price: show(last) });
    return false;
  }
  const turn = turnPrice(order.trail, order.trailing_delta ?? 0, order.side);
  return sells ? last <= turn : last >= turn;
}

/** Where an order that trails `delta` basis points behind `best` is sent. */
export function turnPrice(best: Amount, delta: number, side: Side): Amount {
  return div(mul(best, dec(side === "SELL" ? BASIS - delta : BASIS + delta)), dec(BASIS), "nearest");
}
