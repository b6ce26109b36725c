/** Futures margin: what positions and open orders need, what an order may still use, how much may be reduced. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, max, min, mul, neg, sub, toSteps, zero } from "../domain/money.ts";
import { type PlaceOrder, Refusal, sweep } from "./checks.ts";
import type { PositionSide } from "./facts.ts";
import { initialMargin, type Position, signOf, unrealised } from "./futures.ts";
import type { Listing } from "./listing.ts";
import type { Matcher } from "./matcher.ts";
import { type ExchangeState, remaining, type VenueOrder } from "./state.ts";

export type MarkOf = (instrument: InstrumentId) => Amount | undefined;

/** Quote value of an instrument's position and of the open orders that could enlarge it. */
export interface Exposure {
  /** One-way: signed. Hedge: of the long position, above zero. */
  long: Amount;
  /** Hedge: of the short position, below zero. */
  short: Amount;
  bids: Amount;
  asks: Amount;
}

/** True for an order that can only close: marked so, or in hedge mode against its own side. */
export function reduces(order: Pick<VenueOrder, "side" | "reduce_only" | "position_side">): boolean {
  if (order.position_side === "BOTH") return order.reduce_only;
  return (order.position_side === "LONG") !== (order.side === "BUY");
}

const sideOf = (order: PlaceOrder): PositionSide => order.position_side ?? "BOTH";

/** At the mark; at what was paid while there is none. */
export function notionalOf(position: Position, mark: Amount | undefined): Amount {
  return mark === undefined ? position.cost : mul(position.qty, mark);
}

export function exposureOf(
  state: ExchangeState,
  of: { account: string; instrument: InstrumentId },
  mark: Amount | undefined,
): Exposure {
  const notional = (side: PositionSide): Amount => notionalOf(state.position(of.account, of.instrument, side), mark);
  const exposure = { long: add(notional("BOTH"), notional("LONG")), short: notional("SHORT"), bids: zero, asks: zero };
  for (const order of state.openOrders(of.account, { instrument: of.instrument })) {
    if (!reduces(order)) enlarge(exposure, order.side, mul(order.price, remaining(order)));
  }
  return exposure;
}

function enlarge(exposure: Exposure, side: VenueOrder["side"], notional: Amount): void {
  if (side === "BUY") exposure.bids = add(exposure.bids, notional);
  else exposure.asks = add(exposure.asks, notional);
}

/**
 * The largest notional that filling one side's orders could lead to. One-way: max(|p + bids|, |p − asks|, |p|), as
 * Binance nets open orders with the position; hedge: both sides stand side by side.
 */
export function worstNotional(exposure: Exposure, dual: boolean): Amount {
  const { long, short, bids, asks } = exposure;
  if (dual) return add(add(long, bids), add(abs(short), asks));
  return max(abs(long), max(abs(add(long, bids)), abs(sub(long, asks))));
}

const heldNotional = ({ long, short }: Exposure): Amount => add(abs(long), abs(short));

/** What open orders need beside the positions' own margin. */
export function openOrderMargin(exposure: Exposure, terms: { dual: boolean; leverage: number }): Amount {
  const worst = initialMargin(worstNotional(exposure, terms.dual), terms.leverage);
  return max(zero, sub(worst, initialMargin(heldNotional(exposure), terms.leverage)));
}

/** The largest notional that a leverage allows. */
export const notionalMax = (listing: Listing, leverage: number): Amount =>
  listing.brackets.findLast((bracket) => bracket.leverage_max >= leverage)?.cap ?? zero;

export interface MarginNeed {
  /** How much more open orders will need. */
  margin: Amount;
  /** Taker fee, and what the order would lose at once at the mark: both come out of the same wallet. */
  beside: Amount;
}

/** What an order needs before it is taken, alone or instead of an open one. Throws a Refusal MAX_POSITION. */
export function decideMargin(
  state: ExchangeState,
  { matcher, mark, instead }: { matcher: Matcher; mark: Amount | undefined; instead?: VenueOrder },
  order: PlaceOrder,
): MarginNeed {
  if (reduces({ side: order.side, reduce_only: order.reduce_only ?? false, position_side: sideOf(order) })) {
    return { margin: zero, beside: zero };
  }
  const listing = state.listing(order.instrument);
  const dual = state.futures.isDual(order.account);
  const { leverage } = state.position(order.account, order.instrument);
  const notional =
    order.type === "MARKET"
      ? sweep(matcher, listing, { side: order.side, lots: toSteps(order.qty, listing.step) }).value
      : mul(order.price, order.qty);
  const before = exposureOf(state, order, mark);
  const after = { ...before };
  if (instead) enlarge(after, instead.side, neg(mul(instead.price, remaining(instead))));
  enlarge(after, order.side, notional);
  const worst = worstNotional(after, dual);
  if (worst > worstNotional(before, dual) && worst > notionalMax(listing, leverage)) throw new Refusal("MAX_POSITION");
  const margin = sub(openOrderMargin(after, { dual, leverage }), openOrderMargin(before, { dual, leverage }));
  if (margin <= zero) return { margin: zero, beside: zero };
  const atMark = mark === undefined ? notional : mul(mark, order.qty);
  const loss = max(zero, order.side === "BUY" ? sub(notional, atMark) : sub(atMark, notional));
  return { margin, beside: add(loss, mul(notional, listing.taker_fee)) };
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
export function futuresFunds(state: ExchangeState, account: string, markOf: MarkOf): FuturesFunds {
  const wallet = state.free(account, "FUT", "USDT");
  let crossPnl = zero;
  let crossMargin = zero;
  for (const position of state.futures.of(account)) {
    if (position.qty === zero || position.margin_type === "ISOLATED") continue;
    const mark = markOf(position.instrument);
    if (mark !== undefined) crossPnl = add(crossPnl, unrealised(position, mark));
    crossMargin = add(crossMargin, initialMargin(abs(notionalOf(position, mark)), position.leverage));
  }
  const orderMargin = accountOrderMargin(state, account, markOf);
  const available = max(zero, sub(add(wallet, min(zero, crossPnl)), add(crossMargin, orderMargin)));
  return { wallet, crossPnl, crossMargin, orderMargin, available };
}

function accountOrderMargin(state: ExchangeState, account: string, markOf: MarkOf): Amount {
  const dual = state.futures.isDual(account);
  const instruments = new Set(state.openOrders(account, { market: "FUT" }).map((order) => order.instrument));
  let total = zero;
  for (const instrument of instruments) {
    const { leverage } = state.position(account, instrument);
    const exposure = exposureOf(state, { account, instrument }, markOf(instrument));
    total = add(total, openOrderMargin(exposure, { dual, leverage }));
  }
  return total;
}

/** Quantity of the order's position that it can close; zero when it points the other way. */
function closable(state: ExchangeState, order: PlaceOrder): Amount {
  const { qty } = state.position(order.account, order.instrument, sideOf(order));
  return qty === zero || qty > 0n === signOf(order.side) > 0n ? zero : abs(qty);
}

/**
 * The quantity a closing order may have now. One-way reduce-only orders are cut to the position; in hedge mode one that
 * is larger is refused. A resting one must fit beside those that rest. Throws a Refusal REDUCE_ONLY.
 */
export function reducibleQty(state: ExchangeState, order: PlaceOrder): Amount {
  const there = closable(state, order);
  const wanted = order.close_position ? there : order.qty;
  const qty = sideOf(order) === "BOTH" ? min(wanted, there) : wanted;
  if (there === zero || qty > there) throw new Refusal("REDUCE_ONLY");
  // MARKET goes first: what then no longer fits is knocked out.
  if (order.type !== "MARKET" && qty > roomToClose(state, order)) throw new Refusal("REDUCE_ONLY");
  return qty;
}

/** What of the position is not spoken for by resting closing orders. */
export function roomToClose(
  state: ExchangeState,
  of: { account: string; instrument: InstrumentId; position_side?: PositionSide },
): Amount {
  const side = of.position_side ?? "BOTH";
  let left = abs(state.position(of.account, of.instrument, side).qty);
  for (const other of state.openOrders(of.account, { instrument: of.instrument })) {
    if (other.position_side === side && reduces(other)) left = sub(left, remaining(other));
  }
  return left;
}

/** Closing orders that no longer fit into their position, best priced kept first: these must go. */
export function decideKnockOut(state: ExchangeState, account: string, instrument: InstrumentId): VenueOrder[] {
  const resting = state.openOrders(account, { instrument }).filter(reduces);
  if (resting.length === 0) return resting;
  resting.sort((a, b) => (a.side === "BUY" ? (b.price > a.price ? 1 : -1) : a.price > b.price ? 1 : -1));
  const left = new Map(state.futures.legs(account, instrument).map((leg) => [leg.side, leg.qty]));
  return resting.filter((order) => {
    const qty = left.get(order.position_side) ?? zero;
    const closes = qty !== zero && qty > 0n !== signOf(order.side) > 0n;
    if (!closes || remaining(order) > abs(qty)) return true;
    left.set(order.position_side, qty > 0n ? sub(qty, remaining(order)) : add(qty, remaining(order)));
    return false;
  });
}

/** What an isolated position could give back: margin above its initial margin, after what it loses at the mark. */
export function removableMargin(state: ExchangeState, position: Position, mark: Amount | undefined): Amount {
  const margin = state.isolatedMargin(position);
  const pnl = mark === undefined ? zero : min(zero, unrealised(position, mark));
  const needed = initialMargin(abs(notionalOf(position, mark)), position.leverage);
  return max(zero, sub(sub(margin, neg(pnl)), needed));
}
