/** What an order must bring before the exchange takes it: funds to hold, margin to keep free, something to reduce. */
import { type InstrumentId, marketOf } from "../domain/instrument.ts";
import { type Amount, abs, add, max, min, mul, sub, toSteps, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import type { EndReason, MatchType, Tif } from "./facts.ts";
import { initialMargin, signOf, unrealised } from "./futures.ts";
import { type Listing, priceOf, qtyOf } from "./listing.ts";
import type { Matcher } from "./matcher.ts";
import { type ExchangeState, remaining, type VenueOrder } from "./state.ts";

export type Refused =
  | "DUPLICATE_ID"
  | "NO_BALANCE"
  | "NO_MARGIN"
  | "REDUCE_ONLY"
  | "WOULD_TRIGGER"
  | "WOULD_TAKE"
  | "FOK"
  | "NO_DEPTH"
  | "LEVERAGE"
  | "MAX_POSITION"
  | "UNKNOWN_ORDER"
  | "UNKNOWN_LIST"
  | "NO_CHANGE"
  | "HAS_POSITION"
  | "HAS_ORDERS"
  | "TOO_MANY"
  | "OCO_PRICES";

/** The exchange says no; nothing has changed. */
export class Refusal extends Error {
  readonly why: Refused;
  constructor(why: Refused) {
    super(why);
    this.name = "Refusal";
    this.why = why;
  }
}

export interface PlaceOrder {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly type: MatchType;
  readonly tif: Tif;
  readonly price: Amount;
  readonly qty: Amount;
  readonly quote_qty?: Amount;
  readonly reduce_only?: boolean;
  readonly close_position?: boolean;
  readonly algo_id?: number;
  readonly forced?: boolean;
}

const SWEEP_LEVELS_MAX = 1_000;

/** What a taker of `lots` would find: how many it gets, for how much, and the last price it touches. */
export function sweep(matcher: Matcher, listing: Listing, want: { side: Side; lots?: number; spend?: Amount }) {
  const depth = matcher.depth(SWEEP_LEVELS_MAX);
  let lots = 0;
  let value = zero;
  let worst = zero;
  for (const [ticks, there] of want.side === "BUY" ? depth.asks : depth.bids) {
    const price = priceOf(listing, ticks);
    let take = there;
    if (want.lots !== undefined) take = Math.min(take, want.lots - lots);
    if (want.spend !== undefined) {
      const affordable = sub(want.spend, value) / mul(price, listing.step);
      if (affordable < BigInt(take)) take = Number(affordable);
    }
    if (take <= 0) break;
    lots += take;
    value = add(value, mul(price, qtyOf(listing, take)));
    worst = price;
  }
  return { lots, value, worst };
}

/** What a spot order must set aside; nothing for MARKET, which pays from the wallet as it fills. */
export function decideSpotHold(listing: Listing, order: PlaceOrder): { asset: string; qty: Amount } | undefined {
  if (order.type === "MARKET") return undefined;
  if (order.side === "SELL") return { asset: listing.base, qty: order.qty };
  return { asset: listing.quote, qty: mul(order.price, order.qty) };
}

/** What a spot MARKET order will take out of the wallet, by the book as it stands. */
export function spotMarketCost(listing: Listing, matcher: Matcher, order: PlaceOrder): { asset: string; qty: Amount } {
  if (order.side === "SELL") return { asset: listing.base, qty: order.qty };
  const { value } = sweep(matcher, listing, { side: order.side, lots: toSteps(order.qty, listing.step) });
  return { asset: listing.quote, qty: value };
}

/** Quantity of the order that would open or enlarge the position, by itself. */
export function openingQty(state: ExchangeState, order: PlaceOrder): Amount {
  const { qty } = state.position(order.account, order.instrument);
  const opposite = qty !== zero && qty > 0n !== signOf(order.side) > 0n;
  return order.reduce_only ? zero : max(zero, sub(order.qty, opposite ? abs(qty) : zero));
}

/** The largest notional that a leverage allows. */
export const notionalMax = (listing: Listing, leverage: number): Amount =>
  listing.brackets.findLast((bracket) => bracket.leverage_max >= leverage)?.cap ?? zero;

/** Futures margin and taker fee for what the order opens. `available` must cover both; the margin stays reserved. */
export function decideMargin(
  state: ExchangeState,
  matcher: Matcher,
  order: PlaceOrder,
): { margin: Amount; fee: Amount } {
  const listing = state.listing(order.instrument);
  const opening = openingQty(state, order);
  if (opening === zero) return { margin: zero, fee: zero };
  const { leverage } = state.position(order.account, order.instrument);
  const notional =
    order.type === "MARKET"
      ? sweep(matcher, listing, { side: order.side, lots: toSteps(opening, listing.step) }).value
      : mul(order.price, opening);
  const { qty: held, cost } = state.position(order.account, order.instrument);
  const enlarges = held !== zero && held > 0n === signOf(order.side) > 0n;
  if (add(enlarges ? abs(cost) : zero, notional) > notionalMax(listing, leverage)) throw new Refusal("MAX_POSITION");
  return { margin: initialMargin(notional, leverage), fee: mul(notional, listing.taker_fee) };
}

export interface FuturesFunds {
  wallet: Amount;
  /** Unrealised PnL of cross positions. */
  crossPnl: Amount;
  /** Initial margin of cross positions, at mark. */
  crossMargin: Amount;
  orderMargin: Amount;
  available: Amount;
}

/** The futures wallet of an account: what is free of it after cross positions and open orders. */
export function futuresFunds(
  state: ExchangeState,
  account: string,
  markOf: (instrument: InstrumentId) => Amount | undefined,
): FuturesFunds {
  const wallet = state.free(account, "FUT", "USDT");
  let crossPnl = zero;
  let crossMargin = zero;
  for (const position of state.positions.values()) {
    if (position.account !== account || position.qty === zero || position.margin_type === "ISOLATED") continue;
    const mark = markOf(position.instrument);
    const notional = mark === undefined ? abs(position.cost) : abs(mul(position.qty, mark));
    if (mark !== undefined) crossPnl = add(crossPnl, unrealised(position, mark));
    crossMargin = add(crossMargin, initialMargin(notional, position.leverage));
  }
  const orderMargin = state.orderMargin(account);
  const available = max(zero, sub(add(wallet, min(zero, crossPnl)), add(crossMargin, orderMargin)));
  return { wallet, crossPnl, crossMargin, orderMargin, available };
}

/** The quantity a reduce-only order may have now: at most the position; refused when there is none on the other side. */
export function reducibleQty(state: ExchangeState, order: PlaceOrder): Amount {
  const { qty } = state.position(order.account, order.instrument);
  if (qty === zero || qty > 0n === signOf(order.side) > 0n) throw new Refusal("REDUCE_ONLY");
  return order.close_position ? abs(qty) : min(order.qty, abs(qty));
}

/** Reduce-only orders that no longer fit into the position, best priced kept first: these must go. */
export function decideKnockOut(state: ExchangeState, account: string, instrument: InstrumentId): VenueOrder[] {
  const { qty } = state.position(account, instrument);
  const resting = state.openOrders(account, { instrument }).filter((order) => order.reduce_only);
  resting.sort((a, b) => (a.side === "BUY" ? (b.price > a.price ? 1 : -1) : a.price > b.price ? 1 : -1));
  const out: VenueOrder[] = [];
  let left = abs(qty);
  for (const order of resting) {
    const reduces = qty !== zero && qty > 0n !== signOf(order.side) > 0n;
    if (!reduces || remaining(order) > left) out.push(order);
    else left = sub(left, remaining(order));
  }
  return out;
}

/** How the market's word for an unfilled end reads in an account's history. */
export function endReason(why: "canceled" | "expired" | "would_take"): EndReason {
  return why === "expired" ? "no_liquidity" : why;
}

export const feeOf = (listing: Listing, maker: boolean): Amount => (maker ? listing.maker_fee : listing.taker_fee);
export const isFutures = (instrument: InstrumentId): boolean => marketOf(instrument) === "FUT";
